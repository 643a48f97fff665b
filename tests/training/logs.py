"""Logs for the tests of training: written by hand, or of an invented shop."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from recommender.events.decoding import decode
from recommender.events.event import Event
from recommender.events.log import EventLog
from recommender.events.schema import SCHEMA
from recommender.workspace import ShopFolder
from tests.conftest import NOW
from tests.recommender.events import samples

GROUPS = 4
GROUP_SIZE = 6


def event(name: str, item: str | None = None, *, ago: float = 0.0, **fields: Any) -> dict[str, Any]:
    """An event `ago` days before now; of the visitor `v`, unless `fields` name somebody."""
    moment = (NOW - timedelta(days=ago)).isoformat()
    someone = {} if {"visitor_id", "customer_id"} & fields.keys() else {"visitor_id": "v"}
    items = {} if item is None else {"item_id": item}
    return {"event": name, "timestamp": moment} | someone | items | fields


def table(*events: dict[str, Any]) -> pa.Table:
    """The events as an import hands them over."""
    return samples.rows(*_numbered(events)) if events else SCHEMA.empty_table()


def scan(*events: dict[str, Any]) -> pl.LazyFrame:
    """The events as the log gives them back."""
    frame = pl.from_arrow(table(*events))
    assert isinstance(frame, pl.DataFrame)
    return frame.lazy()


def write(folder: ShopFolder, *events: dict[str, Any], now: datetime = NOW) -> None:
    """Add the events to the log of a shop."""
    EventLog(folder).import_batch([table(*events)], now=now)


def shop_events(*kinds: str, people: int = 60, days: int = 40, seed: int = 1) -> Iterator[dict[str, Any]]:
    """What happens in a shop whose people stick to one of a few groups of items.

    Args:
        kinds: names of the events that the shop tells of.
        people: visitors; every second one is a customer as well.
        days: length of the log.
        seed: of everything random.
    """
    draw = np.random.default_rng(seed)
    for person in range(people):
        group = person % GROUPS
        who = {"visitor_id": f"v{person}"} | ({"customer_id": f"c{person}"} if person % 2 else {})
        for visit, ago in enumerate(sorted(draw.uniform(0, days, size=4), reverse=True)):
            items = draw.choice(GROUP_SIZE, size=3, replace=False)
            for step, item in enumerate(items):
                for name in kinds:
                    order = {"order_id": f"o{person}-{visit}", "price": 5.0} if name == "purchase" else {}
                    moment = ago - (step + 0.5 * (name == "purchase")) * 60 / 86_400
                    yield event(name, f"{'abcd'[group]}{item}", ago=max(moment, 0.0), **who, **order)


def catalogue(**fields: Any) -> list[dict[str, Any]]:
    """The items of the invented shop."""
    names = ("Lamp", "Mug", "Scarf", "Puzzle")
    return [
        {"id": f"{'abcd'[group]}{item}", "title": f"{names[group]} number {item}", "price": "5.00"} | fields
        for group in range(GROUPS)
        for item in range(GROUP_SIZE)
    ]


def _numbered(events: tuple[dict[str, Any], ...]) -> Iterator[Event]:
    for number, document in enumerate(events):
        nobody = not any(document.get(name) for name in ("visitor_id", "customer_id"))
        yield decode({"event_id": f"e{number}"} | document, now=NOW, live=False, anonymous=nobody)[0]
