"""What a candidate would have earned on logged pages, as far as the log can tell.

What is chosen is what shoppers see: which titles and items stand where. The log chose it by experiments alone, so its
chance is that of all outcomes of their draws that show just this, and the candidate's likewise. Lists that no draw
would have shown are nowhere in the log: of those nothing is estimated (see :mod:`recommender.experiments.overlap`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.experiments.estimators import Estimate, Logged, evaluate
from recommender.experiments.expectations import Expectations, drawn_folds
from recommender.experiments.overlap import Overlap, Refusal
from recommender.replay.answer import Shown
from training.replaying.candidate import Choice
from training.replaying.rewards import MEASURES, Place

Values = NDArray[np.float64]
Rows = NDArray[np.int64]
Rewards = Mapping[Place, tuple[float, ...]]


class Line(NamedTuple):
    """One page."""

    request_id: str
    visitor_id: str
    shown: tuple[Shown, ...]
    possible: Sequence[Choice]
    """What it might have shown."""
    wanted: Sequence[Choice]
    """What the candidate might show."""

    def only(self, placement: str) -> "Line | None":
        """The same of one showcase; None where the page, or the candidate's, has no such."""
        shown = _of(self.shown, placement)
        wanted = [choice._replace(shown=_of(choice.shown, placement)) for choice in self.wanted]
        if not shown or not any(choice.shown for choice in wanted):
            return None
        possible = [choice._replace(shown=_of(choice.shown, placement)) for choice in self.possible]
        return self._replace(shown=shown, possible=possible, wanted=wanted)


def earnings(lines: Sequence[Line], rewards: Rewards, *, seed: int) -> dict[str, Any]:
    """Estimates for whole pages, and for each placement by itself, as JSON values.

    Args:
        lines: pages that are answered again as they were.
        rewards: what became of them.
        seed: of folds and bootstrap.
    """
    placements = dict.fromkeys(one.placement for line in lines for one in line.shown)
    parts = {id_: [part for line in lines if (part := line.only(id_)) is not None] for id_ in placements}
    return {
        "pages": _judged(lines, rewards, seed),
        "placements": {id_: _judged(part, rewards, seed) for id_, part in parts.items() if part},
    }


def _judged(lines: Sequence[Line], rewards: Rewards, seed: int) -> dict[str, Any]:
    table = Table.of(lines)
    found: dict[str, Any] = {"lines": len(lines), "visitors": int(table.visitors.max(initial=-1)) + 1}
    measures = {}
    for at, measure in enumerate(MEASURES):
        judged = evaluate(table.logged(rewards, at, seed), seed=seed)
        found |= _overlap(judged.overlap)
        if isinstance(judged, Refusal):
            same = float((table.targets > 0).mean()) if len(lines) else 0.0
            return found | {"refused": f"of {same:.1%} the candidate might have shown what was shown; {judged.why}"}
        values = {name: getattr(judged, name) for name in ("logged", "ips", "snips", "dr")}
        measures[measure] = {name: _estimate(one) for name, one in values.items()}
    return found | {"refused": None, "measures": measures}


@dataclass(frozen=True, eq=False)
class Table:
    """The lines as arrays."""

    visitors: Rows
    """By line, from 0."""
    propensities: Values
    targets: Values
    places: Sequence[Place]
    """Items that were shown, line after line."""
    shown: "_Cells"
    wanted: "_Cells"
    size: int
    """How many cells there are: items in a placement."""

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "Table":
        """Number visitors and cells."""
        people: dict[str, int] = {}
        cells: dict[tuple[str, str], int] = {}
        places = [
            Place(line.request_id, one.placement, item) for line in lines for one in line.shown for item in one.items
        ]
        return cls(
            np.array([people.setdefault(line.visitor_id, len(people)) for line in lines], np.int64),
            np.minimum(np.array([_chance(line.possible, line.shown) for line in lines]), 1.0),
            np.array([_chance(line.wanted, line.shown) for line in lines]),
            places,
            _Cells.of([[Choice(1.0, line.shown)] for line in lines], cells),
            _Cells.of([line.wanted for line in lines], cells),
            len(cells),
        )

    def logged(self, rewards: Rewards, measure: int, seed: int) -> Logged:
        """With one of the measures, and what a model expects of it.

        An item is expected to bring what it brought in its placement on the pages of other visitors, and a page what
        its items bring.
        """
        count, none = len(self.visitors), (0.0,) * len(MEASURES)
        values = np.array([rewards.get(place, none)[measure] for place in self.places])
        folds = drawn_folds(int(self.visitors.max(initial=-1)) + 1, seed)[self.visitors]
        own = folds[self.shown.lines]
        model = Expectations.fit(values, self.shown.cells, size=self.size, seed=seed, folds=own)
        return Logged(
            self.shown.sums(values, count),
            self.propensities,
            self.targets,
            self.shown.sums(model.of(own, self.shown.cells), count),
            self.wanted.sums(model.of(folds[self.wanted.lines], self.wanted.cells), count),
            self.visitors,
        )


@dataclass(frozen=True, eq=False)
class _Cells:
    """Items that may be shown, each in one entry."""

    lines: Rows
    """Of which line."""
    cells: Rows
    """Item and placement."""
    chances: Values

    def sums(self, values: Values, count: int) -> Values:
        """Of values of the entries, by line, each counting as its chance."""
        return np.bincount(self.lines, self.chances * values, count).astype(np.float64)

    @classmethod
    def of(cls, lines: Sequence[Sequence[Choice]], known: dict[tuple[str, str], int]) -> "_Cells":
        """Args: what may stand on each line; numbers of the cells that are known, which grow."""
        found = [
            (at, known.setdefault((one.placement, item), len(known)), choice.chance)
            for at, choices in enumerate(lines)
            for choice in choices
            for one in choice.shown
            for item in one.items
        ]
        columns = [*zip(*found, strict=True)] or [(), (), ()]
        return cls(np.array(columns[0], np.int64), np.array(columns[1], np.int64), np.array(columns[2], np.float64))


def _chance(choices: Sequence[Choice], shown: Sequence[Shown]) -> float:
    seen = [one.seen for one in shown]
    return sum(choice.chance for choice in choices if [one.seen for one in choice.shown] == seen)


def _of(shown: Sequence[Shown], placement: str) -> tuple[Shown, ...]:
    return tuple(one for one in shown if one.placement == placement)


def _overlap(found: Overlap) -> dict[str, float]:
    return {"effective_lines": round(found.effective, 1), "covered": round(found.covered, 4)}


def _estimate(one: Estimate | None) -> dict[str, Any] | None:
    return None if one is None else {"value": one.value, "interval": [one.interval.low, one.interval.high]}
