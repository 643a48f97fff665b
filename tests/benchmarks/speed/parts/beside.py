"""The service beside its controls, which return what it answered."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

import orjson

from tests.benchmarks.speed import calls, servers
from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.servers import Server

SAMPLES = 200
"""Answers that the controls return, one after the other."""
CONTROLS = ("typed", "bare")


@contextmanager
def controls(bench: Bench, answers: Sequence[bytes], call: bytes) -> Iterator[list[Server]]:
    """Servers that return these answers; they are there when they answer `call`."""
    path = calls.write(bench.scratch / "answers", answers)
    with ExitStack() as stack:
        yield [stack.enter_context(servers.control(name, path, call)) for name in CONTROLS]


def sampled(server: Server, messages: Path, status: int = 200) -> list[bytes]:
    """Answers to the last calls of a file, which no load begins with.

    Raises:
        RuntimeError: an answer has another status: speed would say nothing.
    """
    answers = []
    for message in islice(reversed(calls.read(messages)), SAMPLES):
        found, body = server.ask(message)
        if found != status:
            raise RuntimeError(f"{server.name} answers {found} instead of {status}: {body[:500].decode()}")
        answers.append(body)
    return answers


def about(answers: Sequence[bytes]) -> dict[str, Any]:
    """What the answers are like: their size, and what fills the showcases of pages."""
    facts: dict[str, Any] = {"bytes of an answer, mean": round(mean(len(answer) for answer in answers))}
    pages = [document for answer in answers if "showcases" in (document := orjson.loads(answer))]
    if pages:
        filled = [showcase for document in pages for showcase in document["showcases"] if showcase["items"]]
        strategies = Counter(showcase["strategy"] for showcase in filled)
        facts["showcases of a page, mean"] = len(filled) / len(pages)
        facts["filled by"] = ", ".join(f"{name} {count / len(pages):.2f}" for name, count in strategies.most_common())
        facts["popup decisions of a page, mean"] = mean(len(document["popups"]) for document in pages)
    return facts
