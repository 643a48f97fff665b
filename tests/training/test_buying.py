"""Who made which order."""

from datetime import timedelta
from typing import Any

import polars as pl

from recommender.events.event import Event
from tests.conftest import NOW
from tests.recommender.events.samples import event, rows
from training.buying import ORDER, PERSON, orderers


def order(order_id: str, **who: str | None) -> Event:
    sold: dict[str, Any] = {"event": "purchase", "order_id": order_id, "value": 5, "currency": "EUR"}
    return event(order_id, **sold, timestamp=NOW.isoformat(), **who)


def test_a_default_customer_id_makes_no_person() -> None:
    """Its 400 browsers only look; what is ordered under it is each browser's own, or nobody's."""
    looks = [
        event(
            f"look{number}",
            visitor_id=f"b{number}",
            customer_id="guest",
            timestamp=(NOW - timedelta(days=1 + number // 10)).isoformat(),
        )
        for number in range(400)
    ]
    bought = [
        order("nobody's", visitor_id=None, customer_id="guest"),
        order("nobody's again", visitor_id=None, customer_id="guest"),
        order("a browser's", visitor_id="b7", customer_id="guest"),
        order("without an account", visitor_id="b8", customer_id=None),
        order("ann's", visitor_id="b9", customer_id="ann"),
    ]
    log = pl.from_arrow(rows(*looks, *bought))
    assert isinstance(log, pl.DataFrame)
    assert dict(orderers(log.lazy()).select(ORDER, PERSON).iter_rows()) == {
        "a browser's": "visitor:b7", "without an account": "visitor:b8", "ann's": "customer:ann",
    }  # fmt: skip
