"""What must hold after every fault: nothing acknowledged is lost, nothing is there or was given twice."""

import time
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import select

from recommender.artifact import artifacts
from recommender.collecting import collect
from recommender.errors import ArtifactError, ConflictError, StoreError
from recommender.events import files, schema
from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.events.shipping import ship
from recommender.events.spooled import positions
from recommender.events.stored import bring_up
from recommender.records import Records
from recommender.records.tables import CASHBACK, COUPONS, POPUPS
from recommender.workspace import ShopFolder
from tests.proofs.faults.installation import SHOP, Installation
from tests.proofs.faults.traffic import BACK, BUDGET, FEW, FLASH, POOL, Order, Told

WAIT_SECONDS = 30
CASHBACK_COINS = 600
"""Of an order: a tenth of what everybody buys."""


def audit(installation: Installation, told: Told) -> None:
    """Look at everything; the first thing that does not hold raises."""
    _statuses(told)
    if installation.store is None:  # else no host has all of them
        events(installation.folder, told)
    records = installation.records()
    try:
        compacted(installation, records)
        events(installation.folder, told)
        coupons(records, told, datetime.now(UTC))
        ledgers(records, told)
    finally:
        records.close()
    artifact(installation.folder, trained=installation.training_seconds > 0)


def _statuses(told: Told) -> None:
    for kind, found in told.statuses.items():
        strange = {status: count for status, count in found.items() if status not in (200, 202, 503)}
        assert not strange, f"{kind} was answered with {strange}"


def events(folder: ShopFolder, told: Told) -> None:
    """Each acknowledged event is in the log once; one that nobody acknowledged at most once."""
    log = EventLog(folder)
    with log.reading():
        rows = log.scan().filter(pl.col(schema.EVENT) == "view_item").select(schema.EVENT_ID).collect()
    found = Counter(rows[schema.EVENT_ID].to_list())
    lost = told.acknowledged - found.keys()
    assert not lost, f"{len(lost)} acknowledged events are lost, such as {min(lost)}"
    twice = {id_: count for id_, count in found.items() if count > 1}
    assert not twice, f"events are there more than once: {dict([*twice.items()][:3])}"
    invented = found.keys() - told.sent
    assert not invented, f"nobody sent {min(invented)}"


def compacted(installation: Installation, records: Records) -> None:
    """Everything moves into Parquet, and every file of it can be read."""
    end = time.monotonic() + WAIT_SECONDS
    while not _moved(installation, records):
        assert time.monotonic() < end, "the compactor is busy, or the store is away, for ever"
        time.sleep(0.05)
    parquet(installation.folder)


def _moved(installation: Installation, records: Records) -> bool:
    """Whether all that waits in any home is in the log by now, as the first one has it."""
    if installation.store is None:
        return not compact(installation.folder, leases=records.leases).busy
    now = datetime.now(UTC)
    try:
        shipped = [ship(folder) for folder in installation.folders]
        if None in shipped or collect(installation.folder, records, now).busy:
            return False
        bring_up(installation.folder, now)
    except (ConflictError, StoreError):
        return False
    return not any(True for folder in installation.folders for _ in positions(folder))


def parquet(folder: ShopFolder) -> None:
    """Every file of the log is whole."""
    for path in files.log_files(folder.log):
        with suppress(FileNotFoundError):  # merged by the service meanwhile
            try:
                pq.ParquetFile(path).read()
            except (pa.ArrowException, OSError) as error:
                if path.exists():
                    raise AssertionError(f"{path.name} cannot be read: {error}") from None


def coupons(records: Records, told: Told, now: datetime) -> None:
    """Every code belongs to whom it was shown, budgets count what was given, and every order is redeemed once."""
    with records.database.read() as connection:
        rows = {row.code: row for row in connection.execute(select(COUPONS).where(COUPONS.c.shop == SHOP))}
        shown = {row.visitor_id: row for row in connection.execute(select(POPUPS).where(POPUPS.c.shown))}
    given = {code: row for code, row in rows.items() if row.campaign_id}
    owners = Counter(row.visitor_id for row in given.values())
    assert not [who for who, count in owners.items() if count > 1], "somebody has two codes"
    for order in told.orders:
        if order.code is not None:
            assert order.code in given, f"{order.visitor} was shown {order.code}, which nobody gave"
            assert given[order.code].visitor_id == order.visitor, f"{order.code} was given to somebody else"
            assert order.visitor in shown, f"{order.visitor} was shown a popup that is not written down"
            _redeemed(given[order.code], order)
    own = [row for row in given.values() if row.campaign_id == FLASH]
    coins = sum((row.cost if row.state == "redeemed" else row.reserved) or 0 for row in own)
    taken = records.popups.taken(SHOP, FLASH, now).money.get("EUR", Decimal())
    assert taken == Decimal(coins) / 100 <= BUDGET, f"the budget counts {taken}, and {coins} coins were given"
    few = sum(row.campaign_id == FEW for row in given.values())
    assert few <= POOL, f"{few} codes of {POOL} were given"


def _redeemed(row: Any, order: Order) -> None:
    number = f"order-{order.visitor}"
    if order.rolled_back is not None:
        assert row.state == "given", f"{row.code} was given back, and is {row.state}"
    elif order.redeemed is not None and not order.takes_back:
        assert (row.state, row.order_id) == ("redeemed", number), f"{row.code} was redeemed, and is {row.state}"
    elif row.state == "redeemed":
        assert row.order_id == number


def ledgers(records: Records, told: Told) -> None:
    """Every ledger is whole, and holds what its owner's orders came to."""
    with records.database.read() as connection:
        rows = [*connection.execute(select(CASHBACK).where(CASHBACK.c.shop == SHOP).order_by(CASHBACK.c.number))]
    entries: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        entries[row.owner].append(row)
    for owner, found in entries.items():
        numbers = [row.number for row in found]
        assert numbers == [*range(numbers[0], numbers[0] + len(numbers))], f"the ledger of {owner} has holes: {numbers}"
    for order in told.orders:
        if order.campaign == BACK:
            balance = sum(row.amount for row in entries[f"c-{order.visitor}"])
            done, undone = order.redeemed is not None, order.rolled_back is not None
            possible = [0] if undone else [CASHBACK_COINS] if done and not order.takes_back else [0, CASHBACK_COINS]
            assert balance in possible, f"{order.visitor} has {balance} coins"


def artifact(folder: ShopFolder, *, trained: bool) -> None:
    """Where a model was published, one is in service, and whole."""
    store = artifacts(folder)
    version = store.current()
    assert (version is not None) == trained, f"in service is {version}"
    if version is not None:
        try:
            store.open(version)
        except ArtifactError as error:
            raise AssertionError(f"the model in service is damaged: {error}") from None
