"""Recency, frequency and monetary value in fifths, and the six groups that they make."""

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

ByteArray = NDArray[np.uint8]

FIFTHS: Final = 5
UNKNOWN: Final = 0
"""Score and code of customers who cannot be compared: there are fewer of them than fifths."""


class RfmGroup(StrEnum):
    """A name for a part of all customers. Their order is that of the codes, which are part of the artifact's format."""

    CHAMPIONS = "champions"
    """Came lately, and come often or spend much."""
    LOYAL = "loyal"
    """The same, but not at the top of both."""
    RECENT = "recent"
    """Came lately, seldom so far."""
    NEEDS_ATTENTION = "needs_attention"
    """Neither came lately nor long ago, and seldom."""
    AT_RISK = "at_risk"
    """Came often or spent much, and not for long."""
    INACTIVE = "inactive"
    """Came seldom, long ago."""


GROUPS: Final = (*RfmGroup,)


class Rfm(NamedTuple):
    """Scores of every customer, from 1 (lowest fifth) to 5; `UNKNOWN` where there are fewer than five customers."""

    recency: ByteArray
    """The later the last order, the higher."""
    frequency: ByteArray
    monetary: ByteArray
    group: ByteArray
    """1 + the place in `GROUPS`."""


def rfm(last: NDArray[np.number], orders: NDArray[np.number], spend: NDArray[np.number]) -> Rfm:
    """Score every customer beside all others.

    Args:
        last: moment of the last order.
        orders: how many.
        spend: what they came to.
    """
    if len(last) < FIFTHS:
        return Rfm(*(np.full(len(last), UNKNOWN, np.uint8) for _ in Rfm._fields))
    recency, frequency, monetary = fifths(last), fifths(orders), fifths(spend)
    return Rfm(recency, frequency, monetary, groups(recency, frequency, monetary))


def fifths(values: NDArray[np.number]) -> ByteArray:
    """1 to 5 by how large a share of all values is smaller: equal values always have equal scores.

    Where most customers ordered once they all score 1, and the next higher number scores more than 2.
    """
    distinct, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    smaller = np.cumsum(counts) - counts
    scores = 1 + FIFTHS * smaller // max(len(values), 1)
    return scores.astype(np.uint8)[places.reshape(-1)] if len(distinct) else np.empty(0, np.uint8)


def groups(recency: ByteArray, frequency: ByteArray, monetary: ByteArray) -> ByteArray:
    """The group of each customer, as 1 + its place in `GROUPS`; every customer is in exactly one.

    Recency decides first; frequency and monetary value count as their mean, because a shop can lack either (of
    one-time buyers, frequency tells nothing).
    """
    worth = frequency.astype(np.int16) + monetary  # twice the mean
    late, long_ago, high = recency >= 4, recency <= 2, worth >= 6
    codes = np.select(
        [late & (worth >= 8), ~long_ago & high, late, long_ago & high, long_ago],
        [_code(name) for name in (
            RfmGroup.CHAMPIONS, RfmGroup.LOYAL, RfmGroup.RECENT, RfmGroup.AT_RISK, RfmGroup.INACTIVE,
        )],
        _code(RfmGroup.NEEDS_ATTENTION),
    )  # fmt: skip
    return codes.astype(np.uint8)


def named(code: int) -> RfmGroup | None:
    """The group that a code stands for."""
    return GROUPS[code - 1] if code != UNKNOWN else None


def _code(group: RfmGroup) -> int:
    return 1 + GROUPS.index(group)
