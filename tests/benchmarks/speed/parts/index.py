"""Indexes of very many items, each in a process of its own: lists of vectors beside lists of codes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from recommender.models.arrays import load_array, save_arrays
from recommender.models.index import Metric
from recommender.models.recall import Exam
from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.looking import CONTENT, QUERIES
from tests.benchmarks.speed.section import Section
from tests.benchmarks.synthetic.vectors import DIMENSIONS, Mixture

KINDS = ("inverted", "quantised")
ASKED = 1000
JUDGED = 200
"""Of the queries those whose answers are compared with the exact ones."""


def index(bench: Bench) -> Section:
    """Recall, times, memory and building of indexes of 100,000 items to millions, without a shop."""
    section = Section(f"Searches for the 100 nearest items, {DIMENSIONS} dimensions, one thread")
    for items in bench.effort.indexed:
        folder = bench.scratch / f"index-{items}"
        mixture = Mixture.of(items)
        mixture.write(folder / CONTENT, items)
        queries = mixture.items(ASKED)  # like newer items: none of them is in the index
        save_arrays(folder, **{QUERIES: queries})
        took = {kind: (_run("build", kind, folder), _run("ask", kind, folder)) for kind in KINDS}
        # Only now: whoever has the vectors open keeps them in memory.
        exam = Exam.asking(queries[:JUDGED], load_array(folder / CONTENT, "vectors"), Metric.COSINE)
        for kind, (built, asked) in took.items():
            recall = exam.recall(np.load(folder / f"{kind}.npy")[:JUDGED])
            section.facts |= _told(f"{items:,} items, {kind}", built, asked, recall, _bytes(folder / kind))
        shutil.rmtree(folder)
    return section


def _run(what: str, kind: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.speed.looking", what, kind, str(folder)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _told(name: str, built: dict[str, Any], asked: dict[str, Any], recall: float, size: int) -> dict[str, str]:
    codes = (
        f", codes of {built['code']} bytes, {built['times']} times as many compared again" if "code" in built else ""
    )
    return {
        f"{name}: looked at": f"{built['probes']:,} of {built['lists']:,} lists{codes}",
        f"{name}: recall@100": f"{recall:.4f} of new queries, {built['recall']:.4f} when it was built",
        f"{name}: p50 and p99, ms": f"{asked['p50']:.2f}, {asked['p99']:.2f}; "
        f"with nothing in memory {asked['first p50']:.2f}, {asked['first p99']:.2f}",
        f"{name}: RSS and PSS after {ASKED:,} searches, MB": f"{asked['rss_mb']:,.0f}, {asked['pss_mb']:,.0f}",
        f"{name}: files, MB": f"{size / 1e6:,.0f}",
        f"{name}: opened, ms": f"{asked['open_ms']:,.0f}",
        f"{name}: built, s": f"{built['seconds']:,.0f} ({built['processor']:,.0f} of a core), "
        f"{built['most_mb']:,} MB beside the mapped vectors",
    }
