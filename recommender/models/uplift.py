"""How much likelier an offer makes each visitor to buy, learned where it was offered at random.

T-learner: one model of those who were offered, one of those who were not, and their difference. X-learner (Kuenzel,
Sekhon, Bickel & Yu 2019): each side's outcomes less what the other side's model expects of the same visitors, learned
in turn and mixed by propensity; better where one side is small, as a holdout is. Trees by LightGBM, served from flat
arrays without it.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt

from recommender.errors import TrainingError
from recommender.experiments.gate import Chances
from recommender.models.arrays import load_array, load_arrays, save_arrays
from recommender.models.compiling import sealed
from recommender.models.sessions.trees import DETERMINISTIC, Trees, parse, scores

Values = NDArray[np.float64]


class Learner(StrEnum):
    """Ways of learning."""

    T = "t"
    X = "x"


class UpliftConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`UpliftModel.fit`."""

    learner: Learner = Learner.X
    """How effects are learned."""
    trees: PositiveInt = 60
    """How many are added up in each model."""
    leaves: PositiveInt = 8
    """Of each tree: effects are small, and many leaves learn chance."""
    rate: float = Field(0.1, gt=0, le=1)
    """What each tree adds of what it has learned."""
    min_leaf: PositiveInt = 100
    """Visitors in each leaf at least."""
    least: PositiveInt = 500
    """Visitors with and without offer without whom nothing is learned."""
    seed: NonNegativeInt = 7
    """Of every random choice."""


@dataclass(frozen=True, eq=False)
class UpliftModel:
    """Chances of buying with and without the offer."""

    without: Trees
    offered: Trees
    effects: tuple[Trees, Trees] | None
    """X-learner's, learned from the offered and from the others; None: T-learner."""
    propensity: float
    """Share that was offered."""

    @classmethod
    def fit(cls, features: ArrayLike, offered: ArrayLike, bought: ArrayLike, config: UpliftConfig) -> "UpliftModel":
        """Learn from visitors whom chance gave the offer or not.

        Args:
            features: visitors by features; NaN where unknown.
            offered: whether the visitor was.
            bought: whether the visitor did then.
            config: how to learn.

        Raises:
            TrainingError: too few visitors were, or were not, offered anything.
        """
        lines, given = np.ascontiguousarray(features, np.float32), np.asarray(offered, bool)
        right = np.asarray(bought, np.float64)
        if min(given.sum(), (~given).sum()) < config.least:
            raise TrainingError(
                f"uplift needs {config.least} visitors with the offer and as many without; "
                f"there are {given.sum()} and {(~given).sum()}"
            )
        without = _learned(lines[~given], right[~given], config)
        with_offer = _learned(lines[given], right[given], config)
        effects = None
        if config.learner is Learner.X:
            gained = right[given] - scores(without, lines[given])
            missed = scores(with_offer, lines[~given]) - right[~given]
            effects = (_learned(lines[given], gained, config), _learned(lines[~given], missed, config))
        return cls(without, with_offer, effects, float(given.mean()))

    def chances(self, features: ArrayLike) -> Chances:
        """Of each of the visitors."""
        lines = np.ascontiguousarray(features, np.float32)
        without = np.clip(scores(self.without, lines), 0.0, 1.0)
        if self.effects is None:
            return Chances(without, np.clip(scores(self.offered, lines), 0.0, 1.0))
        from_offered, from_others = (scores(trees, lines) for trees in self.effects)
        effect = (1 - self.propensity) * from_offered + self.propensity * from_others
        return Chances(without, np.clip(without + effect, 0.0, 1.0))

    def save(self, folder: Path) -> None:
        """Write everything below `folder`."""
        effects = zip(EFFECTS, self.effects, strict=True) if self.effects is not None else ()
        for name, trees in (("without", self.without), ("offered", self.offered), *effects):
            save_arrays(folder / name, **trees._asdict())
        save_arrays(folder, propensity=np.array([self.propensity]))

    @classmethod
    def load(cls, folder: Path) -> "UpliftModel":
        """Open what :meth:`save` wrote."""
        effects = tuple(_opened(folder / name) for name in EFFECTS if (folder / name).is_dir())
        (propensity,) = load_array(folder, "propensity")
        pair = (effects[0], effects[1]) if effects else None
        return cls(_opened(folder / "without"), _opened(folder / "offered"), pair, float(propensity))


EFFECTS = ("of_offered", "of_others")
"""Folders of the X-learner's effects."""


def _opened(folder: Path) -> Trees:
    return Trees(*(sealed(np.array(one)) for one in load_arrays(folder, *Trees._fields)))


def _learned(lines: NDArray[np.float32], right: Values, config: UpliftConfig) -> Trees:
    import lightgbm

    data = lightgbm.Dataset(lines, label=right, params={"verbosity": -1})
    booster = lightgbm.train(_parameters(config), data, num_boost_round=config.trees)
    return parse(booster.model_to_string())


def _parameters(config: UpliftConfig) -> dict[str, object]:
    return {
        "objective": "regression",
        "num_leaves": config.leaves,
        "learning_rate": config.rate,
        "min_data_in_leaf": config.min_leaf,
        "feature_pre_filter": False,
        "num_threads": 2,
        "seed": config.seed,
        **DETERMINISTIC,
    }
