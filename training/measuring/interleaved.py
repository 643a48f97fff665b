"""Which of two interleaved strategies visitors prefer: by clicks side by side, which is no money."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from recommender.days import DAY
from recommender.events import schema
from recommender.events.names import DecisionName
from recommender.experiments import sequential
from recommender.experiments.difference import Interval
from recommender.experiments.preference import Preference, preference
from recommender.experiments.verdict import LEAST
from training.measuring.attribution import REQUEST, clicks
from training.measuring.horizon import PLANNED_DAYS, Horizon
from training.measuring.robots import without

EXPERIMENT, NAMES, SIDES = "experiment", "variants", ("first", "second")
BROUGHT = "brought"
TOLD = pl.Struct(
    {
        "request_id": pl.String,
        "interleaved": pl.List(
            pl.Struct({EXPERIMENT: pl.String, NAMES: pl.List(pl.String), **dict.fromkeys(SIDES, pl.List(pl.String))})
        ),
    }
)
"""What of a page's decision is read."""
CAVEAT = "This is about clicks, not about money: what each earns is told by an experiment that gives each to some."


@dataclass(frozen=True)
class Preferred:
    """Two variants of a placement that visitors saw in one list."""

    experiment: str
    variants: tuple[str, str]
    """The control first."""
    visitors: int
    found: Preference
    planned: int
    """Visitors who choose, by the end."""

    @property
    def interval(self) -> Interval:
        """Share of those who chose that chose the second, less a half; holds at every look."""
        return sequential.interval(self.found.effect, self.chose, self.planned)

    @property
    def chose(self) -> int:
        """Visitors who clicked more of one than of the other."""
        return self.found.first + self.found.second

    @property
    def preferred(self) -> str | None:
        """The variant that is preferred; None: nobody can tell yet."""
        low, high = self.interval
        if self.chose < LEAST or low <= 0 <= high:
            return None
        return self.variants[low > 0]

    def document(self) -> dict[str, Any]:
        """The comparison as JSON values."""
        low, high = (0.5 + end if self.chose else None for end in self.interval)
        return {
            "experiment": self.experiment,
            "control": self.variants[0],
            "treated": self.variants[1],
            "visitors": self.visitors,
            "chose_control": self.found.first,
            "chose_treated": self.found.second,
            "undecided": self.found.ties,
            "preference": 0.5 + self.found.effect.value if self.chose else None,
            "interval": [low, high],
            "p_value": sequential.p_value(self.found.effect, self.chose, self.planned),
            "preferred": self.preferred,
            "words": self.words(),
        }

    def words(self) -> str:
        """What may be said, and what not."""
        one, other = self.variants
        if self.preferred is None:
            return f"Cannot tell yet whether visitors prefer {other} to {one}. {CAVEAT}"
        share = 0.5 + self.found.effect.value
        low, high = (0.5 + end for end in self.interval)
        return (
            f"Visitors prefer {self.preferred}: of those who clicked more of one, {share:.0%} clicked more of {other}"
            f" ({low:.0%} to {high:.0%}). {CAVEAT}"
        )


def interleaved(log: pl.LazyFrame, robots: pl.Series, *, planned_days: int = PLANNED_DAYS) -> list[Preferred]:
    """Every interleaved experiment in a log.

    Args:
        log: the event log.
        robots: visitors who do not count.
        planned_days: for how long each is meant to run.
    """
    shown = without(_shown(log), robots)
    if shown.is_empty():
        return []
    clicked = clicks(log).select(schema.VISITOR_ID, schema.ITEM_ID, REQUEST).unique()
    brought = shown.unpivot(
        SIDES, index=[EXPERIMENT, schema.VISITOR_ID, REQUEST], variable_name=BROUGHT, value_name=schema.ITEM_ID
    ).explode(schema.ITEM_ID)
    hits = brought.join(clicked, on=[schema.VISITOR_ID, REQUEST, schema.ITEM_ID], how="inner")
    counted = hits.group_by(EXPERIMENT, schema.VISITOR_ID).agg(
        *((pl.col(BROUGHT) == side).sum().alias(side) for side in SIDES)
    )
    met = shown.group_by(EXPERIMENT, schema.VISITOR_ID).agg(pl.col(schema.TIMESTAMP).min())
    every = met.join(counted, on=[EXPERIMENT, schema.VISITOR_ID], how="left").with_columns(pl.col(*SIDES).fill_null(0))
    names = dict(shown.sort(schema.TIMESTAMP).group_by(EXPERIMENT).agg(pl.col(NAMES).last()).iter_rows())
    return [
        _preferred(str(name), names[name], part, planned_days) for (name,), part in sorted(every.group_by(EXPERIMENT))
    ]


def _preferred(name: str, variants: list[str], visitors: pl.DataFrame, planned_days: int) -> Preferred:
    found = preference(visitors.select(SIDES).iter_rows())
    chose = visitors.filter(pl.col(SIDES[0]) != pl.col(SIDES[1]))[schema.TIMESTAMP].dt.epoch("s").to_numpy()
    days = max(float(chose.max() - chose.min()) / DAY, 1.0) if len(chose) else 1.0
    planned = Horizon.of(chose, days, planned_days).visitors if len(chose) else 1
    return Preferred(name, (variants[0], variants[1]), len(visitors), found, planned)


def _shown(log: pl.LazyFrame) -> pl.DataFrame:
    """Lists of two variants in one, a row each: who saw it, by which request, and who brought which item."""
    extra = pl.col(schema.EXTRA).str
    return (
        log.filter(
            (pl.col(schema.EVENT) == DecisionName.SHOWCASES_OFFERED.value)
            & pl.col(schema.VISITOR_ID).is_not_null()
            & extra.contains('"interleaved":[', literal=True)
        )
        .select(schema.VISITOR_ID, schema.TIMESTAMP, extra.json_decode(TOLD))
        .unnest(schema.EXTRA)
        .explode("interleaved")
        .unnest("interleaved")
        .rename({"request_id": REQUEST})
        .collect(engine="streaming")
    )
