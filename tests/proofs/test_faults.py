"""The proofs' audit finds what is missing or twice, and a few faults are met in real processes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path

import pytest
import redis
from sqlalchemy import insert

from recommender.artifact import ArtifactStore
from recommender.records import Records, budgets
from recommender.records.tables import CASHBACK
from recommender.workspace import ShopFolder
from tests.api.artifacts import publish
from tests.conftest import NOW
from tests.proofs.faults import audit
from tests.proofs.faults.installation import Installation, distributed, embedded, replicated
from tests.proofs.faults.relay import Relay
from tests.proofs.faults.rounds import drawn, played
from tests.proofs.faults.traffic import BACK, FLASH, Order, Told
from tests.proofs.killed import claim
from tests.proofs.tried import NOT_TRIED, Tried, table
from tests.training.logs import event, write

THINKS = 0.05
"""Seconds between calls of a shopper: enough of them are under way whenever something breaks."""


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
    lines = [*played(kind, 1, len(names), names, THINKS)]  # raises where something is lost
    if missed := [line for line in lines if line.often == NOT_TRIED]:
        pytest.skip(str(missed[0]))


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.s3
def test_replicas_that_share_no_disk_lose_nothing() -> None:
    assert [*played(replicated, 1, 2, ["API killed", "store killed"], THINKS)]


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


def test_a_file_of_the_log_that_is_cut_off_is_noticed(shop: ShopFolder) -> None:
    write(shop, event("view_item", "a", ago=40))
    audit.parquet(shop)
    (path,) = shop.log.glob("*/*.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(AssertionError, match=f"{path.name} cannot be read"):
        audit.parquet(shop)


def test_the_model_in_service_must_be_there_and_whole(shop: ShopFolder) -> None:
    audit.artifact(shop, trained=False)
    with pytest.raises(AssertionError, match="in service is None"):
        audit.artifact(shop, trained=True)
    version = publish(ArtifactStore(shop.artifacts), "cup")
    audit.artifact(shop, trained=True)
    file = shop.artifacts / version / "models.json"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(AssertionError, match=r"models\.json"):
        audit.artifact(shop, trained=True)


def test_an_order_that_nobody_heard_of_is_credited_once_at_most(records: Records) -> None:
    records.shops.create("shop")
    for number in range(2):
        with records.database.write() as connection:
            row = {"shop": "shop", "owner_kind": "customer", "owner": "c-v", "currency": "EUR", "number": number,
                   "kind": "credit", "amount": audit.CASHBACK_COINS, "at": NOW}  # fmt: skip
            connection.execute(insert(CASHBACK).values(row))
        if number == 0:
            audit.ledgers(records, Told(orders=[Order("v", BACK, code="c")]))
    with pytest.raises(AssertionError, match="v has 1200 coins"):
        audit.ledgers(records, Told(orders=[Order("v", BACK, code="c")]))
