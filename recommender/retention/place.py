"""Where a campaign runs: on which pages."""

import re
from functools import cached_property
from typing import Annotated

from pydantic import Field, StringConstraints

from recommender.catalog.text import fold, within
from recommender.engine.page import PageType
from recommender.parts import Part
from recommender.retention.facts import Scene

MOST = 100

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class Where(Part):
    """All of what is given must hold; of each list, any one."""

    page_types: tuple[PageType, ...] | None = Field(None, min_length=1)
    """Kinds of pages."""
    urls: tuple[Pattern, ...] | None = Field(None, min_length=1, max_length=MOST)
    """Addresses; `*` stands for anything: `/sale/*`, `https://shop.example/*?utm_source=mail*`. One that begins with
    `/` is compared with path and query, any other with the whole address."""
    categories: tuple[Name, ...] | None = Field(None, min_length=1, max_length=MOST)
    """Categories of the page or of its item: whole paths, or the name of one level."""
    brands: tuple[Name, ...] | None = Field(None, min_length=1, max_length=MOST)
    """Brands of the page's item."""

    def holds(self, scene: Scene) -> bool:
        """Whether the campaign runs on such a page."""
        return (
            (self.page_types is None or scene.type in self.page_types)
            and (self.urls is None or any(pattern.fits(scene.url) for pattern in self._addresses))
            and (self.categories is None or any(within(scene.category or "", name) for name in self.categories))
            and (self.brands is None or fold(scene.brand or "") in self._brands)
        )

    @cached_property
    def _addresses(self) -> tuple["Address", ...]:
        return tuple(Address(pattern) for pattern in self.urls or ())

    @cached_property
    def _brands(self) -> frozenset[str]:
        return frozenset(fold(brand) for brand in self.brands or ())


class Address:
    """A pattern of addresses."""

    def __init__(self, pattern: str) -> None:
        self._path_only = pattern.startswith("/")
        self._expression = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)

    def fits(self, url: str) -> bool:
        """Whether an address is one of those meant."""
        if self._path_only:
            url = re.sub(r"^[a-z][a-z0-9+.-]*://[^/?#]*", "", url, flags=re.IGNORECASE) or "/"
        return self._expression.fullmatch(url.partition("#")[0]) is not None
