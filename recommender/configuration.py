"""A shop's configuration: one document for showcases, rules, campaigns, experiments and training."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, ValidationError, field_validator, model_validator

from recommender import languages
from recommender.described import Described
from recommender.engine.caps import Cap, caps
from recommender.engine.filter import Filter
from recommender.engine.page import PageType
from recommender.errors import ConfigurationError
from recommender.experiments.experiment import MAX_EXPERIMENTS, Experiment
from recommender.experiments.trial import Trial, trials
from recommender.parts import Identifier
from recommender.refusals import explained, refusal, told_apart
from recommender.retention.campaign import Campaign
from recommender.retention.defaults import default_campaigns
from recommender.retention.definitions import (
    MAX_SEGMENTS,
    MAX_WEBHOOKS,
    SegmentDefinition,
    Webhook,
    check,
    registry,
)
from recommender.retention.segments import Registry
from recommender.retention.settings import PopupSettings, ShopSettings
from recommender.rules import MAX_RULES, Count, FilterDocument, Rule
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration

MAX_CAMPAIGNS = 200

NEW_ITEMS_SHARE = 1 / 12
"""Places for new items where a placement says nothing of them: one in a usual list."""
EXPLORING = frozenset({Strategy.FOR_YOU, Strategy.SIMILAR})
"""Strategies whose lists have places for new items, because what fits can be told from the visitor or the page ..."""
EXPLORING_CATEGORIES = EXPLORING | {Strategy.TRENDING, Strategy.BEST_SELLERS}
"""... and those that have them when they keep to one category, because there the category tells."""

Share = Annotated[float, Field(ge=0, le=1)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Placement(Described, extra="forbid", frozen=True):
    """A slot on a kind of page."""

    id: Identifier
    """What `data-vitrine` names."""
    page_types: tuple[PageType, ...] = Field(min_length=1)
    """Pages that hold it when a request names no placements."""
    strategy: Strategy
    """How its items are found."""
    title: Title | dict[languages.Tag, Title] | None = None
    """One title, or one by language; without it the strategy's own, in the visitor's language."""
    limit: int = Field(12, ge=1, le=100)
    """The most items it shows."""
    filter: FilterDocument | None = None
    """Conditions that every item must meet, such as `{"category": "Lighting", "price": {"max": 20}}`."""
    same_category: bool = False
    """Only items of the page's category, or of the category of the page's item."""
    allow_seen: bool | None = None
    """Whether items the visitor knows may be shown; without it the strategy's own habit."""

    diversity: Share = 0.0
    """How much unlikeness to the items above counts against an item's own score: 0 not at all, 1 alone."""
    max_per_brand: Count | None = None
    """At most so many items of one brand, as long as there are others."""
    max_per_category: Count | None = None
    """At most so many items filed in one category, as long as there are others."""
    new_items_share: Share | None = None
    """Share of its places for new items that fit; left out: a twelfth where the list is `for_you`, `similar` or, with
    `same_category`, `trending` or `best_sellers`. Other lists have none."""

    without_rules: tuple[Identifier, ...] = Field((), max_length=MAX_RULES)
    """Rules of the shop that do not hold here: an experiment's variant that names one shows what the rule earns."""
    layout: Identifier | None = None
    """A name that goes with the answer, by which the shop's page can lay it out."""

    @model_validator(mode="after")
    def _has_places_for_new_items(self) -> Self:
        if self.new_items_share and self.strategy not in self._exploring:
            raise refusal(
                ".new_items_share",
                self.new_items_share,
                f"{self.strategy} has no places for new items; use 0, the strategy for_you or similar, or"
                " trending or best_sellers with same_category",
            )
        return self

    @property
    def _exploring(self) -> frozenset[Strategy]:
        return EXPLORING_CATEGORIES if self.same_category else EXPLORING

    @property
    def places_for_new_items(self) -> float:
        """The share of its places that new items get."""
        if self.new_items_share is None:
            return NEW_ITEMS_SHARE if self.strategy in self._exploring else 0.0
        return self.new_items_share

    @property
    def caps(self) -> tuple[Cap, ...]:
        """The most items of a kind."""
        return caps(self.max_per_brand, self.max_per_category)

    @cached_property
    def parsed_filter(self) -> Filter | None:
        """The filter as the engine wants it."""
        return None if self.filter is None else Filter.parse(self.filter)


class Configuration(Described, extra="forbid", frozen=True):
    """Everything that a shop can set; what it leaves out keeps its default."""

    placements: tuple[Placement, ...] = Field(default_factory=lambda: _default_placements())
    """Where showcases stand, in the order in which they are filled."""
    segments: tuple[SegmentDefinition, ...] = Field((), max_length=MAX_SEGMENTS)
    """The shop's own kinds of visitors, beside those that every shop has; each may name those above it."""
    rules: tuple[Rule, ...] = Field((), max_length=MAX_RULES)
    """Merchandising rules."""
    campaigns: tuple[Campaign, ...] = Field(default_factory=default_campaigns, max_length=MAX_CAMPAIGNS)
    """Popups and banners; a new shop has one for its home page, its product pages and its cart, without offers."""
    experiments: tuple[Experiment, ...] = Field((), max_length=MAX_EXPERIMENTS)
    """What some visitors have otherwise, so that what it earns can be told."""
    webhooks: tuple[Webhook, ...] = Field((), max_length=MAX_WEBHOOKS)
    """Where members of segments are sent."""
    shop: ShopSettings = ShopSettings()
    """Where the shop sells: time zone and country."""
    popups: PopupSettings = PopupSettings()
    """What all popups have in common."""
    training: TrainingConfiguration = TrainingConfiguration()

    @field_validator("placements")
    @classmethod
    def _distinct(cls, placements: tuple[Placement, ...]) -> tuple[Placement, ...]:
        told_apart("placement", [placement.id for placement in placements])
        return placements

    @field_validator("rules")
    @classmethod
    def _told_apart(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        told_apart("rule", [rule.id for rule in rules])
        return rules

    @field_validator("campaigns")
    @classmethod
    def _campaigns_told_apart(cls, campaigns: tuple[Campaign, ...]) -> tuple[Campaign, ...]:
        told_apart("campaign", [campaign.id for campaign in campaigns])
        return campaigns

    @field_validator("experiments")
    @classmethod
    def _experiments_told_apart(cls, experiments: tuple[Experiment, ...]) -> tuple[Experiment, ...]:
        told_apart("experiment", [experiment.id for experiment in experiments])
        return experiments

    @model_validator(mode="after")
    def _tried(self) -> Self:
        _ = self.trials  # every variant is built now, and no request has to
        return self

    @field_validator("webhooks")
    @classmethod
    def _webhooks_told_apart(cls, webhooks: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
        told_apart("webhook", [webhook.id for webhook in webhooks])
        return webhooks

    @model_validator(mode="after")
    def _segmented(self) -> Self:
        parts: list[tuple[str, Any]] = [(f"rules[{place}]", rule) for place, rule in enumerate(self.rules)]
        parts += [(f"webhooks[{place}]", webhook) for place, webhook in enumerate(self.webhooks)]
        parts += [(f"campaigns[{place}].whom", campaign.whom) for place, campaign in enumerate(self.campaigns)]
        parts += [(f"{path}.whom", thing.whom) for path, thing in self._varied() if isinstance(thing, Campaign)]
        for path, part in parts:
            for name in ("segments", "without_segments"):
                check(self.segmentation, getattr(part, name, None), f"{path}.{name}")
        return self

    @model_validator(mode="after")
    def _placed(self) -> Self:
        known = {placement.id for placement in self.placements}
        for place, rule in enumerate(self.rules):
            for part, id_ in enumerate(rule.placements or ()):
                if id_ not in known:
                    allowed = f"no placement is called so; there are {', '.join(sorted(known)) or 'none at all'}"
                    raise refusal(f"rules[{place}].placements[{part}]", id_, allowed)
        return self

    @model_validator(mode="after")
    def _freed(self) -> Self:
        known = {rule.id for rule in self.rules}
        places = [(f"placements[{place}]", placement) for place, placement in enumerate(self.placements)]
        for path, thing in [*places, *self._varied()]:
            for part, id_ in enumerate(thing.without_rules if isinstance(thing, Placement) else ()):
                if id_ not in known:
                    allowed = f"no rule is called so; there are {', '.join(sorted(known)) or 'none at all'}"
                    raise refusal(f"{path}.without_rules[{part}]", id_, allowed)
        return self

    def _varied(self) -> Iterator[tuple[str, Placement | Campaign]]:
        """What experiments serve, by the path of the changes that made it."""
        for place, trial in enumerate(self.trials):
            for part, variant in enumerate(trial.experiment.variants):
                yield f"experiments[{place}].variants[{part}].changes", trial.things[variant.name]

    @cached_property
    def segmentation(self) -> Registry:
        """Every segment that this shop knows, by name."""
        return registry(self.segments)

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Experiments with their variants as they are served."""
        placements = {placement.id: placement for placement in self.placements}
        return trials(self.experiments, placements, {campaign.id: campaign for campaign in self.campaigns})

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
            raise ConfigurationError(explained(error, cls)) from None

    def document(self) -> dict[str, Any]:
        """The configuration as JSON values; parsing them gives an equal one."""
        return self.model_dump(mode="json")

    def placement(self, id_: str) -> Placement | None:
        """The placement called `id_`."""
        return next((placement for placement in self.placements if placement.id == id_), None)

    def campaign(self, id_: str) -> Campaign | None:
        """The campaign called `id_`."""
        return next((campaign for campaign in self.campaigns if campaign.id == id_), None)

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
