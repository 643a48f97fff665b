"""What every state store promises."""

from typing import ClassVar

import pytest

from api.state.people import MOST_ROWS, Person, Row, Versions
from api.state.store import StateStore

VISITOR = Person.visitor("v:1")
CUSTOMER = Person.customer("c")


def row(second: float, item_id: str = "cup", event_id: str | None = None) -> Row:
    return Row(second, event_id or f"e{second}", 0, item_id, "view_item", 1.0)


class StateContract:
    """Inherited by the suites of memory and Redis, which provide `store`."""

    pytestmark: ClassVar = [pytest.mark.anyio]

    @pytest.fixture
    def store(self) -> StateStore:
        raise NotImplementedError

    async def test_nobody_has_nothing(self, store: StateStore) -> None:
        reading = await store.read("shop", [VISITOR])
        assert (list(reading.rows.get(VISITOR, ())), dict(reading.links.get(VISITOR, {}))) == ([], {})
        assert reading.versions == Versions()

    async def test_rows_come_back_oldest_first(self, store: StateStore) -> None:
        await store.append("shop", {VISITOR: [row(3), row(1)]})
        await store.append("shop", {VISITOR: [row(2)]})
        reading = await store.read("shop", [VISITOR])
        assert list(reading.rows[VISITOR]) == [row(1), row(2), row(3)]

    async def test_an_event_told_twice_is_kept_once_at_its_first_time(self, store: StateStore) -> None:
        await store.append("shop", {VISITOR: [row(1, event_id="e")]})
        await store.append("shop", {VISITOR: [row(2, event_id="e")]})
        assert list((await store.read("shop", [VISITOR])).rows[VISITOR]) == [row(1, event_id="e")]

    async def test_an_order_that_was_claimed_and_vouched_for_is_two_rows(self, store: StateStore) -> None:
        claimed = Row(1.0, "e", 0, "cup", "purchase", 2.0)
        paid = claimed._replace(paid=9.5)
        for told in (paid, claimed, paid):
            await store.append("shop", {VISITOR: [told]})
        assert {*(await store.read("shop", [VISITOR])).rows[VISITOR]} == {claimed, paid}
        assert len((await store.read("shop", [VISITOR])).rows[VISITOR]) == 2

    async def test_a_look_keeps_the_price_that_was_asked(self, store: StateStore) -> None:
        seen = row(1)._replace(price=9.5)
        for told in (seen, seen, row(2)):
            await store.append("shop", {VISITOR: [told]})
        assert list((await store.read("shop", [VISITOR])).rows[VISITOR]) == [seen, row(2)]

    async def test_the_newest_rows_stay(self, store: StateStore) -> None:
        await store.append("shop", {VISITOR: [row(second) for second in range(MOST_ROWS + 10)]})
        rows = (await store.read("shop", [VISITOR])).rows[VISITOR]
        assert (len(rows), rows[0].timestamp) == (MOST_ROWS, 10)

    async def test_people_and_shops_are_apart(self, store: StateStore) -> None:
        await store.append("shop", {VISITOR: [row(1)], CUSTOMER: [row(2)]})
        there = await store.read("shop", [VISITOR, CUSTOMER])
        assert (list(there.rows[VISITOR]), list(there.rows[CUSTOMER])) == ([row(1)], [row(2)])
        assert not (await store.read("other", [VISITOR])).rows.get(VISITOR)
        assert not (await store.read("shop", [Person.customer(VISITOR.id)])).rows.get(Person.customer(VISITOR.id))

    async def test_a_login_links_both_ways(self, store: StateStore) -> None:
        await store.link("shop", VISITOR.id, CUSTOMER.id, 5.0)
        reading = await store.read("shop", [VISITOR, CUSTOMER])
        assert (dict(reading.links[VISITOR]), dict(reading.links[CUSTOMER])) == ({"c": 5.0}, {"v:1": 5.0})

    async def test_versions_are_announced_one_by_one(self, store: StateStore) -> None:
        await store.announce("shop", Versions(catalog=3))
        await store.announce("shop", Versions(model="20250601-aa", configuration=1))
        await store.announce("shop", Versions(catalog=4))
        assert (await store.read("shop", [])).versions == Versions(4, 1, "20250601-aa")

    async def test_erasing_takes_rows_and_links(self, store: StateStore) -> None:
        await store.append("shop", {VISITOR: [row(1)], CUSTOMER: [row(2)]})
        await store.link("shop", VISITOR.id, CUSTOMER.id, 5.0)
        await store.erase("shop", VISITOR)
        reading = await store.read("shop", [VISITOR, CUSTOMER])
        assert not reading.rows.get(VISITOR)
        assert not reading.links.get(VISITOR)
        assert (list(reading.rows[CUSTOMER]), dict(reading.links[CUSTOMER])) == ([row(2)], {})

    async def test_only_the_first_user_fills_a_shop(self, store: StateStore) -> None:
        assert [*await store.first_use(["shop"])] == ["shop"]
        assert [*await store.first_use(["shop", "other"])] == ["other"]
        assert [*await store.first_use(["shop", "other"])] == []

    async def test_it_answers_a_ping(self, store: StateStore) -> None:
        await store.ping()
