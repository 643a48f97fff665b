"""The proofs' audit finds what is missing or twice, and a few faults are met in real processes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path

import pytest
import redis

from recommender.records import Records, budgets
from recommender.workspace import ShopFolder
from tests.conftest import NOW
from tests.proofs.faults import audit
from tests.proofs.faults.installation import Installation, distributed, embedded
from tests.proofs.faults.relay import Relay
from tests.proofs.faults.rounds import drawn, played
from tests.proofs.faults.traffic import BACK, FLASH, Order, Told
from tests.proofs.killed import claim
from tests.proofs.tried import Tried, table
from tests.training.logs import event, write


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize(
    ("kind", "names"),
    [(embedded, ["API killed", "disk full"]), (distributed, ["PostgreSQL killed", "API killed"])],
)
def test_nothing_acknowledged_is_lost_or_given_twice(
    kind: Callable[[Path], AbstractContextManager[Installation]], names: list[str]
) -> None:
    *_, told = played(kind, 1, len(names), names)
    assert isinstance(told, Tried)
    assert told.lost.startswith("0 ")


@pytest.fixture
def told() -> Told:
    """Two events were sent, of which one was acknowledged."""
    return Told(sent={"1", "2"}, acknowledged={"1"})


@pytest.mark.parametrize(
    ("there", "complaint"),
    [
        ([], "1 acknowledged events are lost, such as 1"),
        (["1", "1"], "more than once"),
        (["1", "3"], "nobody sent 3"),
        (["1"], None),
        (["1", "2"], None),
    ],
)
def test_the_log_holds_each_acknowledged_event_once(
    shop: ShopFolder, told: Told, there: list[str], complaint: str | None
) -> None:
    for number, id_ in enumerate(there):
        write(shop, event("view_item", "a", ago=40 + number, event_id=id_))
    if complaint is None:
        audit.events(shop, told)
    else:
        with pytest.raises(AssertionError, match=complaint):
            audit.events(shop, told)


@pytest.fixture
def given(records: Records) -> tuple[Records, str]:
    """A shop in which the visitor `v` was given a code of `flash`, worth ten euros at most."""
    records.shops.create("shop")
    records.pool.upload("shop", FLASH, ["CODE"])
    code = records.popups.decide("shop", claim(), NOW).code
    assert code is not None
    return records, code


def test_a_code_that_was_shown_is_there_and_its_own(given: tuple[Records, str]) -> None:
    records, code = given
    audit.coupons(records, Told(orders=[Order("v", FLASH, code=code)]), NOW)
    with pytest.raises(AssertionError, match="v was shown GONE, which nobody gave"):
        audit.coupons(records, Told(orders=[Order("v", FLASH, code="GONE")]), NOW)
    with pytest.raises(AssertionError, match=f"{code} was given to somebody else"):
        audit.coupons(records, Told(orders=[Order("w", FLASH, code=code)]), NOW)


def test_an_order_that_was_acknowledged_is_written_down(given: tuple[Records, str]) -> None:
    records, code = given
    order = Order("v", FLASH, code=code, redeemed={"redeemed": True})
    with pytest.raises(AssertionError, match=f"{code} was redeemed, and is given"):
        audit.coupons(records, Told(orders=[order]), NOW)


def test_the_budget_counts_what_was_given(given: tuple[Records, str]) -> None:
    records, _ = given
    with records.database.write() as connection:
        budgets.take(connection, "shop", FLASH, "EUR", None, Decimal(-3))
    with pytest.raises(AssertionError, match=r"the budget counts 7\.00, and 1000 coins were given"):
        audit.coupons(records, Told(), NOW)


def test_a_ledger_holds_what_orders_came_to(records: Records) -> None:
    records.shops.create("shop")
    with pytest.raises(AssertionError, match="v has 0 coins"):
        audit.ledgers(records, Told(orders=[Order("v", BACK, code="c", redeemed={"redeemed": True})]))


def test_every_fault_has_its_turn() -> None:
    found = drawn(["a", "b", "c"], 1, 30)
    assert sorted(found) == sorted(["a", "b", "c"] * 10)
    assert found == drawn(["a", "b", "c"], 1, 30) != drawn(["a", "b", "c"], 2, 30)


def test_a_way_to_a_server_can_be_cut_and_mended(redis_url: str) -> None:
    relay = Relay(redis_url)
    with redis.Redis.from_url(relay.url, socket_timeout=0.2, retry=None) as client:
        assert client.ping()
        relay.break_off()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        relay.mend()
        assert client.ping()
        relay.silent.set()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        relay.mend()
        assert client.ping()
    relay.close()


def test_what_was_tried_makes_a_table() -> None:
    assert table([("faults --seed 1", Tried("killed", "200 times", "0 events"))]).splitlines()[2] == (
        "| killed | 200 times | 0 events | `faults --seed 1` |"
    )
