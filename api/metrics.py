"""What Prometheus is told."""

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from api.workers import FOLDER

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
MOST_LABELS = 1024
"""Combinations of labels whose counters are remembered."""

Together = Literal["livemax", "livemin", "livemostrecent", "livesum", "max"]


class Metrics:
    """Counters of one process, or of all workers together when they share a folder."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("vitrine_requests", "Requests answered.", "method", "route", "status")
        self.seconds = _remembered(
            Histogram(
                "vitrine_request_seconds", "Time to answer.", ["method", "route"],
                buckets=BUCKETS, registry=self.registry,
            )
        )  # fmt: skip
        self.failures = self._counter("vitrine_failures", "Answers that broke.", "error")
        self.events = self._counter("vitrine_events", "Events by what became of them.", "outcome")
        self.dropped = self._counter("vitrine_events_dropped", "Decisions that could not be logged: the disk hung.")
        self.commits = self._counter("vitrine_spool_commits", "Group commits of the spool.")
        self.answers = self._counter("vitrine_answer_cache", "Cached answers by outcome.", "outcome")
        self.showcases = self._counter("vitrine_showcases", "Showcases filled.", "strategy")
        self.popups = self._counter("vitrine_popups", "Triggers by what they came to: shown, or the reason.", "outcome")
        self.coupons = self._counter("vitrine_coupon_calls", "Coupon calls by what they came to.", "call", "outcome")
        self.limited = self._counter("vitrine_limited", "Calls refused by a limit.", "limit")
        self.shed = self._counter("vitrine_shed", "Calls turned away because there were too many.")
        self.less = self._counter("vitrine_degraded", "Answers made without the state or the records.", "part")
        self.calls = self._counter(
            "vitrine_circuit_calls", "Calls of a part that failed, and those that were left out meanwhile.",
            "part", "outcome",
        )  # fmt: skip
        self.models = self._counter("vitrine_model_loads", "Artifacts opened.", "outcome")
        self.shops = self._counter("vitrine_shops", "Shops by what a process did with them.", "outcome")
        self.shops_open = self._gauge("vitrine_shops_open", "Shops that are open, over all workers.", "livesum")
        self.open = self._gauge(
            "vitrine_circuit_open", "1 while a part is left alone because it failed.", "livemax", "part"
        )
        self.spooled = self._gauge(
            "vitrine_spool_oldest_seconds", "How long the oldest event waited in a spool when events were last moved.",
            "livemostrecent", "shop",
        )  # fmt: skip
        self.compacted = self._gauge(
            "vitrine_compacted_timestamp_seconds", "When the spools were last moved into the log.", "max", "shop"
        )
        self.learned = self._gauge(
            "vitrine_model_data_end_timestamp_seconds", "Until when the model in service knows the shop.",
            "livemin", "shop",
        )  # fmt: skip

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return _remembered(Counter(name, words, labels, registry=self.registry))

    def _gauge(self, name: str, words: str, together: Together, *labels: str) -> Gauge:
        """A value of each process; `together` says what all workers come to."""
        return Gauge(name, words, labels, registry=self.registry, multiprocess_mode=together)

    def circuit(self, part: str, what: str) -> None:
        """What a :class:`recommender.breaker.Breaker` tells."""
        if what in {"opened", "closed"}:
            self.open.labels(part).set(what == "opened")
        else:
            self.calls.labels(part, what).inc()

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        folder = os.environ.get(FOLDER)
        if not folder:
            return generate_latest(self.registry)
        _forget_dead(Path(folder))
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def _forget_dead(folder: Path) -> None:
    """Let gauges of workers go that are no more: who is killed cannot do it, and the supervisor does not."""
    for file in folder.glob("gauge_live*.db"):
        worker = int(file.stem.rpartition("_")[2])
        if not _lives(worker):
            with suppress(FileNotFoundError):  # another worker does the same
                mark_process_dead(worker, str(folder))  # type: ignore[no-untyped-call]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


Family = TypeVar("Family", Counter, Histogram)


def _remembered(family: Family) -> Family:
    """The same, whose counters by label are remembered: finding one takes longer than counting."""
    setattr(family, "labels", lru_cache(MOST_LABELS)(family.labels))  # noqa: B010 - to a method, mypy knows no assignment
    return family
