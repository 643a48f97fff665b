"""Settings of the trainer: the `training` section of a shop's configuration, which the API checks as well."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import (
    BaseModel,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from recommender.errors import ConfigurationError
from recommender.lifecycle.settings import LifecycleConfig
from recommender.models.blocks import USUAL_GB, Blocks
from recommender.models.bought_together import BoughtTogetherConfig
from recommender.models.completion import CompletionConfig
from recommender.models.content import ContentConfig
from recommender.models.factors import FactorConfig
from recommender.models.histories import HistoryConfig
from recommender.models.intent.model import IntentConfig
from recommender.models.neighbours import NeighbourConfig
from recommender.models.newcomers import NewcomerConfig
from recommender.models.popularity import PopularityConfig
from recommender.models.replenishment import ReplenishmentConfig
from recommender.models.sessions.config import SessionConfig
from recommender.models.taste import TasteConfig

EVENTS_A_GB = 1_600_000
"""Rows of the log that a gigabyte is enough for while they are cleaned, with what a million items take beside them."""


class CleaningConfig(BaseModel, extra="forbid", frozen=True):
    """Which rows of the log are left out."""

    window_days: PositiveInt | None = None
    """Learn only from this many last days; None: from everything."""
    max_events_a_day: PositiveInt = 1000
    """A person with more browsing events on one day is a robot."""
    min_dwell_seconds: NonNegativeFloat = 1.0
    """So is one whose median pause between browsing events is shorter ..."""
    dwell_events: PositiveInt = 50
    """... over at least this many of them."""
    max_quantity: PositiveFloat = 10_000
    """Larger quantities are slips of the keyboard and count as 1."""


class EvaluationConfig(BaseModel, extra="forbid", frozen=True):
    """How the models are judged before they are published."""

    days: PositiveInt = 30
    """The last days are predicted from the time before; a fifth of the log when it is shorter than five times this."""
    size: PositiveInt = 20
    """Length of the judged lists."""
    max_cases: PositiveInt = 500
    """People, sessions and orders judged for each strategy at most."""
    whole_interactions: PositiveInt = 4_000_000
    """Of a log with more interactions only a sample is judged: models are fitted to it for that purpose, and taste and
    the order of candidates are chosen by it. The models that serve still learn from everything."""
    sample_interactions: PositiveInt = 500_000
    """Interactions of the people who are drawn for that sample, with all that they did."""

    def judged_of(self, interactions: int) -> int:
        """How many of so many interactions models are judged by."""
        return interactions if interactions <= self.whole_interactions else self.sample_interactions

    @model_validator(mode="after")
    def _sample_is_smaller(self) -> Self:
        if self.sample_interactions > self.whole_interactions:
            raise ValueError(
                f"sample_interactions: {self.sample_interactions} is more than whole_interactions, "
                f"{self.whole_interactions}; a sample is at most as large as what needs none"
            )
        return self


class PublishingConfig(BaseModel, extra="forbid", frozen=True):
    """When a new model takes the place of the one in service."""

    tolerance: NonNegativeFloat = 0.05
    """Share of the quality in service that may be lost before publishing is refused."""
    keep_versions: PositiveInt = 10
    """Older artifacts are deleted."""


class TrainingConfiguration(BaseModel, extra="forbid", frozen=True):
    """Everything that can be set for training; what is left out keeps its default."""

    seed: NonNegativeInt = 7
    """Of every random choice."""
    session_idle_minutes: PositiveFloat = 30
    """A longer pause begins a new session, where the shop does not name sessions itself."""
    memory_gb: float = Field(USUAL_GB, ge=1, le=1024)
    """Memory to keep to, about. It bounds the blocks in which items are compared, which changes no result; and of a log
    with more than 1.6 million events for each of them only the last whole days are learned from."""
    cleaning: CleaningConfig = CleaningConfig()
    views: NeighbourConfig = NeighbourConfig(half_life_days=60)
    """Neighbours from sessions."""
    purchases: NeighbourConfig = NeighbourConfig()
    """Neighbours from what the same people bought."""
    bought_together: BoughtTogetherConfig = BoughtTogetherConfig()
    taste: TasteConfig = TasteConfig()
    """What people of the same taste choose."""
    completion: CompletionConfig = CompletionConfig()
    """What completes a basket of several items."""
    factors: FactorConfig = FactorConfig()
    content: ContentConfig = ContentConfig()
    newcomers: NewcomerConfig = NewcomerConfig()
    """Items without a history."""
    popularity: PopularityConfig = PopularityConfig()
    histories: HistoryConfig = HistoryConfig()
    sessions: SessionConfig = SessionConfig()
    """What comes next in a session."""
    customers: LifecycleConfig = LifecycleConfig()
    """What is foretold of customers."""
    intent: IntentConfig = IntentConfig()
    """How likely a visit ends with an order."""
    replenishment: ReplenishmentConfig = ReplenishmentConfig()
    """When it is time to buy an item again."""
    evaluation: EvaluationConfig = EvaluationConfig()
    publishing: PublishingConfig = PublishingConfig()

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Self:
        """Read a `training` section.

        Raises:
            ConfigurationError: a value is not allowed; it is named by its path, with what is.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join(["training", *(str(part) for part in first["loc"])])
            raise ConfigurationError(f"{path}: {first['input']!r} is not allowed; {_advice(first, cls)}") from None

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read a JSON or TOML file that holds the section, or a whole configuration with one.

        Raises:
            ConfigurationError: the file cannot be read, or a value is not allowed.
        """
        try:
            text = file.read_text("utf-8")
            document = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{file} cannot be read as JSON or TOML: {error}") from None
        if not isinstance(document, dict):
            raise ConfigurationError(f"{file}: expected an object of settings, found {type(document).__name__}")
        return cls.parse(document.get("training", document))

    @property
    def blocks(self) -> Blocks:
        """Sizes of the blocks in which items are compared."""
        return Blocks.within(self.memory_gb)

    @property
    def most_events(self) -> int:
        """Rows of the log that are learned from at most."""
        return int(self.memory_gb * EVENTS_A_GB)

    def document(self) -> dict[str, Any]:
        """The settings as JSON values; parsing them gives equal ones."""
        return self.model_dump(mode="json")


def _advice(error: Any, model: type[BaseModel]) -> str:
    if error["type"] != "extra_forbidden":
        return str(error["msg"])
    for part in error["loc"][:-1]:
        field = model.model_fields[str(part)].annotation
        if isinstance(field, type) and issubclass(field, BaseModel):
            model = field
    return f"known settings are {', '.join(model.model_fields)}"
