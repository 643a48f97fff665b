"""What Prometheus is told."""

import os
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
MOST_LABELS = 1024
"""Combinations of labels whose counters are remembered."""
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of prometheus_client: set by `serve` when several workers count together."""


class Metrics:
    """Counters of one process, or of all workers together when they share a folder."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "vitrine_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "vitrine_request_seconds", "Time to answer.", ["method", "route"], buckets=BUCKETS, registry=self.registry
        )
        self.failures = Counter("vitrine_failures", "Answers that broke.", ["error"], registry=self.registry)
        self.events = Counter("vitrine_events", "Events by what became of them.", ["outcome"], registry=self.registry)
        self.commits = Counter("vitrine_spool_commits", "Group commits of the spool.", registry=self.registry)
        self.answers = Counter(
            "vitrine_answer_cache", "Cached answers by outcome.", ["outcome"], registry=self.registry
        )
        self.showcases = Counter("vitrine_showcases", "Showcases filled.", ["strategy"], registry=self.registry)
        self.popups = Counter(
            "vitrine_popups",
            "Triggers by what they came to: shown, or the reason.",
            ["outcome"],
            registry=self.registry,
        )
        self.limited = Counter("vitrine_limited", "Calls refused by a limit.", ["limit"], registry=self.registry)
        self.degraded = Gauge(
            "vitrine_state_degraded",
            "1 while the shared state is away.",
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self.shed = Counter("vitrine_shed", "Calls turned away because there were too many.", registry=self.registry)
        self.less = Counter(
            "vitrine_degraded", "Answers made without the state or the records.", ["part"], registry=self.registry
        )
        self.dropped = Counter(
            "vitrine_events_dropped", "Decisions that could not be logged: the disk hung.", registry=self.registry
        )
        self.coupons = Counter(
            "vitrine_coupon_calls", "Coupon calls by what they came to.", ["call", "outcome"], registry=self.registry
        )
        self.spooled = Gauge(
            "vitrine_spool_oldest_seconds",
            "How long the oldest event waited in a spool when events were last moved.",
            ["shop"],
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )
        self.compacted = Gauge(
            "vitrine_compacted_timestamp_seconds",
            "When the spools were last moved into the log.",
            ["shop"],
            registry=self.registry,
            multiprocess_mode="max",
        )
        self.learned = Gauge(
            "vitrine_model_data_end_timestamp_seconds",
            "Until when the model in service knows the shop.",
            ["shop"],
            registry=self.registry,
            multiprocess_mode="livemin",
        )
        self.open = Gauge(
            "vitrine_circuit_open",
            "1 while a part is left alone because it failed.",
            ["part"],
            registry=self.registry,
            multiprocess_mode="livemax",
        )
        self.calls = Counter(
            "vitrine_circuit_calls",
            "Calls of a part that failed, and those that were left out meanwhile.",
            ["part", "outcome"],
            registry=self.registry,
        )
        self.models = Counter("vitrine_model_loads", "Artifacts opened.", ["outcome"], registry=self.registry)

        families = (
            self.requests,
            self.seconds,
            self.failures,
            self.events,
            self.answers,
            self.showcases,
            self.popups,
            self.limited,
            self.models,
        )
        for family in families:  # finding a counter takes longer than counting
            setattr(family, "labels", lru_cache(MOST_LABELS)(family.labels))  # noqa: B010 - to a method, mypy knows no assignment

    def circuit(self, part: str, what: str) -> None:
        """What a :class:`recommender.breaker.Breaker` tells."""
        if what in {"opened", "closed"}:
            self.open.labels(part).set(what == "opened")
        else:
            self.calls.labels(part, what).inc()

    def text(self) -> bytes:
        """Everything in Prometheus's text format."""
        if not os.environ.get(FOLDER):
            return generate_latest(self.registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
