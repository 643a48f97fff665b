"""Rounds of shopping with a fault in each, and an audit after each."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import httpx

from recommender.events.log import EventLog
from tests.conftest import NOW
from tests.proofs.faults.audit import audit
from tests.proofs.faults.installation import SHOP, Installation, distributed, embedded, replicated, spread
from tests.proofs.faults.kinds import OF_DISKS, READ_ONLY, STOPPING, TRAINER, kinds
from tests.proofs.faults.traffic import CAMPAIGNS, FEW, ITEMS, POOL, TIMEOUT, Told, shopping
from tests.proofs.tried import NOT_TRIED, Tried
from tests.training.logs import shop_events, table

OK = 200
ROUNDS = 200
"""For each kind of installation half of them, but fewer for the largest."""
DEADLINE = 5.0
"""Seconds within which every page is answered, whatever is away: the database's two, Redis', and a busy machine."""
COMING_BACK = 0.8
"""Of the shoppers whose order a fault interrupted; the others never ask again."""


def prove(seed: int, rounds: int = ROUNDS) -> Iterator[Tried]:
    """Embedded, with Redis and PostgreSQL, and with a Redis Cluster."""
    for number, (kind, share) in enumerate([(embedded, 0.5), (distributed, 0.5), (spread, 0.2)]):
        yield from played(kind, seed + number, round(share * rounds))


def replicas(seed: int, rounds: int = ROUNDS) -> Iterator[Tried]:
    """Three hosts that share no disk: each process of each kind is killed and started again."""
    yield from played(replicated, seed, round(rounds * 0.2))


def played(
    kind: Callable[[Path], AbstractContextManager[Installation]],
    seed: int,
    rounds: int,
    names: Sequence[str] = (),
    thinks: float = 0.0,
) -> Iterator[Tried]:
    """Play rounds over one installation, which therefore grows old; says what was tried for each fault."""
    with tempfile.TemporaryDirectory() as folder, kind(Path(folder)) as installation:
        there = kinds(installation)
        possible = [name for name in names or there if name in there]
        open_shop(installation)
        if TRAINER in possible:
            train(installation)
        if missing := [name for name in names or OF_DISKS if name not in there]:
            yield Tried(
                f"{installation.name}: {', '.join(missing)}", NOT_TRIED, "it takes root, loop devices, mkfs.ext4"
            )
        told, tried = Told(), Counter[str]()
        for number, name in enumerate(drawn(possible, seed, rounds)):
            try:
                play(installation, told, name, f"{seed}.{number}", thinks)
            except (AssertionError, RuntimeError) as error:
                log, where = installation.services[0].told(), f"seed {seed}, round {number}"
                raise AssertionError(f"{log}\n{installation.name}, {name}, {where}: {error}") from error
            tried[name] += 1
        broken = ", ".join(f"{name} {count}" for name, count in tried.items())
        yield Tried(f"{installation.name}: {broken} times, while shoppers buy", *summary(told))


def open_shop(installation: Installation) -> None:
    """Put the shop's items and campaigns, give it a pool of codes."""
    headers = {"Authorization": f"Bearer {installation.keys.secret_key}"}
    with httpx.Client(base_url=installation.services[0].url, headers=headers, timeout=20) as http:
        http.put("/v1/catalog/items", json=ITEMS).raise_for_status()
        training = {"evaluation": {"days": 1}}
        http.put("/v1/config", json={"campaigns": CAMPAIGNS, "training": training}).raise_for_status()
    for service in installation.services:  # one that nobody has asked yet knows no keys, which are in the database
        page = {"page": {"type": "home"}, "visitor_id": "first"}
        headers = {"X-Vitrine-Key": installation.keys.public_key}
        httpx.post(f"{service.url}/v1/page", json=page, headers=headers, timeout=20).raise_for_status()
    records = installation.records()
    records.pool.upload(SHOP, FEW, [f"FEW-{number:04}" for number in range(POOL)])
    records.close()


def train(installation: Installation) -> None:
    """Give the shop a log to learn from, and a model; says how long another training may take."""
    records = installation.records()
    rows = [table(*shop_events("purchase"))]
    EventLog(installation.folder).import_batch(rows, now=NOW, leases=records.leases)
    records.close()
    begin = time.monotonic()
    assert installation.command("train", "--shop", SHOP).wait() == 0, installation.services[0].told()
    installation.training_seconds = time.monotonic() - begin


def drawn(names: Sequence[str], seed: int, rounds: int) -> list[str]:
    """Every fault as often as the others, in an order that the seed shuffles."""
    found = [names[number % len(names)] for number in range(rounds)]
    random.Random(seed).shuffle(found)
    return found


def play(installation: Installation, told: Told, name: str, seed: str, thinks: float) -> None:
    """One round: shoppers shop, something breaks and is healed, everybody finishes, and all is looked at."""
    draw = random.Random(seed)
    pages, unheard, first, slowest = told.statuses["page"].copy(), told.unheard.copy(), len(told.orders), told.slowest
    addresses = [service.url for service in installation.services]
    with shopping(addresses, installation.keys, told, seed, thinks=thinks) as last:
        time.sleep(draw.uniform(0.1, 0.4))
        kinds(installation)[name](installation, draw)
        ended = {one.url: one.process.returncode for one in installation.services if one.process and not one.running}
        assert name in STOPPING or not ended, f"a process ended by itself: {ended}"
        installation.heal()
        time.sleep(0.2)
    for order in told.orders[first:]:
        if draw.random() < COMING_BACK:
            last.go_on(order)
    last.close()
    assert not told.late["page"], f"{told.late['page']} pages were not answered in {TIMEOUT:g} s"
    assert name in STOPPING or told.slowest == slowest or told.slowest < DEADLINE, f"a page took {told.slowest} s"
    silent = (told.unheard - unheard).keys() - ended.keys()
    assert not silent, f"{silent} left calls without an answer"
    refused = {status: count for status, count in (told.statuses["page"] - pages).items() if status != OK}
    assert name == READ_ONLY or not refused, f"pages were answered with {refused}"
    audit(installation, told)


def summary(told: Told) -> tuple[str, str]:
    """What shoppers did in all rounds, and what came of it."""
    codes = sum(order.code is not None for order in told.orders)
    orders = sum(order.redeemed is not None for order in told.orders)
    late = f", {told.late.total()} calls that wait for the disk not answered in {TIMEOUT:g} s" if told.late else ""
    pages = sum(told.statuses["page"].values())
    return (
        f"{len(told.acknowledged):,} events acknowledged, {codes:,} codes given, {orders:,} orders, {pages:,} pages"
        f" ({told.degraded:,} with less, the slowest in {told.slowest:.1f} s)"
        f"{late}",
        "0 events, codes, orders; 0 twice; 0 torn files",
    )
