"""Items without a history among the vectors of those that have one, as far as their description tells.

Kernel ridge regression from content to behaviour: an item is placed among others by what similarly described and
priced items are to the people who know them. What it learns to foretell is up to the caller: any vectors of items.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, NonNegativeInt, PositiveFloat, PositiveInt

from recommender.models.arrays import FloatArray, IntArray, load_arrays, save_arrays, unit

Doubles = NDArray[np.float64]
Learned = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
"""Landmarks' contents, their prices, what they pass on, and the average."""

BUMPS = np.arange(-7.0, 16.1, 0.35)
"""Logarithms of the prices, from a thousandth to some millions, around which prices are told apart."""
BUMP_WIDTH = 0.354
"""Of one bump: two prices are half alike when one is about 1.8 times the other."""
ANY_PRICE = np.float32(0.5)
"""What counts of a likeness in text when the prices have nothing in common, or one of them is unknown."""
FEWEST = 20
"""From fewer items nothing can be learned that holds for another one."""
AT_ONCE = 2048
"""Items that are foretold in one go; bounds memory."""


class NewcomerConfig(BaseModel, extra="forbid", frozen=True):
    """Settings for :meth:`NewcomerModel.fit`."""

    landmarks: PositiveInt = 4000
    """Items with a history that are learned from; the most popular ones of a larger catalogue."""
    regularizations: tuple[PositiveFloat, ...] = Field((0.1, 0.3, 1.0, 3.0), min_length=1)
    """How strongly predictions may be held to the average; the one that foretells held-out items best is taken."""
    held_out: float = Field(0.1, gt=0, lt=1)
    """Share of the landmarks that are held out to choose by."""
    seed: NonNegativeInt = 7
    """Of who is held out."""


class Foretold(NamedTuple):
    """What is expected of items that nobody has chosen yet, one a row."""

    vectors: FloatArray
    popularity: FloatArray
    """Logarithm of one more than the people who are expected to choose the item."""


@dataclass(frozen=True, eq=False)
class NewcomerModel:
    """Places items by what is said of them."""

    contents: FloatArray
    """Content vectors of the landmarks, of length 1."""
    prices: FloatArray
    """Their prices as :func:`bumps`."""
    shares: FloatArray
    """What each landmark passes on to an item like it: to its vector, and in the last column to its popularity."""
    average: FloatArray
    """What is expected of an item that is like none of them."""
    rows: IntArray
    """Items of the catalogue that nobody had chosen, in rising order."""
    vectors: FloatArray
    """What is expected of them."""
    popularity: FloatArray
    """See :class:`Foretold`."""

    def __len__(self) -> int:
        return len(self.contents)

    @classmethod
    def fit(
        cls,
        contents: FloatArray,
        prices: FloatArray,
        vectors: FloatArray,
        popularity: FloatArray,
        config: NewcomerConfig,
    ) -> Self | None:
        """Learn from the items that have both a description and a history; None when they are too few.

        Args:
            contents: items by dimensions, of length 1; zero where an item says nothing of itself.
            prices: what each item costs; nan where nobody tells.
            vectors: what is to be foretold, items by any dimensions; zero where nobody chose the item.
            popularity: how many people chose each item.
            config: how many items to learn from, and how.
        """
        known = np.flatnonzero(contents.any(axis=1) & vectors.any(axis=1))
        known = np.sort(known[np.argsort(-popularity[known], kind="stable")[: config.landmarks]])
        if len(known) < FEWEST:
            return None
        chosen, priced = np.asarray(contents[known]), bumps(prices[known])
        wanted = np.column_stack([vectors[known], np.log1p(popularity[known])]).astype(np.float64)
        alike = likeness(chosen, priced, chosen, priced).astype(np.float64)
        regularization = _chosen(alike, wanted, config)
        average = wanted.mean(axis=0)
        shares = _solved(alike, wanted - average, regularization)
        learned = (chosen, priced, shares.astype(np.float32), average.astype(np.float32))
        rows = np.flatnonzero(contents.any(axis=1) & ~vectors.any(axis=1)).astype(np.int32)
        return cls(*learned, rows, *_foretold(learned, contents[rows], prices[rows]))

    def foretell(self, contents: FloatArray, prices: FloatArray) -> Foretold:
        """Expect of items what items described and priced alike have shown.

        Args:
            contents: content vectors of any items, of length 1 or zero.
            prices: what each costs; nan is unknown.
        """
        return _foretold((self.contents, self.prices, self.shares, self.average), contents, prices)

    def save(self, folder: Path) -> None:
        """Write what was learned below `folder`."""
        save_arrays(folder, **{name: getattr(self, name) for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open what :meth:`save` wrote."""
        return cls(*load_arrays(folder, *cls.__dataclass_fields__))


def bumps(prices: FloatArray) -> FloatArray:
    """Prices as vectors of length 1, close for close prices; zero where a price is unknown or nothing."""
    known = np.isfinite(prices) & (prices > 0)
    logarithms = np.log(np.where(known, prices, 1.0)).clip(BUMPS[0], BUMPS[-1])
    distances = (logarithms[:, None] - BUMPS) / BUMP_WIDTH
    return unit((np.exp(-0.5 * distances**2) * known[:, None]).astype(np.float32))


def likeness(contents: FloatArray, prices: FloatArray, others: FloatArray, other_prices: FloatArray) -> FloatArray:
    """How alike items are, from 0 to 1: the squared cosine of their texts, halved by prices that are far apart."""
    text = np.maximum(contents @ others.T, 0.0) ** 2
    found: FloatArray = text * (ANY_PRICE + (1 - ANY_PRICE) * (prices @ other_prices.T))
    return found


def _foretold(learned: Learned, contents: FloatArray, prices: FloatArray) -> Foretold:
    landmarks, priced, shares, average = learned
    found = np.tile(average, (len(contents), 1))
    for start in range(0, len(contents), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        found[part] += likeness(contents[part], bumps(prices[part]), landmarks, priced) @ shares
    # Of what nothing is said nothing is expected.
    found[~contents.any(axis=1)] = 0.0
    return Foretold(np.ascontiguousarray(found[:, :-1]), np.maximum(found[:, -1], 0.0))


def _chosen(alike: Doubles, wanted: Doubles, config: NewcomerConfig) -> float:
    """The regularization that foretells held-out landmarks best, every dimension counting by its spread."""
    if len(config.regularizations) == 1:
        return config.regularizations[0]
    order = np.random.default_rng(config.seed).permutation(len(wanted))
    cut = max(int(len(order) * config.held_out), 1)
    held, kept = np.sort(order[:cut]), np.sort(order[cut:])
    average = wanted[kept].mean(axis=0)

    def error(regularization: float) -> float:
        shares = _solved(alike[np.ix_(kept, kept)], wanted[kept] - average, regularization)
        foretold = alike[np.ix_(held, kept)] @ shares + average
        return float(((foretold - wanted[held])[:, :-1] ** 2).sum())

    return min(config.regularizations, key=error)


def _solved(alike: Doubles, wanted: Doubles, regularization: float) -> Doubles:
    from scipy.linalg import solve

    left = alike + regularization * np.eye(len(alike))
    found: Doubles = solve(left, wanted, assume_a="pos", overwrite_a=True)
    return found
