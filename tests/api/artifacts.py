"""Small published models for tests."""

from datetime import UTC, datetime

import numpy as np

from recommender.artifact import Artifact, ArtifactStore, Manifest
from recommender.models.gates import Gates
from recommender.models.models import Models
from recommender.models.popularity import PopularityModel
from recommender.strategy import State, Status, Strategy
from recommender.vocabulary import Vocabulary

DATA_END = datetime(2025, 6, 1, tzinfo=UTC)


def add(store: ArtifactStore, *ids: str, gates: Gates | None = None) -> Artifact:
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
    models = Models(Vocabulary(list(ids)), popularity, DATA_END, dict.fromkeys(Strategy, ready), gates=gates)
    manifest = Manifest(
        shop="shop",
        data_start=None,
        data_end=DATA_END,
        fingerprint=" ".join(ids),
        configuration={},
        metrics={"recall@20": 0.25},
        counts={"items": len(ids)},
        strategies={},
    )
    return store.add(models, manifest)


def publish(store: ArtifactStore, *ids: str, gates: Gates | None = None) -> str:
    """A published artifact; returns its version."""
    version = add(store, *ids, gates=gates).version
    store.publish(version)
    return version
