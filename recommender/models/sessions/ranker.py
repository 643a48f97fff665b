"""The second stage: a learned order of the candidates that the sources propose."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt

from recommender.errors import ArtifactError
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.sessions.features import FEATURES
from recommender.models.sessions.trees import DETERMINISTIC, Trees, parse, scores


class RankerConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`LambdaRanker.fit`."""

    trees: PositiveInt = 60
    """How many trees are added up."""
    leaves: PositiveInt = 31
    """Of each tree."""
    depth: PositiveInt = 8
    """Questions from root to leaf at most: bounds the time of an answer."""
    rate: float = Field(0.1, gt=0, le=1)
    """What each tree adds of what it has learned."""
    bins: PositiveInt = 127
    """Into which the values of a feature are sorted."""
    min_leaf: PositiveInt = 50
    """Lines in each leaf at least."""
    size: PositiveInt = 20
    """Places of the list that matter."""
    seed: NonNegativeInt = 7
    """Of every random choice."""


@dataclass(frozen=True, eq=False)
class LambdaRanker:
    """LightGBM's lambdarank; served from flat arrays, without LightGBM."""

    text: str
    """The model in LightGBM's own format."""

    @classmethod
    def fit(cls, lines: FloatArray, right: NDArray[np.bool_], sizes: IntArray, config: RankerConfig) -> Self:
        """Learn to put the right line of each group first.

        Args:
            lines: features of candidates, group after group.
            right: which of them was chosen.
            sizes: lines of each group.
            config: how to learn.
        """
        import lightgbm

        data = lightgbm.Dataset(
            lines, label=right.astype(np.int8), group=sizes, feature_name=[*FEATURES], free_raw_data=True
        )
        booster = lightgbm.train(_parameters(config), data, num_boost_round=config.trees)
        return cls(booster.model_to_string())

    @cached_property
    def trees(self) -> Trees:
        """The model compiled."""
        return parse(self.text)

    def score(self, lines: FloatArray) -> NDArray[np.float64]:
        """How much each line is worth, on a scale of the ranker's own."""
        return scores(self.trees, lines)

    def save(self, folder: Path) -> None:
        """Write the text below `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(self.text, "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        try:
            ranker = cls((folder / FILE).read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ArtifactError(f"{FILE} in {folder} cannot be opened: {error}") from None
        if f"feature_names={' '.join(FEATURES)}\n" not in ranker.text:
            raise ArtifactError(f"{FILE} in {folder} was learned from other features than this version knows")
        ranker.trees  # noqa: B018  # a damaged file is refused now, not at the first request
        return ranker


FILE = "ranker.txt"


class Rankers(NamedTuple):
    """One for each job; None where the blend is better."""

    again: LambdaRanker | None = None
    """Orders everything."""
    discovery: LambdaRanker | None = None
    """Orders what the session has not met yet."""


NO_RANKERS = Rankers()


def _parameters(config: RankerConfig) -> dict[str, object]:
    return {
        "objective": "lambdarank",
        "lambdarank_truncation_level": config.size,
        "label_gain": [0, 1],
        "num_leaves": config.leaves,
        "max_depth": config.depth,
        "max_bin": config.bins,
        "learning_rate": config.rate,
        "min_data_in_leaf": config.min_leaf,
        "feature_pre_filter": False,
        "num_threads": 2,
        "seed": config.seed,
        **DETERMINISTIC,
    }
