"""What comes next in a session, on the split of RetailRocket that the literature uses (MTD, COTREC, CGENet).

The model in service answers every prefix with twenty items of the whole catalogue; P@20 is how often the next item is
among them. Then the same without the items of the session, for those whose next item is new to it.

python -m tests.benchmarks.sessions FOLDER   # with train_sessions.txt.gz and test_prefix_target.tsv.gz
"""

import argparse
import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from recommender.artifact import ArtifactStore
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine.engine import recommend
from recommender.engine.request import Interaction, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.models.threads import one_blas_thread
from recommender.strategy import Strategy
from recommender.workspace import Workspace
from tests.benchmarks.shop import NAME, Shop, line, opened

END, DAYS = 1_442_275_200, 137
"""When the log ends, and how long it is; the file holds only the order of the sessions."""
BETWEEN = 30
"""Seconds from one view to the next."""
TIMED = 3000

Case = tuple[tuple[str, ...], str]


def events(path: Path) -> Iterator[tuple[str, int, str, str, str]]:
    """Views of the training sessions, spread evenly over the time."""
    with gzip.open(path, "rt") as file:
        sessions = [text.split() for text in file]
    step = DAYS * 86_400 / len(sessions)
    for number, session in enumerate(sessions):
        began = int(END - DAYS * 86_400 + number * step)
        for place, item in enumerate(session):
            yield "view_item", began + BETWEEN * place, f"visitor-{number}", f"session-{number}", item


def cases(path: Path) -> list[Case]:
    """Prefixes, oldest item first, and what came next."""
    with gzip.open(path, "rt") as file:
        told = [text.rstrip("\n").split("\t") for text in file]
    return [(tuple(prefix.split()), item) for prefix, item in told]


def given(case: Case, *, allow_seen: bool) -> dict[str, Any]:
    """The case as `vitrine evaluate` reads it."""
    session, item = case
    return {"session": session, "relevant": [item], "strategy": Strategy.FOR_YOU, "allow_seen": allow_seen}


def engine_times(shop: Shop, asked: list[Case]) -> dict[bool, np.ndarray]:
    """Milliseconds of one list each, in one thread, with and without seen items."""
    store = ArtifactStore(Workspace(shop.home).shop(NAME).artifacts)
    version = store.current()
    assert version is not None
    models = store.open(version).models
    snapshot = Snapshot(models, CatalogTable.build(models.items), Configuration())
    times: dict[bool, np.ndarray] = {}
    with one_blas_thread():
        for seen in (False, True):
            query, taken = Query(Strategy.FOR_YOU, allow_seen=seen), []
            for session, _ in asked[:100] + asked[:TIMED]:  # the first hundred warm it up
                visitor = Visitor(session=tuple(Interaction(item) for item in session))
                began = time.perf_counter()
                recommend(snapshot, visitor, query, models.data_end)
                taken.append(1000 * (time.perf_counter() - began))
            times[seen] = np.array(taken[100:])
    return times


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    told = cases(options.folder / "test_prefix_target.tsv.gz")
    header = ("event", "timestamp", "visitor_id", "session_id", "item_id")
    line("", "at least", "measured")
    with opened() as shop:
        seconds, peak = shop.train(header, events(options.folder / "train_sessions.txt.gz"))
        line("import and train", "8 min, 3.5 GB", f"{seconds / 60:.1f} min, {peak:.1f} GB")
        (found, *_) = shop.judged(given(case, allow_seen=True) for case in told)
        line("all items: P@20 / MRR@20", "59.0 / 32.8", f"{100 * found['hit_rate']:.1f} / {100 * found['mrr']:.1f}")
        new = [case for case in told if case[1] not in case[0]]
        (found, *_) = shop.judged(given(case, allow_seen=False) for case in new)
        line("new items: P@20 / MRR@20", "36.5 / 13.4", f"{100 * found['hit_rate']:.1f} / {100 * found['mrr']:.1f}")
        for seen, times in engine_times(shop, told).items():
            half, most = np.quantile(times, [0.5, 0.99])
            line(f"engine, seen items {'shown' if seen else 'left out'}: p50 / p99, ms", "1.0 / 3.0",
                 f"{half:.2f} / {most:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
