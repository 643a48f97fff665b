"""One difference of several stretches of time, within each of which the weights of the variants stayed the same.

While a variant is ramped up, or learned weights follow what sells, its visitors come at other times than the
control's. All visitors in one pot would then compare days with days; so each stretch is compared within itself, and
counts by its visitors.
"""

from collections.abc import Sequence
from math import nan, sqrt

from recommender.errors import InputError
from recommender.experiments.difference import NOTHING, Difference, Effect


def combined(parts: Sequence[Difference]) -> Difference:
    """The difference over all stretches.

    Args:
        parts: one for each stretch, of visitors who are in no other. Where one of them tells nothing, such as a first
            hour without a treated order, leave it out or add it to its neighbour.
    """
    visitors = sum(part.visitors for part in parts)
    if not visitors:
        raise InputError("parts", len(parts), "give at least one stretch with visitors")
    shares = [part.visitors / visitors for part in parts]
    control = sum(share * part.control for share, part in zip(shares, parts, strict=True))
    # The lift of the sums is the mean of the lifts, weighed by what the control brought.
    brought = control if control > 0 else nan
    by_control = [share * part.control / brought for share, part in zip(shares, parts, strict=True)]
    return Difference(
        control,
        sum(share * part.treated for share, part in zip(shares, parts, strict=True)),
        _mean(shares, [part.absolute for part in parts]),
        _mean(by_control, [part.relative for part in parts]) if control > 0 else NOTHING,
        visitors,
        sum(share * part.explained for share, part in zip(shares, parts, strict=True)),
        sum(part.behind for part in parts),
    )


def _mean(shares: Sequence[float], effects: Sequence[Effect]) -> Effect:
    value = sum(share * effect.value for share, effect in zip(shares, effects, strict=True))
    return Effect(value, sqrt(sum((share * effect.error) ** 2 for share, effect in zip(shares, effects, strict=True))))
