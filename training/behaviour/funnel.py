"""How many get from step to step, how long they take, and what those do who do not."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from recommender.models.arrays import FloatArray, LongArray
from training.behaviour.chains import MISSED, Chains, chains
from training.behaviour.labels import EXIT, LABELS, PURCHASE
from training.behaviour.origins import By, Past, of_sessions, told
from training.behaviour.steps import USUAL, Step, steps
from training.behaviour.visits import AT, SESSION, WHO
from training.behaviour.walks import Flags, Walk

ALL, OTHERS = "all", "others"
MOST_GROUPS: Final = 9
"""Groups that are told apart; the smaller ones are added up."""
QUARTILES: Final = {"quartile_1": 0.25, "median": 0.5, "quartile_3": 0.75}
REACHED, INSTEAD = "reached", "instead"


@dataclass(frozen=True)
class Funnel:
    """What is asked."""

    steps: Sequence[Step] = tuple(steps(USUAL))
    by: Sequence[By] = ()
    """What sessions are told apart by; each beside the whole."""
    within: timedelta | None = None
    """How long a person may take from the first step to the last; left out: what counts is one session."""


@dataclass
class FunnelCounter:
    """Counts everybody's way through the steps, some of the people at a time."""

    asked: Funnel
    past: Past | None = None
    """What was known of people before; segments need it."""
    _tries: list[pl.DataFrame] = field(default_factory=list)
    _occurred: Counter[int] = field(default_factory=Counter)

    @property
    def columns(self) -> list[pl.Expr]:
        """What has to be read."""
        taken = [step.taken().alias(f"step_{place}") for place, step in enumerate(self.asked.steps)]
        return taken + [column for by in self.asked.by for column in told(by)]

    def take(self, rows: pl.DataFrame) -> None:
        """Count some people's rows; see :meth:`training.behaviour.visits.Visits.parts`."""
        hits = [rows[f"step_{place}"].to_numpy() for place in range(len(self.asked.steps))]
        self._occurred.update({place: int(hit.sum()) for place, hit in enumerate(hits)})
        at, sessions = rows[AT].dt.epoch("us").to_numpy(), rows[SESSION].to_numpy()
        found = self._chains(rows, at, hits)
        last = found.rows[np.arange(len(found.rows)), found.reached - 1]
        begun = sessions[found.rows[:, 0]]
        words = {by.value: of_sessions(rows, by, self.past).gather(begun).cast(pl.Categorical) for by in self.asked.by}
        times = {name: _seconds(found, at, place) for place, name in enumerate(self._times, start=1)}
        instead = Walk.of(rows).instead(last, sessions[last])
        self._tries.append(pl.DataFrame({**words, REACHED: found.reached, INSTEAD: instead, **times}))

    def _chains(self, rows: pl.DataFrame, at: LongArray, hits: Sequence[Flags]) -> Chains:
        if self.asked.within is None:
            return chains(rows[SESSION].to_numpy(), at, hits)
        people = rows[WHO].rle_id().cast(pl.Int32).to_numpy()
        return chains(people, at, hits, self.asked.within // timedelta(microseconds=1))

    @property
    def _times(self) -> list[str]:
        return [f"seconds_{place}" for place in range(1, len(self.asked.steps))]

    def document(self, bought: pl.DataFrame) -> dict[str, Any]:
        """What was counted, as JSON values.

        Args:
            bought: the orders of the time that was looked at.
        """
        kinds: dict[str, type[pl.DataType]] = dict.fromkeys([by.value for by in self.asked.by], pl.Categorical)
        kinds |= {REACHED: pl.Int32, INSTEAD: pl.UInt8} | dict.fromkeys(self._times, pl.Float32)
        found = pl.concat([pl.DataFrame(schema=kinds), *self._tries])
        within, names = self.asked.within, [step.text for step in self.asked.steps]
        return {
            "unit": "session" if within is None else "person",
            "within": "session" if within is None else _duration(within),
            "steps": [{"step": step, "events": self._occurred[place]} for place, step in enumerate(names)],
            "groups": [
                {"by": by, "group": word, **_told(some, names)} for by, word, some in _grouped(found, self.asked.by)
            ],
            "notes": [*self._notes(bought)],
        }

    def _notes(self, bought: pl.DataFrame) -> Iterator[str]:
        for place, step in enumerate(self.asked.steps):
            if not self._occurred[place]:
                yield f"{step.text} does not occur in this time: does the shop send it?"
        claimed = int((~bought["vouched"]).sum())
        if claimed and any(step.event == PURCHASE for step in self.asked.steps):
            yield f"{claimed:,} of {len(bought):,} orders were told of by browsers only: nobody vouched for them."


def _seconds(found: Chains, at: LongArray, place: int) -> FloatArray:
    """Between a step and the one before it; not a number where it was not reached."""
    here, before = found.rows[:, place], found.rows[:, place - 1]
    return np.where(here == MISSED, np.nan, (at[here] - at[before]) / 1e6).astype(np.float32)


def _grouped(found: pl.DataFrame, told_by: Sequence[By]) -> Iterator[tuple[str | None, str, pl.DataFrame]]:
    """All, then for each way to tell them apart the largest groups and the others."""
    yield None, ALL, found
    for by in told_by:
        word = pl.col(by).cast(pl.String)
        names = found.group_by(word).len().sort(["len", by], descending=[True, False])[by]
        for name in names.head(MOST_GROUPS):
            yield by.value, name, found.filter(word == name)
        if len(names) > MOST_GROUPS:
            yield by.value, OTHERS, found.filter(~word.is_in(names.head(MOST_GROUPS).implode()))


def _told(some: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
    counts = [int((some[REACHED] > place).sum()) for place in range(len(names))]
    told = []
    for place, step in enumerate(names):
        one: dict[str, Any] = {"step": step, "count": counts[place], "of_first": _share(counts[place], counts[0])}
        if place + 1 < len(names):
            lost = some.filter(pl.col(REACHED) == place + 1)
            one |= {
                "to_next": _share(counts[place + 1], counts[place]),
                "seconds_to_next": _quartiles(some[f"seconds_{place + 1}"]),
                "lost": len(lost),
                "instead": _instead(lost[INSTEAD]),
            }
        told.append(one)
    steps = [f"seconds_{place}" for place in range(1, len(names))]
    whole = some.filter(pl.col(REACHED) == len(names)).select(pl.sum_horizontal(steps).alias("all"))
    return {"steps": told, "conversion": _share(counts[-1], counts[0]), "seconds": _quartiles(whole["all"])}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _quartiles(seconds: pl.Series) -> Mapping[str, float] | None:
    known = seconds.drop_nans()
    if known.is_empty():
        return None
    return {name: float(known.quantile(at, "linear") or 0.0) for name, at in QUARTILES.items()}


def _instead(labels: pl.Series) -> list[dict[str, Any]]:
    counted = np.bincount(labels.to_numpy(), minlength=EXIT + 1)
    order = sorted(np.flatnonzero(counted), key=lambda label: (-counted[label], label))
    names = [*LABELS, "exit"]
    return [
        {"did": names[label], "count": int(counted[label]), "share": _share(int(counted[label]), len(labels))}
        for label in order
    ]


def _duration(within: timedelta) -> str:
    minutes = round(within / timedelta(minutes=1))
    for size, unit in ((1440, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"
