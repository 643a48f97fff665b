"""The chance of an order: boosted trees, whose scores are calibrated on cases that they did not learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, load_arrays, save_arrays
from recommender.models.intent.calibration import calibrate
from recommender.models.sessions.trees import DETERMINISTIC, Trees, parse, scores

FILE = "trees.txt"
Values = NDArray[np.float64]


class Intent(StrEnum):
    """What a visitor is taken to be about."""

    BUYS_ANYWAY = "buys_anyway"
    UNDECIDED = "undecided"
    WILL_NOT_BUY = "will_not_buy"


class IntentConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`IntentModel.fit`, and what it needs."""

    min_visits: PositiveInt = 1000
    """Visits from which on chances are learned ..."""
    min_orders: PositiveInt = 100
    """... if so many of them ended with an order."""
    max_moments: PositiveInt = 60_000
    """Moments of visits that are learned from; of more, whole visits are drawn."""
    max_rows: PositiveInt = 2_000_000
    """Rows of the log that visits are taken from; of more, people are drawn."""
    buys_anyway: float = Field(0.5, gt=0, le=1)
    """Who buys with this chance or a higher one buys anyway."""
    will_not_buy: float = Field(0.25, ge=0, lt=1)
    """Who buys with at most this share of the usual chance will not buy."""

    trees: PositiveInt = 200
    """How many trees are added up."""
    leaves: PositiveInt = 8
    """Of each tree."""
    depth: PositiveInt = 6
    """Questions from root to leaf at most: bounds the time of a prediction."""
    rate: float = Field(0.05, gt=0, le=1)
    """What each tree adds of what it has learned."""
    min_leaf: PositiveInt = 30
    """Cases in each leaf at least."""
    folds: int = Field(5, ge=2, le=20)
    """Parts of the cases; each is scored by trees that learned from the others, and scores are calibrated by that."""
    seed: NonNegativeInt = 7
    """Of every random choice."""


@dataclass(frozen=True, eq=False)
class IntentModel:
    """Trees over a table of features, and what their scores mean; served without LightGBM."""

    text: str
    """The trees in LightGBM's own format."""
    scores: Values
    """Where the line from scores to probabilities bends ..."""
    chances: Values
    """... and how high it is there."""

    thresholds: Values
    """Up to which chance a visitor will not buy, and from which on they buy anyway."""

    @classmethod
    def fit(
        cls,
        table: FloatArray,
        bought: NDArray[np.bool_],
        names: Sequence[str],
        config: IntentConfig,
        groups: NDArray[np.integer] | None = None,
    ) -> Self:
        """Learn from cases, of which some bought and some did not.

        Args:
            table: one line a case, one column a feature; NaN is unknown.
            bought: what became of each.
            names: of the columns.
            config: how to learn.
            groups: cases of one number are kept together when parts are cut; left out: each case stands alone.
        """
        groups = np.arange(len(table)) if groups is None else groups
        parts = _parts(groups, bought, config)
        apart = np.empty(len(table))
        for part in range(config.folds):
            held = parts == part
            text = _learned(table[~held], bought[~held], names, config)
            apart[held] = scores(parse(text), table[held])
        thresholds = np.array([config.will_not_buy * bought.mean(), config.buys_anyway])
        return cls(_learned(table, bought, names, config), *calibrate(apart, bought), thresholds)

    @cached_property
    def trees(self) -> Trees:
        """The trees compiled."""
        return parse(self.text)

    def probabilities(self, table: FloatArray) -> Values:
        """The chance of each line of the table, from 0 to 1."""
        return np.interp(scores(self.trees, table), self.scores, self.chances)

    def intent(self, chance: float) -> Intent:
        """What a visitor with this chance is taken to be about."""
        if chance >= self.thresholds[1]:
            return Intent.BUYS_ANYWAY
        return Intent.WILL_NOT_BUY if chance <= self.thresholds[0] else Intent.UNDECIDED

    def save(self, folder: Path) -> None:
        """Write everything below `folder`."""
        save_arrays(folder, scores=self.scores, chances=self.chances, thresholds=self.thresholds)
        (folder / FILE).write_text(self.text, "utf-8")

    @classmethod
    def load(cls, folder: Path, names: Sequence[str] | None = None) -> Self:
        """Open what :meth:`save` wrote; `names`, where given, are those of the columns that it will be asked about.

        Raises:
            ArtifactError: a file is missing or cannot be read, or it was learned from other columns.
        """
        arrays = load_arrays(folder, "scores", "chances", "thresholds")
        try:
            model = cls((folder / FILE).read_text("utf-8"), *arrays)
        except (OSError, UnicodeDecodeError) as error:
            raise ArtifactError(f"{FILE} in {folder} cannot be opened: {error}") from None
        if names is not None and f"feature_names={' '.join(names)}\n" not in model.text:
            raise ArtifactError(f"{FILE} in {folder} was learned from other features than this version knows")
        model.trees  # noqa: B018  # a damaged file is refused now, not at the first request
        return model


def _parts(groups: NDArray[np.integer], bought: NDArray[np.bool_], config: IntentConfig) -> NDArray[np.int64]:
    """A part for each case: groups stay whole, and buyers are spread evenly."""
    names, places = np.unique(groups, return_inverse=True)
    buyers = np.bincount(places, bought, len(names)) > 0
    shuffled = np.random.default_rng(config.seed).permutation(len(names))
    ordered = shuffled[np.argsort(buyers[shuffled], kind="stable")]
    parts = np.empty(len(names), np.int64)
    parts[ordered] = np.arange(len(names)) % config.folds
    return parts[places]


def _learned(table: FloatArray, bought: NDArray[np.bool_], names: Sequence[str], config: IntentConfig) -> str:
    import lightgbm

    data = lightgbm.Dataset(table, label=bought.astype(np.int8), feature_name=[*names], free_raw_data=True)
    return str(lightgbm.train(_parameters(config), data, num_boost_round=config.trees).model_to_string())


def _parameters(config: IntentConfig) -> dict[str, object]:
    return {
        "objective": "binary",
        "num_leaves": config.leaves,
        "max_depth": config.depth,
        "learning_rate": config.rate,
        "min_data_in_leaf": config.min_leaf,
        "feature_pre_filter": False,
        "num_threads": 1,
        "seed": config.seed,
        **DETERMINISTIC,
    }
