"""What a popup or banner says, as a shop writes it."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from recommender import languages
from recommender.occasion import Occasion
from recommender.parts import Part
from recommender.refusals import refusal
from recommender.rules import FilterDocument
from recommender.strategy import Strategy

PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS: Final[Mapping[str, str]] = {
    "offer": "the offer in words, like 10% off",
    "code": "the coupon code",
    "item": "title of the page's item",
    "pieces": "how many pieces lie in the cart, like 3 items",
    "cart_value": "what the cart comes to",
    "missing": "what the cart lacks for the next tier or the least order",
    "next_offer": "what it would then get",
    "minimum": "the least order",
}
"""What may stand in braces; it becomes text, never markup."""
CODE: Final = "{code}"
"""What a link may speak of."""
MARKUP: Final = re.compile(r"<\s*[a-z!/?]|&#?\w+;|javascript:", re.IGNORECASE)


class Template(StrEnum):
    """Whose words are used where the shop gives none of its own."""

    DONT_GO = "dont_go"
    FLASH = "flash"
    LAST_CHANCE = "last_chance"
    PLAIN = "plain"


def _plain(text: str) -> str:
    if found := MARKUP.search(text):
        raise refusal("", found.group(), "write plain text; markup and scripts are never shown")
    for name in PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS:
            raise refusal("", f"{{{name}}}", f"use {', '.join(f'{{{known}}}' for known in PLACEHOLDERS)}")
    if set(PLACEHOLDER.sub("", text)) & set("{}"):
        raise refusal("", text, "close every brace")
    return text


def _address(link: str) -> str:
    if re.match(r"(https?://[^\s/{}]+|/(?!/))", link) is None or not set("{}").isdisjoint(link.replace(CODE, "")):
        raise refusal("", link, f"use https://… or a path like /sale, and {CODE} for the coupon code")
    return link


Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True), AfterValidator(_plain)]
Text = Annotated[
    Annotated[Words, Tag("<one>")] | Annotated[dict[languages.Tag, Words], Field(min_length=1), Tag("<by language>")],
    Discriminator(lambda given: "<by language>" if isinstance(given, Mapping) else "<one>"),
]
"""One text, or one by language."""
Link = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_address)]


class Products(Part):
    """Items from the recommender."""

    strategy: Strategy = Strategy.FOR_YOU
    """How they are found; on a product page they are about its item, in the cart about what lies there."""
    occasion: Occasion | None = None
    """Instead of a strategy: the items of which the visitor may be reminded by this occasion, and no others."""
    limit: int = Field(4, ge=1, le=12)
    """The most that are shown."""
    filter: FilterDocument | None = None
    """Conditions that every item must meet."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.occasion is not None and "strategy" in self.model_fields_set:
            raise refusal(".strategy", self.strategy, "an occasion says itself which items they are; leave it out")
        return self


class Content(Part):
    """Texts are plain, with placeholders in braces; what is left out are the template's, in the visitor's language."""

    template: Template = Template.PLAIN
    """Whose words are used where none are given."""
    headline: Text | None = None
    """The first line."""
    text: Text | None = None
    """A sentence below it."""
    button: Text | None = None
    """What the button says."""
    link: Link | None = None
    """Where the button leads, such as `/cart?coupon={code}`; left out: it closes the popup, and a banner has none."""
    products: Products | None = None
    """Items that are shown; left out: none."""
    without_offer: bool | None = None
    """Whether visitors who are made no offer see the rest; left out: where the words are a template's. Own words may
    promise the offer, and are shown without it only when this is true."""

    @property
    def stands_alone(self) -> bool:
        """Whether it says something, and nothing untrue, where no offer is made."""
        if self.without_offer is not None:
            return self.without_offer
        own = any(part is not None for part in (self.headline, self.text, self.button, self.link))
        return not own and (self.template is not Template.PLAIN or self.products is not None)
