"""What tuning may change, and between which bounds: one table over the settings of training."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from typing import Any, Final, NamedTuple, Self

import numpy as np
from pydantic import BaseModel

from recommender.models.models import Models
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration

NEAR = 0.12
"""How far around the present value a search begins: standard deviation, as a share of the way between the bounds."""


class Range(NamedTuple):
    """Bounds of a setting, both within."""

    low: float
    high: float
    log: bool = False
    """Whether twice as much is one step, wherever one stands."""


HALF_LIFE = Range(10, 1000, log=True)
NEIGHBOURS: Final[Mapping[str, Range]] = {
    "neighbours": Range(50, 400, log=True),
    "source_exponent": Range(0, 1),
    "target_exponent": Range(0, 1),
    "basket_exponent": Range(0, 1.5),
    "power": Range(0.5, 3),
    "half_life_days": HALF_LIFE,
    "min_support": Range(1, 4),
}
SPACE: Final[Mapping[str, Range]] = {
    **{f"views.{name}": bounds for name, bounds in NEIGHBOURS.items()},
    **{f"purchases.{name}": bounds for name, bounds in NEIGHBOURS.items()},
    "bought_together.min_likelihood_ratio": Range(0, 15),
    "bought_together.lift": Range(0, 1),
    "bought_together.shrinkage": Range(0.5, 50, log=True),
    "bought_together.basket_exponent": Range(0, 1.5),
    "bought_together.min_support": Range(1, 5),
    "bought_together.half_life_days": HALF_LIFE,
    "taste.dimensions": Range(64, 512, log=True),
    **{f"taste.people.{name}": bounds for name, bounds in NEIGHBOURS.items()},
    "factors.dimensions": Range(16, 192, log=True),
    "factors.regularization": Range(0.03, 3, log=True),
    "factors.balance": Range(0.003, 0.3, log=True),
    "factors.iterations": Range(5, 25),
    "factors.half_life_days": HALF_LIFE,
    "content.dimensions": Range(64, 384, log=True),
    "popularity.half_life_days": Range(5, 365, log=True),
    "popularity.momentum_days": Range(4, 60, log=True),
    "popularity.momentum_shrinkage": Range(0.5, 50, log=True),
    "histories.half_life_days": HALF_LIFE,
    "histories.popularity": Range(0, 4),
    "sessions.index.recent_sessions": Range(200, 3000, log=True),
    "sessions.index.half_life_days": HALF_LIFE,
    "sessions.index.length_exponent": Range(0, 1),
    "sessions.index.idf_exponent": Range(0, 3),
    "sessions.transitions.distance_factor": Range(0.2, 1),
    "sessions.transitions.reverse_factor": Range(0, 1),
    "sessions.transitions.half_life_days": HALF_LIFE,
    "sessions.transitions.walk_factor": Range(0.4, 1),
    "sessions.encoder.dimensions": Range(48, 128, log=True),
    "sessions.encoder.sharpness": Range(5, 20, log=True),
    "sessions.encoder.epochs": Range(2, 8),
    "sessions.encoder.popularity_exponent": Range(0.25, 1),
    "sessions.encoder.rate": Range(0.03, 0.3, log=True),
    "sessions.encoder.half_life_days": HALF_LIFE,
    "sessions.neighbours": Range(100, 800, log=True),
    "sessions.position_decay": Range(0, 1.5),
    "sessions.distance_decay": Range(0, 1.5),
    "sessions.walk_decay": Range(0, 1.5),
    "sessions.neighbour_share": Range(0, 1),
    "sessions.walk_share": Range(0, 1),
    "sessions.encoder_share": Range(0, 1),
}
"""By path below `training`. Left out is what bounds the size or time of an answer, or says what is true of a shop."""

USES: Final[Mapping[Strategy, tuple[str, ...]]] = {
    Strategy.FOR_YOU: ("taste", "factors", "popularity.momentum", "sessions"),
    Strategy.SIMILAR: ("views", "purchases", "factors", "content"),
    Strategy.BOUGHT_TOGETHER: ("bought_together", "purchases"),
    Strategy.BUY_AGAIN: ("histories", "popularity.half_life_days"),
}
"""With what the paths begin whose settings a strategy's own lists depend on."""


class Tuned(StrEnum):
    """What can be tuned: one strategy, or all of them together."""

    FOR_YOU = "for_you"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought_together"
    BUY_AGAIN = "buy_again"
    ALL = "all"

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The strategies that are meant."""
        return tuple(USES) if self is Tuned.ALL else (Strategy(self.value),)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One setting that tuning varies."""

    path: str
    bounds: Range
    present: float
    """What the shop has set; it lies within the bounds."""
    whole: bool
    """Whether only whole numbers are allowed."""

    @classmethod
    def of(cls, path: str, configuration: TrainingConfiguration) -> Self:
        """The setting at `path`; its bounds give way to what a shop has set beyond them."""
        low, high, log = SPACE[path]
        value = setting(configuration, path)
        low, high = min(low, value), max(high, value)
        bounds = Range(low, high, log and low > 0)
        return cls(path, bounds, value, whole=field(path).annotation is int)

    def near(self, draw: np.random.Generator) -> float:
        """A value near the present one: what a shop has is seldom far from what it needs."""
        low, high, log = self.bounds
        onto: tuple[Any, Any] = (np.log, np.exp) if log else (float, float)
        low, high, present = (onto[0](value) for value in (low, high, self.present))
        value = onto[1](np.clip(draw.normal(present, NEAR * (high - low)), low, high))
        value = min(max(float(value), self.bounds.low), self.bounds.high)
        return round(value) if self.whole else value

    def rounded(self, value: float) -> float:
        """A value fit for a configuration that people read; the present one stays as it is."""
        if self.whole or value == self.present:
            return value
        low, high, _ = self.bounds
        return min(max(float(f"{value:.4g}"), low), high)


def dimensions(
    strategies: Iterable[Strategy], configuration: TrainingConfiguration, models: Models
) -> tuple[Dimension, ...]:
    """What can be tuned for `strategies`: the settings of those models that the shop's log carries."""
    used = tuple({part for strategy in strategies for part in USES[strategy]})
    carried = [path for path in SPACE if getattr(models, path.partition(".")[0]) is not None]
    return tuple(Dimension.of(path, configuration) for path in carried if path.startswith(used))


def uses_sessions(strategies: Iterable[Strategy]) -> bool:
    """Whether any of the strategies asks the session model."""
    return any("sessions" in USES[strategy] for strategy in strategies)


def field(path: str) -> Any:
    """How the setting at `path` is declared."""
    *parts, name = path.split(".")
    model: type[BaseModel] = TrainingConfiguration
    for part in parts:
        inner = model.model_fields[part].annotation
        assert isinstance(inner, type)
        assert issubclass(inner, BaseModel)
        model = inner
    return model.model_fields[name]


def setting(configuration: TrainingConfiguration, path: str) -> Any:
    """The value at `path`."""
    return reduce(getattr, path.split("."), configuration)


def applied(configuration: TrainingConfiguration, values: Mapping[str, Any]) -> TrainingConfiguration:
    """The configuration with other values at some paths."""
    return TrainingConfiguration.parse(merged(configuration.document(), values))


def merged(document: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A `training` section with `values` at their paths; what else it says stays."""
    result = dict(document)
    for path, value in values.items():
        name, _, rest = path.partition(".")
        result[name] = merged(result.get(name, {}), {rest: value}) if rest else value
    return result
