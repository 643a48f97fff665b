"""Whatever is sent or imported is taken or refused in words: nothing fails, nothing undocumented comes back."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from api.logs import configure
from tests import services
from tests.proofs import calls, guided, parsers

MADE_UP: Final = 100
SPOILT: Final = 200
"""Requests to each call: of Schemathesis, and of ours."""
DOCUMENTS: Final = 20_000
RUNS: Final = {True: 5_000, False: 100_000}
"""Of a parser that opens files, and of one that does not."""


def prove(seed: int) -> Iterator[str]:
    """All calls over both kinds of databases, then all parsers: by Hypothesis, and by atheris where there is one."""
    configure("error")  # one line for each request would bury what is told here
    with services.postgres_server() as server, services.redis_server() as redis_url:
        given = {"redis_url": redis_url, "database_url": services.new_database(server, "inputs")}
        yield f"Redis and PostgreSQL, seed {seed}: {called(MADE_UP, SPOILT, seed, trained=True, **given)}"
    yield f"embedded, seed {seed}: {called(MADE_UP, SPOILT, seed, trained=True)}"
    yield from parsers.tried(DOCUMENTS, seed)
    if guided.available():
        yield from guided.tried({name: RUNS[one.slow] for name, one in parsers.parsers().items()}, seed)
    else:
        yield "NOT TRIED by atheris: it is not installed, since this Python or machine has no build of it"


def called(made_up: int, spoilt: int, seed: int, **settings: Any) -> str:
    """Send so many requests of each kind to each call; says what came back."""
    with tempfile.TemporaryDirectory() as folder, calls.serving(Path(folder), **settings) as service:
        for operation in service.operations.values():
            calls.made_up(service, operation, made_up, seed)
            calls.spoilt(service, operation, spoilt, seed)
        return service.told()
