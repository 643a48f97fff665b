"""Segments: for whom, and for which items, the answers are good."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.bootstrap import bootstrap_interval
from recommender.metrics import RecallOf
from recommender.models.arrays import IntArray, LongArray
from training.questions import METRICS, Questions, measure

HEAVY = 10
"""Items that a heavy visitor is known to have had, at least; a light one at least two."""
HEAD = 0.5
"""The most popular items that together hold this share of everything chosen are the popular ones."""
MIN_CASES = 5
"""Fewer cases of a segment say nothing."""
SHOWN = ("hit_rate", "recall", "ndcg")


class Segment(NamedTuple):
    """Some of the cases, and what is right in them."""

    kind: str
    """`visitor`: by how much is known of who asks; `item`: by what was to be found."""
    name: str
    cases: NDArray[np.intp]
    relevant: LongArray
    """As in `Questions.relevant`; only what belongs to the segment."""
    counts: IntArray
    """Of every case, how many right items belong to the segment."""


def segments(questions: Questions) -> Iterator[Segment]:
    """The segments that have enough cases."""
    found = [*_by_visitor(questions), *_by_item(questions)]
    return (segment for segment in found if len(segment.cases) >= MIN_CASES)


def rows(
    questions: Questions, lists: Mapping[str, IntArray], *, seed: int, recall_of: RecallOf
) -> list[dict[str, Any]]:
    """What each judge reaches in each segment, with the interval of recall."""
    return [
        {"task": questions.task.name, "segment": part.kind, "name": part.name, "by": by, "cases": len(part.cases)}
        | _reached(questions, part, ranked, seed, recall_of)
        for part in segments(questions)
        for by, ranked in lists.items()
    ]


def _reached(questions: Questions, part: Segment, ranked: IntArray, seed: int, recall_of: RecallOf) -> dict[str, Any]:
    found = questions.hits(ranked, part.relevant)[part.cases]
    values = measure(found, part.counts[part.cases], recall_of)
    means = dict(zip(METRICS, values.mean(axis=0), strict=True))
    low, high = bootstrap_interval(values[:, METRICS.index("recall")], seed=seed)
    shown = {name: round(float(means[name]), 4) for name in SHOWN}
    return shown | {"recall_interval": [round(low, 4), round(high, 4)]}


def _by_visitor(questions: Questions) -> Iterator[Segment]:
    """New, light and heavy visitors; an item page asks for no visitor."""
    if any(case.seeds for case in questions.task.cases):
        return
    history = questions.history
    for name, mask in (
        ("new", history < 2),
        ("light", (history >= 2) & (history < HEAVY)),
        ("heavy", history >= HEAVY),
    ):
        yield Segment("visitor", name, np.flatnonzero(mask), questions.relevant, questions.counts)


def _by_item(questions: Questions) -> Iterator[Segment]:
    """Cold items, which nobody had before; popular ones; and the warm ones between."""
    chosen = np.asarray(questions.past.earlier.interactions.item_rows)
    counts = np.bincount(chosen, minlength=questions.items)
    best = np.argsort(-counts, kind="stable")
    head = np.zeros(questions.items, np.bool_)
    head[best[: 1 + int(np.searchsorted(np.cumsum(counts[best]), HEAD * counts.sum()))]] = True
    head &= counts > 0
    for name, mask in (("cold", counts == 0), ("warm", (counts > 0) & ~head), ("popular", head)):
        relevant = questions.relevant[mask[questions.relevant % questions.items]]
        each = np.bincount(relevant // questions.items, minlength=len(questions.counts)).astype(np.int32)
        yield Segment("item", name, np.flatnonzero(each), relevant, each)
