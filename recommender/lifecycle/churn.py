"""Chances of silence learned from what customers do besides buying, by gradient-boosted trees (LightGBM)."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from recommender.lifecycle.backtest import losses
from recommender.lifecycle.histories import Floats, Summary
from recommender.models.sessions.trees import DETERMINISTIC, parse, scores

LEAST_CUSTOMERS, LEAST_OF_A_KIND = 500, 50
"""So many must have been known, and so many of them been silent, and so many not, to learn from."""
SURE: Final = 2.0
"""By how many standard errors trees must be better to be kept."""
EDGE: Final = 1e-3
"""No chance is told to be nearer to 0 or 1."""


@dataclass(frozen=True)
class ChurnTrees:
    """Trees that tell how likely it is that a customer orders nothing for a while."""

    text: str
    """As LightGBM writes them."""

    @classmethod
    def fit(cls, features: Floats, silent: NDArray[np.bool_], seed: int) -> Self | None:
        """Learn from what customers of a day did after it; None where too few of either kind did.

        Args:
            features: a row for each customer; see :func:`features`.
            silent: whether they ordered nothing.
            seed: of everything random.
        """
        import lightgbm

        many = int(silent.sum())
        if len(silent) < LEAST_CUSTOMERS or min(many, len(silent) - many) < LEAST_OF_A_KIND:
            return None
        data = lightgbm.Dataset(features, label=silent.astype(np.int8), params={"verbosity": -1})
        return cls(lightgbm.train(_parameters(seed), data, num_boost_round=TREES).model_to_string())

    def silent(self, features: Floats) -> Floats:
        """The chance of each row that no order comes."""
        found: Floats = np.clip(expit(scores(parse(self.text), features)), EDGE, 1 - EDGE)
        return found


TREES: Final = 80


def features(known: Summary, chance: Floats, browsing: Floats) -> Floats:
    """What trees look at: a customer's purchases, what the purchase model says of them, and their browsing.

    Args:
        known: purchases.
        chance: of silence, by the purchase model.
        browsing: columns for the same customers.
    """
    x, last, age = (column[known.statistics.rows] for column in known.statistics.numbers)
    return np.column_stack([x, age - last, age, np.nan_to_num(known.value, nan=-1.0), chance, browsing])


def better(trees: Floats, model: Floats, silent: NDArray[np.bool_]) -> bool:
    """Whether trees foretell silence better than a model on days that neither has seen, beyond chance."""
    gained = losses(model, silent, EDGE) - losses(trees, silent, EDGE)
    return bool(gained.mean() > SURE * gained.std() / np.sqrt(len(gained)) and gained.mean() > 0)


def _parameters(seed: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": 0.06,
        "num_leaves": 15,
        "min_data_in_leaf": 40,
        "lambda_l2": 5.0,
        "num_threads": 1,
        "seed": seed,
        **DETERMINISTIC,
    }
