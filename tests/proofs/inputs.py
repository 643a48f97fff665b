"""Whatever is sent or imported is taken or refused in words: nothing fails, nothing undocumented comes back."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from api.logs import configure
from tests import services
from tests.proofs import calls, guided, parsers
from tests.proofs.tried import NOT_TRIED, Tried

MADE_UP: Final = 100
SPOILT: Final = 200
"""Requests to each call: of Schemathesis, and of ours."""
WHOLE: Final = "0 failures, 0 answers that are not documented"
GUIDED: Final = "the same, guided by coverage, by atheris"
FAILURES: Final = "0 failures"
DOCUMENTS: Final = 3_000
RUNS: Final = {True: 1_000, False: 20_000}
"""Of a parser that opens files, and of one that does not."""


def prove(seed: int) -> Iterator[str | Tried]:
    """All calls over both kinds of databases, then all parsers: by Hypothesis, and by atheris where there is one."""
    configure("error")  # one line for each request would bury what is told here
    with services.postgres_server() as server, services.redis_server() as redis_url:
        given = {"redis_url": redis_url, "database_url": services.new_database(server, "inputs")}
        yield _sent("Redis and PostgreSQL", called(MADE_UP, SPOILT, seed, trained=True, **given))
    yield _sent("embedded", called(MADE_UP, SPOILT, seed, trained=True))
    yield from _nearly_right(seed)
    if guided.available():
        yield from _guided(seed)
    else:
        yield Tried(GUIDED, NOT_TRIED, "atheris has no build for this Python or machine")


def _sent(where: str, found: str) -> Tried:
    return Tried(f"every call of OpenAPI, with each kind of key, spoilt or made up: {where}", found, WHOLE)


def _nearly_right(seed: int) -> Iterator[str | Tried]:
    total = 0
    for name, count, refused in parsers.tried(DOCUMENTS, seed):
        total += count
        yield f"{name}: {count:,} documents nearly right, {refused:,} refused whole, in words"
    what = "importers, events, tokens, cookies, configurations, segments and filters, by Hypothesis"
    yield Tried(what, f"{total:,} documents to {len(parsers.parsers())} parsers", FAILURES)


def _guided(seed: int) -> Iterator[str | Tried]:
    wanted = {name: RUNS[one.slow] for name, one in parsers.parsers().items()}
    for name, runs, begun, covered in guided.tried(wanted, seed):
        yield f"{name}: {runs:,} runs of atheris, branches reached: {begun} at first, {covered} at last"
    yield Tried(GUIDED, f"{sum(wanted.values()):,} runs of {len(wanted)}", FAILURES)


def called(made_up: int, spoilt: int, seed: int, **settings: Any) -> str:
    """Send so many requests of each kind to each call; says what came back."""
    with tempfile.TemporaryDirectory() as folder, calls.serving(Path(folder), **settings) as service:
        every_call(service, made_up, spoilt, seed)
        return service.told()


def every_call(service: calls.Service, made_up: int, spoilt: int, seed: int) -> None:
    """Send each call its documented example, and then so many requests of each kind.

    Raises:
        FailureGroup: as :meth:`calls.Service.send` does.
        AssertionError: an example was not taken, so that nothing behind it was tried.
    """
    for operation in service.operations.values():
        calls.intact(service, operation)  # first: what follows uses codes up and deletes items
        calls.made_up(service, operation, made_up, seed)
        calls.spoilt(service, operation, spoilt, seed)
    assert service.taken == service.takes, f"not taken, or against expectation: {service.taken ^ service.takes}"
