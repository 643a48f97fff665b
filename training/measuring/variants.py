"""What the visitors of each variant come down to, for each stretch of equal weights."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.experiments.moments import Moments
from recommender.experiments.winsor import cap, winsorised
from training.measuring.groups import VARIANT
from training.measuring.outcomes import COLUMNS
from training.measuring.questions import CUT
from training.measuring.stretches import STRETCH, Stretches


class Pair(NamedTuple):
    """A control and a variant in one stretch."""

    variants: Mapping[str, Moments]
    weights: Mapping[str, float]
    """How often each is drawn; the two come to 1."""

    @property
    def comparable(self) -> bool:
        """Whether both have the two visitors without whom nothing varies."""
        return all(one.visitors > 1 for one in self.variants.values())


def moments(met: Stretches, done: pl.DataFrame, more: Sequence[str] = ()) -> list[dict[str, Moments]]:
    """Of every variant, stretch by stretch; of variants that nobody met as well.

    Args:
        met: who entered when.
        done: what they did; see :func:`.outcomes.outcomes`.
        more: columns of `done` beside the usual ones.
    """
    columns = {
        (stretch, variant): _columns(done.filter((pl.col(STRETCH) == stretch) & (pl.col(VARIANT) == variant)), more)
        for stretch in range(len(met.chances))
        for variant in met.variants
    }
    most = cap([one["revenue"] for one in columns.values()])
    made = {at: Moments.of({**one, CUT: winsorised(one["revenue"], most)}) for at, one in columns.items()}
    return [{variant: made[stretch, variant] for variant in met.variants} for stretch in range(len(met.chances))]


def pairs(met: Stretches, table: Sequence[Mapping[str, Moments]], treated: str) -> list[Pair]:
    """The control and one variant, stretch by stretch."""
    found = []
    for variants, chances in zip(table, met.chances, strict=True):
        both = {name: chances.get(name, 0.0) for name in (met.control, treated)}
        total = sum(both.values()) or 1.0
        weights = {name: chance / total for name, chance in both.items()}
        found.append(Pair({name: variants[name] for name in both}, weights))
    return found


def added(parts: Sequence[Pair]) -> Pair:
    """All stretches in one: weights are what its visitors should be, on average."""
    visitors = [sum(one.visitors for one in part.variants.values()) for part in parts]
    variants = {}
    weights = {}
    for name in parts[0].variants:
        whole, *others = (part.variants[name] for part in parts)
        for one in others:
            whole += one
        variants[name] = whole
        due = sum(count * part.weights[name] for count, part in zip(visitors, parts, strict=True))
        weights[name] = due / sum(visitors) if sum(visitors) else parts[0].weights[name]
    return Pair(variants, weights)


def _columns(visitors: pl.DataFrame, more: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    return {name: visitors[name].to_numpy() for name in (*COLUMNS, *more)}
