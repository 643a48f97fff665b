"""A small shop's people: customers of every kind, browsers of some, and visitors who never ordered."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np

from recommender.artifact import Artifact, ArtifactStore, Manifest
from recommender.lifecycle.rfm import GROUPS
from recommender.models.customers import CustomerModel
from recommender.models.histories import HistoryModel
from recommender.models.identifiers import KeyTable
from recommender.models.models import Models

NOW = datetime(2026, 3, 1, tzinfo=UTC)
END = NOW.timestamp()
DAY = 86_400


def histories(*keys: str) -> HistoryModel:
    """People of whom nothing is known but that they were here."""
    nothing = {
        name: np.zeros(len(keys) + 1 if name.endswith("ends") else 0, np.int64)
        for name in HistoryModel.__dataclass_fields__
        if name != "people"
    }
    return HistoryModel(KeyTable.build(keys, np.arange(len(keys), dtype=np.int32)), **nothing)


@cache
def models() -> Models:
    """Forty customers of every kind, browsers of some, and visitors who never ordered."""
    chance = np.random.default_rng(7)
    count = 40
    unknown = chance.random(count) < 0.3
    columns: dict[str, Any] = {
        "orders": chance.integers(1, 6, count),
        "spend": np.round(chance.random(count) * 500, 2),
        "first": END - chance.integers(50, 90, count) * DAY,
        "last": END - chance.integers(-1, 50, count) * DAY,
        "average_order_value": chance.random(count) * 100,
        "average_days_between_orders": np.where(unknown, np.nan, chance.random(count) * 30),
        "historic_clv": chance.random(count) * 100,
        "predicted_clv": np.where(unknown, np.nan, chance.random(count) * 100),
        "total_clv": np.where(unknown, np.nan, chance.random(count) * 200),
        "predicted_number_of_orders": np.where(unknown, np.nan, chance.random(count) * 5),
        "churn_probability": np.where(unknown, np.nan, chance.random(count)),
        "expected_date_of_next_order": np.where(unknown, np.nan, END + chance.integers(-3, 90, count) * DAY),
    }
    for name, most in (("recency", 5), ("frequency", 5), ("monetary", 5), ("rfm_group", len(GROUPS))):
        columns[name] = np.where(chance.random(count) < 0.2, 0, chance.integers(1, most + 1, count))
    people = [f"customer:c{number}" if number < 30 else f"visitor:v{number}" for number in range(count)]
    owned = {f"visitor:hers{number}": number for number in range(0, 30, 3)}
    known = histories(*people[::2], *[*owned][:5], *(f"visitor:looker{number}" for number in range(20)))
    customers = CustomerModel.fit(people, columns, browsers=owned)
    return replace(Models.empty(NOW), customers=customers, histories=known)


def add(store: ArtifactStore, models: Models) -> Artifact:
    """An artifact of these models, not published."""
    manifest = Manifest(
        shop="shop", data_start=None, data_end=models.data_end, fingerprint="f", configuration={}, metrics={},
        counts={}, strategies={},
    )  # fmt: skip
    return store.add(models, manifest)


def publish(store: ArtifactStore, models: Models) -> str:
    """A published artifact of these models; returns its version."""
    version = add(store, models).version
    store.publish(version)
    return version
