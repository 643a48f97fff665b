"""One read tells what of any shop has changed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event

from recommender.catalog.item import Item
from recommender.experiments.learned import Epoch
from recommender.records import Records
from tests.conftest import NOW

LATER = NOW + timedelta(hours=1)
CHANGES: list[tuple[str, Callable[[Records], object]]] = [
    ("catalog", lambda records: records.catalog.put("a", [Item(id="lamp", title="Lamp")], NOW)),
    ("configuration", lambda records: records.configurations.put("a", {"placements": []})),
    ("access", lambda records: records.shops.rotate("a", "public", LATER)),
    ("access", lambda records: records.shops.rotate("a", "secret", LATER, timedelta(hours=1))),
    ("access", lambda records: records.shops.set_origins("a", ["https://shop.example"])),
    ("weights", lambda records: records.weights.add("a", "x", Epoch(NOW, {"control": 1.0}))),
    ("erasures", lambda records: records.erasures.add("a", ["visitor:v"], NOW)),
    ("erasures", lambda records: records.erasures.rewritten("a", records.erasures.pending("a"), LATER)),
    ("erasures", lambda records: records.erasures.add("a", ["visitor:v"], LATER)),
]


def test_each_change_is_seen_where_it_is(records: Records) -> None:
    for name in "ab":
        records.shops.create(name, now=NOW)
    before = records.changes.look()
    for part, change in CHANGES:
        change(records)
        after = records.changes.look()
        changed = [name for name in before["a"]._fields if getattr(after["a"], name) != getattr(before["a"], name)]
        assert changed == [part]
        assert after["b"] == before["b"]
        assert records.changes.look("a") == {"a": after["a"]}
        before = after


@pytest.mark.parametrize("shops", [1, 5])
def test_it_takes_one_query_for_any_number_of_shops(records: Records, shops: int) -> None:
    for number in range(shops):
        records.shops.create(f"shop-{number}")
    asked: list[str] = []
    event.listen(records.database._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    assert len(records.changes.look()) == shops
    assert len([one for one in asked if one.startswith("SELECT")]) == 1


def test_all_shops_are_read_at_once(records: Records) -> None:
    for name in "ab":
        records.shops.create(name, ["https://shop.example"], now=NOW)
    assert records.shops.all() == [records.shops.get("a"), records.shops.get("b")]
