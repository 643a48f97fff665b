"""Small published models for tests."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from recommender.artifact import FORMAT_VERSION, Artifact, ArtifactStore, Manifest
from recommender.errors import NewerFormatError
from recommender.models.customers import CustomerModel
from recommender.models.gates import Gates
from recommender.models.histories import HistoryModel
from recommender.models.identifiers import KeyTable
from recommender.models.models import Models
from recommender.models.popularity import PopularityModel
from recommender.strategy import State, Status, Strategy
from recommender.vocabulary import Vocabulary

DATA_END = datetime(2025, 6, 1, tzinfo=UTC)


def people(*keys: str) -> dict[str, Any]:
    """Models in which each of these persons viewed the first item and bought it once."""
    size = len(keys)
    one, ends = np.ones(size, np.int32), np.arange(size + 1, dtype=np.int64)
    rows, times, floats = np.zeros(size, np.int32), np.full(size, 1_748_000_000, np.int64), one.astype(np.float32)
    table = KeyTable.build(keys, np.arange(size, dtype=np.int32))
    history = (ends, rows, one.astype(np.uint8), times, floats)
    known = {"orders": one, "spend": np.arange(size) + 10.0, "first": times, "last": times}
    return {
        "histories": HistoryModel(table, *history, ends, rows, one, times, times, floats),
        "customers": CustomerModel.fit(keys, known),
    }


def add(
    store: ArtifactStore, *ids: str, gates: Gates | None = None, format_version: int = FORMAT_VERSION, **models: Any
) -> Artifact:
    """An artifact, not published, in which earlier ids sell better."""
    scores = np.linspace(1.0, 0.1, len(ids), dtype=np.float32)
    counts = np.ones(len(ids), np.int32)
    popularity = PopularityModel(
        best_sellers=scores,
        trending=scores,
        momentum=np.zeros(len(ids), np.float32),
        added_day=np.full(len(ids), np.nan, np.float32),
        purchases=counts,
        views=counts,
    )
    ready = Status(State.READY, "enough orders")
    status = dict.fromkeys(Strategy, ready)
    fitted = Models(Vocabulary(list(ids)), popularity, DATA_END, status, gates=gates, **models)
    manifest = Manifest(
        format_version=format_version,
        shop="shop",
        data_start=None,
        data_end=DATA_END,
        fingerprint=" ".join(ids),
        configuration={},
        metrics={"recall@20": 0.25},
        counts={"items": len(ids)},
        strategies={},
    )
    return store.add(fitted, manifest)


def publish(store: ArtifactStore, *ids: str, gates: Gates | None = None, **models: Any) -> str:
    """A published artifact; returns its version."""
    version = add(store, *ids, gates=gates, **models).version
    store.publish(version)
    return version


def add_newer(store: ArtifactStore, *ids: str) -> str:
    """An artifact of a format that only a newer Vitrine reads, not published; returns its version."""
    before = set(store.versions())
    with pytest.raises(NewerFormatError):
        add(store, *ids, format_version=FORMAT_VERSION + 1)
    [version] = set(store.versions()) - before
    return version


def publish_newer(store: ArtifactStore, *ids: str) -> str:
    """The same, published."""
    version = add_newer(store, *ids)
    assert store._switch(store.history(), [*store.history(), version])
    return version
