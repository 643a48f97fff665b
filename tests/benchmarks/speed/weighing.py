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

WARM = 100
"""Calls before processor time is counted."""


@dataclass(frozen=True)
class Weight:
    """One shop; bytes and seconds."""

    items: int
    events: int
    memory: float
    """Of a worker that serves it, mapped files left out."""
    files: float
    """Of its model in service, and its catalogue's table."""
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
        page = worked(server, questions.pages(WARM + calls))
        memory = usage.anonymous(server.pid)
        event = worked(server, questions.batches(WARM + calls)) / 10
    log = [*files.log_files(folder.log)]
    used = home.card.get("used", {}).get(TRAINING)
    return Weight(
        items=home.size.items,
        events=home.size.events,
        memory=memory,
        files=served(folder),
        log_event=sum(path.stat().st_size for path in log) / sum(map(files.rows, log)),
        page=page,
        event=event,
        training=used and used["peak_mb"] * 1e6,
        training_seconds=used and used["cpu_seconds"],
    )


def worked(server: Server, messages: Iterable[bytes]) -> float:
    """Processor time of an answer, calls coming one after the other."""
    rest = iter(messages)
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        for call in islice(rest, WARM):
            servers.send(connection, call)
        before, count = usage.worked_seconds(server.pid), 0
        for call in rest:
            servers.send(connection, call)
            count += 1
        return (usage.worked_seconds(server.pid) - before) / max(1, count)


def served(folder: ShopFolder) -> float:
    """Bytes of the files that a process maps."""
    version = ArtifactStore(folder.artifacts).current()
    assert version is not None
    return sum(_bytes(place / version) for place in (folder.artifacts, folder.shelf))


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
