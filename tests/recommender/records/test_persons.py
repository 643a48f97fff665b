"""What popups and codes leave behind goes after its time, a few rows at once."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from recommender.records import Records
from recommender.records.tables import COUPON_CALLS, COUPONS, ERASURES, POPUPS, PRICES
from tests.conftest import NOW

OLD, NEW = NOW - timedelta(days=100), NOW
BEFORE = NOW - timedelta(days=50)


@pytest.fixture
def filled(records: Records) -> Records:
    """Shops with five old rows and a new one of everything that is dropped some day."""
    coupon = {"kind": "pool", "code": "A", "code_key": "A", "campaign_id": "c", "timed": True}
    for shop in ("gifts", "other"):
        records.shops.create(shop, [], NOW)
        with records.database.write() as connection:
            for number, at in enumerate([OLD] * 5 + [NEW]):
                key = f"{shop}{number}"
                one = {"campaign_id": "c", "visitor_id": "v", "shown": True, "banner": False, "decided_at": at}
                connection.execute(insert(POPUPS).values(shop=shop, arm_id=key, **one))
                for state in ("lapsed", "redeemed"):
                    row = {"visitor_id": "v", "state": state, "given_at": at, "unique_key": f"{key}{state}"}
                    connection.execute(insert(COUPONS).values(shop=shop, **coupon, **row))
                connection.execute(insert(COUPON_CALLS).values(shop=shop, key=key, asked="", answer="", at=at))
                connection.execute(insert(PRICES).values(shop=shop, item_id=key, until=at, price="1"))
                tombstone = {"digest": key, "erased_at": at, "rewritten_at": at}
                connection.execute(insert(ERASURES).values(shop=shop, **tombstone))
    return records


def left(records: Records, shop: str) -> list[int]:
    with records.database.read() as connection:
        tables = (POPUPS, COUPONS, COUPON_CALLS, PRICES, ERASURES)
        return [len(connection.execute(select(one).where(one.c.shop == shop)).all()) for one in tables]


def test_rows_go_in_portions_and_those_of_other_shops_stay(filled: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """No transaction touches more than two rows; redeemed codes stay, as nobody's."""
    monkeypatch.setattr("recommender.records.persons.PORTION", 2)
    touched = [0]

    def count(_: Any, cursor: Any, statement: str, *__: Any) -> None:
        touched[-1] += cursor.rowcount if statement.startswith(("DELETE", "UPDATE")) else 0

    event.listen(filled.database._engine, "after_cursor_execute", count)
    event.listen(filled.database._engine, "commit", lambda _: touched.append(0))
    assert filled.persons.drop("gifts", BEFORE, BEFORE) == 25
    assert (max(touched), sum(touched)) == (2, 30)
    assert left(filled, "gifts") == [1, 7, 1, 1, 1]
    assert left(filled, "other") == [6, 12, 6, 6, 6]
    known = select(COUPONS.c.given_at).where(COUPONS.c.shop == "gifts", COUPONS.c.visitor_id.is_not(None))
    with filled.database.read() as connection:
        assert connection.scalars(known).all() == [NEW, NEW]
    assert filled.persons.drop("gifts", BEFORE, BEFORE) == 0
