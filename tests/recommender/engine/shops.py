"""A small shop whose log and catalogue fit on a page, and the models fitted on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from recommender.catalog.item import Item
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine.snapshot import Snapshot
from recommender.models.bought_together import BoughtTogetherConfig, fit_bought_together
from recommender.models.content import ContentConfig, ContentModel
from recommender.models.cooccurrence import Baskets
from recommender.models.factors import FactorConfig, FactorModel
from recommender.models.histories import HistoryConfig, HistoryModel, customer_key, visitor_key
from recommender.models.index import ExactIndex, Metric
from recommender.models.interactions import EVENT_CODES, Interactions
from recommender.models.models import Models
from recommender.models.nearest import NearestModel
from recommender.models.neighbours import NeighbourConfig, NeighbourModel
from recommender.models.popularity import PopularityConfig, PopularityModel
from recommender.vocabulary import Vocabulary

END = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)
NOW = END + timedelta(hours=6)
ADDED = datetime(2024, 1, 10, tzinfo=UTC)

CATALOGUE: dict[str, dict[str, Any]] = {
    "heart-white": {"title": "White Hanging Heart", "product_type": "Home > Decorations", "price": "3.00"},
    "heart-red": {"title": "Red Hanging Heart", "product_type": "Home > Decorations", "price": "3.50"},
    "heart-zinc": {"title": "Zinc Hanging Heart", "product_type": "Home > Decorations", "price": "2.50"},
    "star": {"title": "Hanging Star", "product_type": "Home > Decorations", "price": "2.00", "sale_price": "1.50"},
    "lantern": {"title": "Metal Lantern", "product_type": "Home > Lighting", "price": "9.00"},
    "candle": {"title": "Vanilla Candle", "product_type": "Home > Lighting", "price": "4.00"},
    "matches": {"title": "Long Matches", "product_type": "Home > Lighting", "price": "1.00"},
    "mug-s": {"title": "Owl Mug Small", "product_type": "Kitchen", "price": "5.00", "item_group_id": "mug"},
    "mug-l": {"title": "Owl Mug Large", "product_type": "Kitchen", "price": "6.00", "item_group_id": "mug"},
    "teapot": {"title": "Owl Teapot", "product_type": "Kitchen", "price": "15.00", "brand": "Owlery"},
    "tin": {"title": "Cake Tin", "product_type": "Kitchen", "price": "7.00", "sale_price": "3.50", "brand": "Bakers"},
    "apron": {"title": "Linen Apron", "product_type": "Kitchen", "price": "12.00", "brand": "Bakers"},
}
UNLISTED = "mystery"
"""Sold, but not in the catalogue."""


@dataclass(frozen=True)
class Change:
    """What a shop says of an item."""

    item_id: str
    revision: int
    item: Item | None
    added_at: datetime = ADDED


def change(item_id: str, revision: int = 1, added_at: datetime = ADDED, **fields: Any) -> Change:
    """An item that was put into the catalogue."""
    return Change(item_id, revision, Item.parse({"id": item_id, **fields}), added_at)


def deletion(item_id: str, revision: int) -> Change:
    """An item that was taken out of it."""
    return Change(item_id, revision, None)


def catalogue() -> list[Change]:
    """The shop's whole catalogue."""
    return [change(item_id, place, **fields) for place, (item_id, fields) in enumerate(CATALOGUE.items(), 1)]


Entry = tuple[str, str, str, float, str | None]
"""Person, event, item, age in days, order."""


def log() -> Iterable[Entry]:
    """Ten months in which hearts are looked at together, and candles bought with lanterns and matches."""
    for number in range(12):
        person, age = visitor_key(f"visitor-{number}"), 20.0 + 20 * number
        for item in ("heart-white", "heart-red", "heart-zinc"):
            yield person, "view_item", item, age, None
        yield person, "view_item", "star" if number % 2 else "teapot", age, None
    for number in range(10):
        person, age = customer_key(f"customer-{number}"), 3.0 + 25 * number
        for item in ("candle", "lantern", "matches"):
            yield person, "purchase", item, age, f"order-{number}"
        yield person, "purchase", "mug-s" if number % 2 else "mug-l", age, f"order-{number}"
    for number in range(15):
        yield (
            customer_key(f"baker-{number}"),
            "purchase",
            ("tin", "apron")[number % 2],
            50.0 + 15 * number,
            f"baking-{number}",
        )
    for number in range(6):
        yield customer_key(f"customer-{number}"), "purchase", "candle", 40.0 + 25 * number, f"again-{number}"
        yield visitor_key(f"visitor-{number}"), "view_item", "tin", 1.0, None
        yield visitor_key(f"visitor-{number}"), "view_item", UNLISTED, 2.0, None


def interactions(entries: Sequence[Entry], items: Vocabulary) -> Interactions:
    """The log as arrays; each person and day is a session."""
    ordered = sorted(entries, key=lambda entry: -entry[3])
    ages = np.array([age for *_, age, _ in ordered], np.float32)
    sessions = Vocabulary([*dict.fromkeys(f"{person} {age}" for person, _, _, age, _ in ordered)])
    orders = Vocabulary([*dict.fromkeys(order for *_, order in ordered if order)])
    people = Vocabulary([*dict.fromkeys(person for person, *_ in ordered)])
    size = len(ordered)
    return Interactions(
        items=items,
        people=people,
        item_rows=items.rows(item for _, _, item, _, _ in ordered),
        person_rows=people.rows(person for person, *_ in ordered),
        session_rows=sessions.rows(f"{person} {age}" for person, _, _, age, _ in ordered),
        order_rows=np.array([orders.row(order) if order else -1 for *_, order in ordered], np.int32),
        events=np.array([EVENT_CODES[event] for _, event, *_ in ordered], np.uint8),  # type: ignore[index]
        timestamps=(END.timestamp() - ages.astype(np.float64) * 86_400).astype(np.int64),
        ages_days=ages,
        weights=np.ones(size, np.float32),
        quantities=np.ones(size, np.float32),
        prices=np.full(size, np.nan, np.float32),
    )


@cache
def models() -> Models:
    """Everything fitted on the log."""
    entries = list(log())
    items = Vocabulary(sorted({*CATALOGUE, *(item for _, _, item, _, _ in entries)}))
    rows = interactions(entries, items)
    viewed, bought = rows.where(~rows.purchased), rows.where(rows.purchased)
    content = ContentModel.fit([CATALOGUE.get(item, {}) for item in items], ContentConfig(dimensions=8))
    factors = FactorModel.fit(
        rows.person_rows, rows.item_rows, rows.weights, items=len(items), config=FactorConfig(dimensions=4)
    )
    return Models(
        items=items,
        popularity=PopularityModel.fit(rows, np.full(len(items), np.nan, np.float32), PopularityConfig()),
        data_end=END,
        views=NeighbourModel.fit(_baskets(viewed, viewed.session_rows), NeighbourConfig()),
        purchases=NeighbourModel.fit(_baskets(bought, bought.person_rows), NeighbourConfig()),
        bought_together=fit_bought_together(
            _baskets(bought, bought.order_rows), BoughtTogetherConfig(min_likelihood_ratio=0)
        ),
        factors=factors,
        content=content,
        factor_index=ExactIndex.build(factors.vectors, Metric.COSINE),
        content_index=ExactIndex.build(content.vectors, Metric.COSINE),
        histories=HistoryModel.fit(rows, HistoryConfig()),
    )


@cache
def listed() -> Models:
    """The same models, with lists of the nearest items."""
    found = models()
    assert found.factors is not None
    assert found.factor_index is not None
    assert found.content is not None
    assert found.content_index is not None
    return replace(
        found,
        near_factors=NearestModel.fit(found.factors.vectors, found.factor_index),
        near_content=NearestModel.fit(found.content.vectors, found.content_index),
    )


def snapshot(*more: Change, configuration: Configuration | None = None) -> Snapshot:
    """The shop after further changes of its catalogue."""
    table = CatalogTable.build(models().items, catalogue()).apply(more)
    return Snapshot(models(), table, configuration or Configuration(), "20250615-00000000")


def changed(item_id: str, revision: int = 100, **fields: Any) -> Change:
    """An item of the catalogue with other values."""
    return change(item_id, revision, **{**CATALOGUE[item_id], **fields})


def _baskets(rows: Interactions, basket_rows: np.ndarray) -> Baskets:
    return Baskets.build(basket_rows, rows.item_rows, rows.timestamps, rows.weights, items=len(rows.items))
