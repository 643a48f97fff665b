"""What one shop costs: memory, files, processor time of its service; what its training used."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path

from recommender.artifact import ArtifactStore
from recommender.events import files
from recommender.workspace import ShopFolder, Workspace
from tests.benchmarks.shop import NAME
from tests.benchmarks.speed import servers, usage
from tests.benchmarks.speed.bench import Home
from tests.benchmarks.speed.servers import Server
from tests.benchmarks.synthetic.home import TRAINING

OF_EVENTS = ("histories", "customers", "sessions/index")
PORTION = 100
"""Calls whose processor time is taken together; the first ones warm the service."""


@dataclass(frozen=True)
class Weight:
    """One shop; bytes and seconds."""

    items: int
    events: int
    memory: float
    """Of a worker that serves it, mapped files left out."""
    files: float
    """Of its model in service, and its catalogue's table."""
    of_events: float
    """Those of them that grow with the log: what everybody did, and sessions."""
    log_event: float
    page: float
    event: float
    training: float | None
    """Most memory of its training; None where nobody measured it."""
    training_seconds: float | None


def weighed(home: Home, calls: int) -> Weight:
    """Serve a shop, and ask for so many pages."""
    folder = Workspace(home.path).shop(NAME)
    questions = home.questions
    with servers.product(home.path, next(questions.similar(1))) as server:
        page = worked(server, questions.pages(PORTION + calls))
        memory = usage.anonymous(server.pid)
        event = worked(server, questions.batches(PORTION + calls)) / 10
    log = [*files.log_files(folder.log)]
    used = home.card.get("used", {}).get(TRAINING)
    return Weight(
        items=home.size.items,
        events=home.size.events,
        memory=memory,
        files=served(folder),
        of_events=served(folder, *OF_EVENTS),
        log_event=sum(path.stat().st_size for path in log) / sum(map(files.rows, log)),
        page=page,
        event=event,
        training=used and used["peak_mb"] * 1e6,
        training_seconds=used and used["cpu_seconds"],
    )


def worked(server: Server, messages: Iterable[bytes]) -> float:
    """Processor time of an answer, calls coming one after the other: of the best portion, since others only add."""
    rest, found = iter(messages), list[float]()
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        while portion := [*islice(rest, PORTION)]:
            before = usage.worked_seconds(server.pid)
            for call in portion:
                servers.send(connection, call)
            found.append((usage.worked_seconds(server.pid) - before) / len(portion))
    return min(found[1:])


def served(folder: ShopFolder, *models: str) -> float:
    """Bytes of the files that a process maps, or only of some models."""
    version = ArtifactStore(folder.artifacts).current()
    assert version is not None
    places = [folder.artifacts / version / model for model in models] or [folder.artifacts / version]
    return sum(map(_bytes, places if models else [*places, folder.shelf / version]))


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
