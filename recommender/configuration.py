"""A shop's configuration: one document that says where showcases stand and how models are trained."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints, ValidationError, field_validator

from recommender.engine.filter import Filter
from recommender.engine.page import PageType
from recommender.errors import ConfigurationError, InputError
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration

PlacementId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Placement(BaseModel, extra="forbid", frozen=True, use_attribute_docstrings=True):
    """A slot on a kind of page."""

    id: PlacementId
    """What `data-vitrine` names."""
    page_types: tuple[PageType, ...] = Field(min_length=1)
    """Pages that hold it when a request names no placements."""
    strategy: Strategy
    """How its items are found."""
    title: Title | dict[Language, Title] | None = None
    """One title, or one by language; without it the strategy's own, in the visitor's language."""
    limit: int = Field(12, ge=1, le=100)
    """The most items it shows."""
    filter: dict[str, Any] | None = None
    """Conditions that every item must meet, such as `{"category": "Lighting", "price": {"max": 20}}`."""
    same_category: bool = False
    """Only items of the page's category, or of the category of the page's item."""
    allow_seen: bool | None = None
    """Whether items the visitor knows may be shown; without it the strategy's own habit."""

    @field_validator("filter")
    @classmethod
    def _understood(cls, document: dict[str, Any] | None) -> dict[str, Any] | None:
        if document is not None:
            try:
                Filter.parse(document)
            except InputError as error:
                raise ValueError(str(error)) from None
        return document

    @cached_property
    def parsed_filter(self) -> Filter | None:
        """The filter as the engine wants it."""
        return None if self.filter is None else Filter.parse(self.filter)


class Configuration(BaseModel, extra="forbid", frozen=True, use_attribute_docstrings=True):
    """Everything that a shop can set; what it leaves out keeps its default."""

    placements: tuple[Placement, ...] = Field(default_factory=lambda: _default_placements())
    """Where showcases stand, in the order in which they are filled."""
    rules: tuple[dict[str, Any], ...] = Field((), max_length=0)
    """Merchandising rules. None can be set yet: a rule that nobody follows would be worse than a refusal."""
    campaigns: tuple[dict[str, Any], ...] = Field((), max_length=0)
    """Popup campaigns. None can be set yet."""
    training: TrainingConfiguration = TrainingConfiguration()

    @field_validator("placements")
    @classmethod
    def _distinct(cls, placements: tuple[Placement, ...]) -> tuple[Placement, ...]:
        ids = [placement.id for placement in placements]
        if repeated := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            raise ValueError(f"{repeated[0]} is there twice; give each placement an id of its own")
        return placements

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read a document as a shop sends it; `{}` is the default configuration.

        Raises:
            ConfigurationError: a value is not allowed; it is named by its path, with what is.
        """
        training = TrainingConfiguration.parse(document.get("training", {}))
        try:
            return cls.model_validate({**document, "training": training})
        except ValidationError as error:
            raise ConfigurationError(_explained(error)) from None

    def document(self) -> dict[str, Any]:
        """The configuration as JSON values; parsing them gives an equal one."""
        return self.model_dump(mode="json")

    def placement(self, id_: str) -> Placement | None:
        """The placement called `id_`."""
        return next((placement for placement in self.placements if placement.id == id_), None)

    def on(self, page_type: str) -> tuple[Placement, ...]:
        """The placements that stand on pages of this type."""
        return tuple(placement for placement in self.placements if page_type in placement.page_types)


def default_configuration() -> Configuration:
    """What a new shop begins with."""
    return Configuration()


def _default_placements() -> tuple[Placement, ...]:
    plan: dict[PageType, dict[str, Strategy]] = {
        PageType.HOME: {
            "home-for-you": Strategy.FOR_YOU,
            "home-trending": Strategy.TRENDING,
            "home-best-sellers": Strategy.BEST_SELLERS,
            "home-new": Strategy.NEW_ARRIVALS,
        },
        PageType.CATEGORY: {"category-best-sellers": Strategy.BEST_SELLERS, "category-for-you": Strategy.FOR_YOU},
        PageType.PRODUCT: {
            "product-similar": Strategy.SIMILAR,
            "product-bought-together": Strategy.BOUGHT_TOGETHER,
            "product-recently-viewed": Strategy.RECENTLY_VIEWED,
        },
        PageType.CART: {"cart-bought-together": Strategy.BOUGHT_TOGETHER, "cart-for-you": Strategy.FOR_YOU},
        PageType.SEARCH: {"search-for-you": Strategy.FOR_YOU, "search-trending": Strategy.TRENDING},
        PageType.NOT_FOUND: {
            "not-found-best-sellers": Strategy.BEST_SELLERS,
            "not-found-recently-viewed": Strategy.RECENTLY_VIEWED,
        },
        PageType.OTHER: {"other-for-you": Strategy.FOR_YOU},
    }
    return tuple(
        Placement(id=id_, page_types=(page,), strategy=strategy, same_category=page is PageType.CATEGORY)
        for page, placements in plan.items()
        for id_, strategy in placements.items()
    )


def _explained(error: ValidationError) -> str:
    first = error.errors()[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    shown = repr(first["input"])
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return f"{where or 'configuration'}: {shown} is not allowed; {_wish(first['type'], first['loc'], first['msg'])}"


def _wish(kind: str, where: tuple[int | str, ...], message: str) -> str:
    if kind == "extra_forbidden":
        model = Placement if where[0] == "placements" else Configuration
        return "use " + ", ".join(model.model_fields)
    if kind == "too_long" and where[0] in {"rules", "campaigns"}:
        return f"{where[0]} cannot be set in this version; leave the list empty"
    message = message.removeprefix("Value error, ")
    return message[0].lower() + message[1:]
