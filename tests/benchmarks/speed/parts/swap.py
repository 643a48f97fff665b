"""A new model is published, again and again, while pages are asked for at a constant rate."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from recommender.artifact import ArtifactStore
from recommender.workspace import Workspace
from tests.benchmarks.shop import NAME
from tests.benchmarks.speed import servers
from tests.benchmarks.speed.bench import Bench, Home
from tests.benchmarks.speed.contest import WARM_SECONDS
from tests.benchmarks.speed.latencies import SHARES
from tests.benchmarks.speed.loads import Load, Taken, outcome
from tests.benchmarks.speed.section import Section
from tests.benchmarks.speed.servers import Server

CONNECTIONS = 16
SHARE = 0.4
"""Of what the service can answer at most: a queue that grows anyway would say nothing of swaps."""
QUIET_SECONDS = 1.0
"""Before the load's first swap, and after each swap."""
LONGEST_SWAP = 120.0


class Swap(NamedTuple):
    """When a model was asked to be published and when it answered; Unix time."""

    begun: float
    seen: float


def swap(bench: Bench) -> Section:
    """Publish two versions in turns; compare answers that were due during a swap with those before all of them."""
    home, effort = bench.usual(), bench.effort
    seconds = 2 * effort.seconds * effort.swaps
    messages = bench.calls("swap", home.questions.pages(int(seconds * effort.swap_rate)))
    versions = _versions(home)
    with servers.product(home.path, next(home.questions.pages(1, stream=1))) as server, ThreadPoolExecutor() as pool:
        most = Load(WARM_SECONDS, CONNECTIONS).on(server.port, messages).rate
        load = Load(seconds, CONNECTIONS, max(1, min(effort.swap_rate, round(SHARE * most))))
        loading = pool.submit(load.taken, server.port, messages)
        time.sleep(max(1.0, load.seconds / 4))
        swaps = [_publish(server, home, versions[(number + 1) % 2]) for number in range(effort.swaps)]
        taken = loading.result()
        _publish(server, home, versions[0])
    section = Section(f"Hot swap, {home.size.items:,} items, one worker, state in the process", load.describe())
    section.facts = _compared(taken, swaps, load.seconds)
    return section


def _versions(home: Home) -> tuple[str, str]:
    """The version in service, and one with the same models under another name."""
    store = ArtifactStore(Workspace(home.path).shop(NAME).artifacts)
    current = store.current()
    assert current is not None
    artifact = store.open(current)
    again = artifact.manifest.model_copy(update={"fingerprint": f"{artifact.manifest.fingerprint} again"})
    return current, store.add(artifact.models, again).version


def _publish(server: Server, home: Home, version: str) -> Swap:
    """Publish and wait until pages are answered from it.

    Raises:
        RuntimeError: it is refused, or does not come into service.
    """
    head = f"POST /v1/models/{version}/publish HTTP/1.1\r\nAuthorization: Bearer {home.secret_key}\r\n\r\n"
    begun = time.time()
    status, body = server.ask(head.encode())
    if status != 200:
        raise RuntimeError(f"publishing answers {status}: {body.decode()}")
    question = next(home.questions.similar(1))
    while time.time() < begun + LONGEST_SWAP:
        if orjson.loads(server.ask(question)[1])["model_version"] == version:
            seen = time.time()
            time.sleep(QUIET_SECONDS)
            return Swap(begun, seen)
        time.sleep(0.02)
    raise RuntimeError(f"{version} was published but does not answer after {LONGEST_SWAP:.0f} s")


def _compared(taken: Taken, swaps: list[Swap], seconds: float) -> dict[str, float | int | str]:
    """Times before the first swap and during swaps, each with the second after it."""
    due = taken.rows[:, 0] + taken.zero
    during: NDArray[np.bool_] = np.zeros(len(due), bool)
    for one in swaps:
        during |= (one.begun <= due) & (due <= one.seen + QUIET_SECONDS)
    before = outcome(taken.rows[due < swaps[0].begun], seconds)
    meanwhile = outcome(taken.rows[during], seconds)
    facts: dict[str, float | int | str] = {
        "swaps": len(swaps),
        "seconds of a swap": ", ".join(f"{one.seen - one.begun:.2f}" for one in swaps),
        "calls before, during": f"{before.answers:,}, {meanwhile.answers:,}",
        "failed calls": int((taken.rows[:, 3] != 200).sum()),
    }
    for name in SHARES:
        first, second = before.milliseconds[name], meanwhile.milliseconds[name]
        facts[f"{name} before, during, ms"] = f"{first:.2f}, {second:.2f} ({second / first:.2f} times)"
    return facts
