"""Whether a log knows anything of what a policy would choose."""

from dataclasses import dataclass
from math import ceil, inf, sqrt

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

EFFECTIVE = 100.0
"""Effective lines without which nothing is estimated."""
MISSING = 0.05
"""Of the policy's choices, at most this share may be ones that the log never makes."""
SURE = 2.0
"""Standard errors beyond which a share is no chance."""


@dataclass(frozen=True)
class Overlap:
    """How far the log's choices are the policy's."""

    lines: int
    effective: float
    """Lines of equal weight that would tell as much (Kish 1965)."""
    covered: float
    """Mean weight: the share of the policy's choices that the log makes too, 1 up to chance."""
    error: float
    """Standard error of that."""
    floored: float
    """Share of the policy's weight that the floor of propensities takes away: what IPS and SNIPS cannot see."""


@dataclass(frozen=True)
class Refusal:
    """Nothing is estimated."""

    overlap: Overlap
    needed: float
    """Effective lines."""
    why: str


def effective(weights: Values) -> float:
    """Kish's effective sample size: the square of the sum by the sum of the squares; 0 without weight."""
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def overlap(targets: Values, propensities: Values, floor: float) -> Overlap:
    """Of choices that were logged.

    Args:
        targets: chance of each under the policy.
        propensities: chance of each under the log's.
        floor: below which these count as it.
    """
    lines = len(targets)
    weights = targets / np.maximum(propensities, floor)
    unbound = targets / propensities
    error = float(weights.std(ddof=1)) / sqrt(lines) if lines > 1 else inf
    floored = 1 - float(weights.sum()) / float(unbound.sum()) if unbound.sum() > 0 else 0.0
    return Overlap(lines, effective(weights), float(weights.mean()) if lines else 0.0, error, floored)


def refused(found: Overlap, least: float = EFFECTIVE) -> Refusal | None:
    """Why nothing can be estimated, or None."""
    if found.effective < least:
        more = (
            f", which a log of about {ceil(found.lines * least / found.effective):,} lines would have"
            if found.effective > 0
            else "; no line of the log is a choice that the policy would make"
        )
        return Refusal(
            found,
            least,
            f"effective sample size is {found.effective:.0f} of {found.lines:,} lines; {least:.0f} are needed{more}",
        )
    if 1 - found.covered > MISSING + SURE * found.error or found.floored > MISSING:
        return Refusal(
            found,
            least,
            f"the log covers {found.covered:.0%} of what the policy would choose; "
            f"{1 - MISSING:.0%} are needed (effective sample size {found.effective:.0f}, {least:.0f} are needed)",
        )
    return None
