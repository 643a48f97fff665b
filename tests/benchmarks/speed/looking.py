"""One index in a process of its own: built, or opened and asked; what that took is printed as JSON.

python -m tests.benchmarks.speed.looking build KIND FOLDER    # over FOLDER/content/vectors.npy, into FOLDER/KIND
python -m tests.benchmarks.speed.looking ask KIND FOLDER      # for FOLDER/queries.npy; what is found: FOLDER/KIND.npy
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import numpy as np

from recommender.models.arrays import FloatArray, load_array
from recommender.models.index import ItemIndex, Metric, load_index
from recommender.models.inverted import InvertedIndex
from recommender.models.quantised import QuantisedIndex
from recommender.models.recall import NEAREST
from recommender.models.threads import one_blas_thread
from tests.benchmarks.speed.latencies import percentiles
from tests.benchmarks.speed.usage import memory

CONTENT, QUERIES = "content", "queries"


def build(kind: str, folder: Path) -> dict[str, float]:
    """Build and save the index; seconds by the clock and of the cores, and memory beside what is mapped in MB."""
    vectors, began = load_array(folder / CONTENT, "vectors"), time.perf_counter()
    with _watched() as most:
        index = _built(kind, vectors)
        index.save(folder / kind)
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "processor": round(time.process_time(), 1),
        "most_mb": round(max(most) / 1e6),
        **_looked_at(index),
    }


def ask(kind: str, folder: Path) -> dict[str, float]:
    """Open the index, of which nothing is in memory, and ask everything twice: milliseconds, and memory in MB."""
    queries = load_array(folder, QUERIES)
    before = memory(os.getpid())
    for file in (folder / kind).iterdir():
        _forget(file)
    began = time.perf_counter()
    index = load_index(folder / kind)
    opened = time.perf_counter() - began
    with one_blas_thread():
        first, found = _asked(index, queries)
        after = memory(os.getpid())
        again, _ = _asked(index, queries)
    np.save(folder / f"{kind}.npy", found)
    return {
        "open_ms": round(1000 * opened, 1),
        **{f"first {name}": value for name, value in percentiles(first).items()},
        **percentiles(again),
        "rss_mb": round(after.rss - before.rss, 1),
        "pss_mb": round(after.pss - before.pss, 1),
    }


def _built(kind: str, vectors: FloatArray) -> ItemIndex:
    if kind == "inverted":
        return InvertedIndex.build(vectors, Metric.COSINE)
    return QuantisedIndex.build(vectors, Metric.COSINE)


def _looked_at(index: ItemIndex) -> dict[str, float]:
    lists = index.index  # type: ignore[attr-defined]
    found = {"lists": lists.nlist, "probes": lists.nprobe, "recall": index.recall}
    return found | ({"times": index.times, "code": lists.code_size} if isinstance(index, QuantisedIndex) else {})


def _asked(index: ItemIndex, queries: FloatArray) -> tuple[FloatArray, np.ndarray]:
    taken, found = [], []
    for query in queries:
        began = time.perf_counter()
        rows, _ = index.search(query[None], NEAREST)
        taken.append(time.perf_counter() - began)
        found.append(rows[0])
    return np.array(taken), np.array(found)


def _forget(file: Path) -> None:
    """Take a file out of the system's memory, as far as nobody else has it open."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


@contextmanager
def _watched() -> Iterator[list[int]]:
    """Memory of this process that is no file's, in bytes, looked at ten times a second."""
    found, over = [_anonymous()], Event()

    def watch() -> None:
        while not over.wait(0.1):
            found.append(_anonymous())

    thread = Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()


def _anonymous() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


if __name__ == "__main__":
    what = {"build": build, "ask": ask}[sys.argv[1]]
    print(json.dumps(what(sys.argv[2], Path(sys.argv[3]))))  # noqa: T201
