"""Who entered an experiment while which weights held: within each such stretch of time variants can be compared."""

from typing import NamedTuple

import polars as pl

from recommender.assignment import HOLDOUT, SHOWN
from recommender.experiments.learned import began
from training.measuring.groups import CONTROL, ENTERED, EPOCH, PROPENSITY, TRIED, VARIANT

STRETCH = "stretch"
UNTIL = "until"
"""When variants were drawn anew, so that what a visitor does from then on tells nothing of the variant; null: never."""
NEVER = pl.lit(None, pl.Datetime("us", "UTC")).alias(UNTIL)


class Stretches(NamedTuple):
    """The visitors of one experiment by the weights under which they entered."""

    visitors: pl.DataFrame
    """One row a visitor, with `stretch`, counted from 0, and `until`."""
    control: str
    chances: tuple[dict[str, float], ...]
    """The probability of each variant by stretch."""

    @property
    def variants(self) -> list[str]:
        """All that somebody met, or could, the control first."""
        return [self.control, *sorted({name for one in self.chances for name in one} - {self.control})]


def stretches(name: str, entered: pl.DataFrame) -> Stretches:
    """Split the visitors of an experiment.

    Where weights were changed by hand, only who entered since counts; where they are learned, everybody counts in the
    stretch in which they entered.

    Args:
        name: the experiment's.
        entered: see :func:`.groups.groups`; not empty.
    """
    ordered = entered.sort(ENTERED)
    if not name.startswith(TRIED):
        return Stretches(*_of_holdout(ordered))
    control = str(ordered[CONTROL][-1])
    plain = ordered.filter(pl.col(EPOCH).is_null())
    epochs = ordered[EPOCH].drop_nulls().unique().sort().to_list()
    found = [_since_the_last_change(plain)] if len(plain) else []
    found += [_chances(ordered.filter(pl.col(EPOCH) == epoch)) for epoch in epochs]
    ends = [*[began(epoch) for epoch in epochs][len(epochs) - len(found) + 1 :], None]
    visitors = [
        part.with_columns(pl.lit(place).alias(STRETCH), pl.lit(end, pl.Datetime("us", "UTC")).alias(UNTIL))
        for place, ((part, _), end) in enumerate(zip(found, ends, strict=True))
    ]
    return Stretches(pl.concat(visitors), control, tuple(chances for _, chances in found))


def _of_holdout(ordered: pl.DataFrame) -> tuple[pl.DataFrame, str, tuple[dict[str, float]]]:
    """Who entered while the holdout had the share that it had last."""
    last = ordered.row(-1, named=True)
    propensity = float(last[PROPENSITY])
    share = 1 - propensity if last[VARIANT] == HOLDOUT else propensity
    shown = pl.when(pl.col(VARIANT) == HOLDOUT).then(1 - pl.col(PROPENSITY)).otherwise(pl.col(PROPENSITY)).round(6)
    same = ordered.filter(shown == round(share, 6)).with_columns(pl.lit(0).alias(STRETCH), NEVER)
    return same, HOLDOUT, ({HOLDOUT: 1 - share, SHOWN: share},)


def _since_the_last_change(ordered: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, float]]:
    last = ordered.group_by(VARIANT).agg(pl.col(PROPENSITY).last().alias("present"))
    told, today = ordered.join(last, on=VARIANT, maintain_order="left"), pl.col(PROPENSITY) == pl.col("present")
    changed = told.filter(~today)[ENTERED].max()
    if changed is None:
        return _chances(ordered)
    same = told.filter(today & (pl.col(ENTERED) >= changed)).drop("present")
    return same, {name: chance for name, chance in _chances(ordered)[1].items() if name in {*same[VARIANT]}}


def _chances(ordered: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, float]]:
    last = ordered.group_by(VARIANT, maintain_order=True).agg(pl.col(PROPENSITY).last())
    return ordered, {str(name): float(chance) for name, chance in last.rows()}
