"""What a policy would have earned, from a log that another one wrote with its propensities.

IPS weighs each reward by how much likelier the policy is to choose what was chosen (Horvitz & Thompson 1952); SNIPS
divides by the sum of the weights (Swaminathan & Joachims 2015); DR adds to what a model of the reward expects only
what it missed (Dudik, Langford & Li 2011). Intervals are bootstrapped. Where the log hardly ever chose what the policy
would, nothing is estimated: see :mod:`.overlap`.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.bootstrap import ROUNDS, bootstrap_means
from recommender.bootstrap import interval as middle
from recommender.errors import InputError
from recommender.experiments.difference import ALPHA, Interval
from recommender.experiments.overlap import EFFECTIVE, Overlap, Refusal, overlap, refused

Values = NDArray[np.float64]

FLOOR = 0.001
"""Propensities below it count as it, so that no weight exceeds a thousand; overlap tells what this leaves out."""


@dataclass(frozen=True, eq=False)
class Logged:
    """Choices of a log, one line each."""

    rewards: Values
    propensities: Values
    """Chance that the log's policy chose what it chose."""
    targets: Values
    """Chance that the policy in question chooses the same."""
    expected: Values | None = None
    """What a model expects of what was chosen; fitted without this line, such as by :mod:`.expectations`."""
    expected_of_target: Values | None = None
    """What it expects of the policy in question: over all it may choose, weighed by its chances."""
    groups: NDArray[np.int64] | None = None
    """Lines of equal number come together, such as those of one visitor, and are drawn together."""

    def __post_init__(self) -> None:
        for name in ("propensities", "targets", "expected", "expected_of_target", "groups"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.rewards):
                raise InputError(name, len(values), f"give one for each of the {len(self.rewards)} rewards")
        if len(self.rewards) and not 0 < self.propensities.min() <= self.propensities.max() <= 1:
            raise InputError("propensities", float(self.propensities.min()), "use numbers above 0 and up to 1")

    def weights(self, floor: float = FLOOR) -> Values:
        """How much likelier the policy is to choose what was chosen."""
        weights: Values = self.targets / np.maximum(self.propensities, floor)
        return weights


class Estimate(NamedTuple):
    """A value with its interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Evaluation:
    """What the policy would have earned for each choice, beside what the log earned."""

    logged: Estimate
    ips: Estimate
    snips: Estimate
    dr: Estimate | None
    """None without a model of the reward."""
    overlap: Overlap


def ips(logged: Logged, floor: float = FLOOR) -> float:
    """Mean of the weighed rewards."""
    return float(np.mean(logged.weights(floor) * logged.rewards))


def snips(logged: Logged, floor: float = FLOOR) -> float:
    """Mean of the rewards by weight; NaN where all weights are 0."""
    weights = logged.weights(floor)
    total = weights.sum()
    return float(weights @ logged.rewards / total) if total > 0 else float("nan")


def dr(logged: Logged, floor: float = FLOOR) -> float:
    """Mean of what is expected of the policy and, weighed, of what was missed.

    Raises:
        InputError: the log has no model of the reward.
    """
    return float(np.mean(_doubly(logged, logged.weights(floor))))


def evaluate(
    logged: Logged,
    *,
    seed: int,
    floor: float = FLOOR,
    least: float = EFFECTIVE,
    alpha: float = ALPHA,
    rounds: int = ROUNDS,
) -> Evaluation | Refusal:
    """Estimate in every way that the log allows, or refuse.

    Args:
        logged: the log.
        seed: of the bootstrap.
        floor: of propensities.
        least: effective lines without which nothing is estimated.
        alpha: how often an interval may miss.
        rounds: of the bootstrap.
    """
    weights = logged.weights(floor)
    seen = overlap(logged.targets, logged.propensities, floor)
    if refusal := refused(seen, least):
        return refusal
    ones = np.ones(len(weights))
    parts = [logged.rewards, weights * logged.rewards, weights, ones]
    if logged.expected is not None:
        parts.append(_doubly(logged, weights))
    table = _grouped(np.column_stack(parts), logged.groups)
    drawn = bootstrap_means(table, seed=seed, rounds=rounds)
    whole = table.mean(axis=0)

    def estimate(above: int, below: int) -> Estimate:
        return Estimate(
            float(whole[above] / whole[below]), Interval(*middle(drawn[:, above] / drawn[:, below], 1 - alpha))
        )

    model = estimate(4, 3) if logged.expected is not None else None
    return Evaluation(estimate(0, 3), estimate(1, 3), estimate(1, 2), model, seen)


def with_model(logged: Logged, expected: Values, expected_of_target: Values) -> Logged:
    """The same log with a model of the reward."""
    return replace(logged, expected=expected, expected_of_target=expected_of_target)


def _doubly(logged: Logged, weights: Values) -> Values:
    if logged.expected is None or logged.expected_of_target is None:
        raise InputError(
            "expected", None, "doubly robust estimates need what a model expects of the log and the policy"
        )
    values: Values = logged.expected_of_target + weights * (logged.rewards - logged.expected)
    return values


def _grouped(table: Values, groups: NDArray[np.int64] | None) -> Values:
    """Sums over groups."""
    if groups is None:
        return table
    _, places = np.unique(groups, return_inverse=True)
    return np.column_stack([np.bincount(places, column) for column in table.T])
