"""From the start of a process to its first answer, and the memory of the first and the second worker."""

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from tests.benchmarks.speed import servers, usage
from tests.benchmarks.speed.bench import Bench, Home
from tests.benchmarks.speed.loads import Load
from tests.benchmarks.speed.section import Section
from tests.services import redis_server

WARM_CALLS = 2_000
CONNECTIONS = 16


def start(bench: Bench) -> Section:
    """Start one worker several times, then two; measure memory once each worker has answered pages."""
    home, effort = bench.large(), bench.effort
    messages = bench.calls("start", home.questions.pages(WARM_CALLS))
    starts: list[float] = []
    with redis_server() as url:
        one: list[float] = []
        for _ in range(effort.starts):
            seconds, one = _started(home, messages, effort.seconds, url, workers=1)
            starts.append(seconds)
        _, two = _started(home, messages, effort.seconds, url, workers=2)
    section = Section(f"Start and memory, {home.size.items:,} items")
    section.facts = {
        "start to first answer, s, median": round(median(starts), 2),
        "each start, s": ", ".join(f"{seconds:.2f}" for seconds in starts),
        "of which importing the service's modules, s": round(_import_seconds(), 2),
        "PSS of one worker, MB": round(sum(one), 1),
        "PSS of each process with two workers, MB": ", ".join(f"{one_:.1f}" for one_ in two),
        "the second worker adds, MB PSS (supervising processes included)": round(sum(two) - sum(one), 1),
        "without the supervising processes, MB PSS": round(sum(two[:2]) - sum(one), 1),
    }
    return section


def _started(home: Home, messages: Path, seconds: float, url: str, *, workers: int) -> tuple[float, list[float]]:
    """Seconds to the first answer, and the PSS of each process after pages were answered, largest first."""
    call = next(home.questions.similar(1))
    with servers.product(home.path, call, workers=workers, VITRINE_REDIS_URL=url) as server:
        Load(min(seconds, 5.0), CONNECTIONS).on(server.port, messages)
        shares = [process.memory_full_info().pss / 1e6 for process in usage.tree(server.pid)]
        return server.started_in, sorted(shares, reverse=True)


def _import_seconds() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "from api.workers import loaded; loaded()"], check=True)
    return time.perf_counter() - began
