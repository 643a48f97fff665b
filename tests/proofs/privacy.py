"""A visitor and a customer go through everything that Vitrine does, are erased, and are then found nowhere."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api import tasks
from recommender.catalog.item import Item
from recommender.forgetting import DUE
from recommender.records.tables import CASHBACK
from recommender.tokens import customer_token
from tests import services
from tests.api.conftest import Api, running
from tests.conftest import NOW
from tests.proofs.traces import traces
from tests.proofs.tried import Tried
from tests.training.logs import catalogue, shop_events, write
from training.fitting import train

VISITOR, CUSTOMER = "Zq7-visitor-whom-nobody-mistakes", "Zq7-customer-whom-nobody-mistakes"
EVERYWHERE = (
    "/log/", "/spools/", "/artifacts/", "/segments/", "/rejects/", "memory: histories", "memory: customers",
)  # fmt: skip
"""Where, among others, they must have been found before, for the search to mean anything."""
STORED = ("store: shops/shop/log/", "store: shops/shop/artifacts/", "/copies/")
"""The same, where there is a store."""
MODELS = ("/artifacts/", "/copies/")
"""Where models lie, which are written anew in a day."""
CAMPAIGN = {
    "id": "back",
    "offer": {"cashback": {"percent": 10}, "stackable": True},
}
CART = {"currency": "EUR", "items": [{"item_id": "a0", "quantity": 1, "price": 100}]}


@dataclass
class Clock:
    """A wall clock that the proof moves."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


def prove(seed: int) -> Iterator[Tried]:
    """With Redis and PostgreSQL, with what is embedded, and with models and a copy of the log in a store."""
    with services.postgres_server() as server, services.redis_server() as redis_url:
        given = {"redis_url": redis_url, "database_url": services.new_database(server, "privacy")}
        yield _tried("Redis and PostgreSQL", forget(seed, **given))
    yield _tried("embedded", forget(seed))
    with tempfile.TemporaryDirectory() as store:
        yield _tried("a store", forget(seed, store=f"file://{store}"))


def _tried(where: str, found: str) -> Tried:
    return Tried(f"a visitor and a customer who did everything are erased: {where}", found, "0 traces a day later")


def forget(seed: int, **settings: Any) -> str:
    """Live through it and erase both; says in how many places they stood before."""
    with tempfile.TemporaryDirectory() as folder:
        before = asyncio.run(_forget(Path(folder), seed, **settings))
    return f"erased from {len(before)} places"


async def _forget(home: Path, seed: int, **settings: Any) -> list[str]:
    clock = Clock()
    async with running(home, now=clock, replay_share=1.0, **settings) as api:
        await live(api, clock, seed)
        before = traces(api.services, VISITOR, CUSTOMER)
        database = "table coupons" if "database_url" in settings else "vitrine.db"
        state = "Redis" if "redis_url" in settings else "memory: state"
        expected = [*EVERYWHERE, database, state, *(STORED if "store" in settings else ())]
        missed = [name for name in expected if not any(name in place for place in before)]
        assert not missed, f"the search did not find them in {missed}, where they were: {before}"
        await _erase(api)
        left = traces(api.services, VISITOR, CUSTOMER)
        at_once = [place for place in left if not any(models in place for models in MODELS)]
        assert not at_once, f"erased, and at once still in {at_once}"
        clock.now += DUE + timedelta(minutes=1)
        await tasks.forget_all(api.services)
        await tasks.refresh(api.services)
        after = traces(api.services, VISITOR, CUSTOMER)
        assert not after, f"a day later still in {after}"
        _books(api)
    return before


async def live(api: Api, clock: Clock, seed: int) -> None:
    """Views, a log-in, logged pages, a popup with a code, cashback, refused rows, and two trainings."""
    parts = api.services
    folder = parts.workspace.shop("shop")
    parts.records.catalog.put("shop", [Item.parse(document) for document in catalogue()], NOW)
    write(folder, *shop_events("view_item", "purchase", seed=seed))
    await asyncio.to_thread(train, folder, parts.records, now=clock.now, force=True)
    clock.now += timedelta(hours=1)
    await _shop(api, clock)
    await tasks.compact_all(parts)
    clock.now += timedelta(hours=1)
    await asyncio.to_thread(train, folder, parts.records, now=clock.now, force=True)
    folder.rejects.mkdir(exist_ok=True)
    (folder.rejects / "orders.jsonl").write_text(f'{{"line": 1, "value": "{CUSTOMER}"}}\n{{"line": 2, "value": "x"}}\n')
    await tasks.refresh(parts)
    await _browse(api)


async def _shop(api: Api, clock: Clock) -> None:
    response = await api.http.put("/v1/config", json={"campaigns": [CAMPAIGN]}, headers=api.secret)
    assert response.status_code == 200, response.text
    who = await _browse(api)
    order = {"event": "purchase", "order_id": "o-1", "value": 100, "currency": "EUR", "items": CART["items"]}
    await api.tell({**order, "visitor_id": VISITOR, "customer_id": CUSTOMER}, secret=True)
    [popup] = (await api.page(**who, cart=CART))["popups"]
    asked = {"arm_token": popup["arm_token"], "trigger": "exit_intent", "cart": CART}
    shown = (await api.http.post("/v1/popups/back/show", json=asked, headers=api.public)).json()
    used = {"code": shown["content"]["code"]["value"], "cart": CART, "order_id": "o-1", "customer_id": CUSTOMER}
    headers = {**api.secret, "Idempotency-Key": "o-1"}
    credited = (await api.http.post("/v1/coupons/redeem", json=used, headers=headers)).json()
    assert credited["cashback"] == "10.00", credited


async def _browse(api: Api) -> dict[str, Any]:
    """Two views, and a page with everything that is known; returns how the browser says who it is."""
    until = int(api.services.time()) + 3600
    token = customer_token("shop", CUSTOMER, until, api.signing_key)
    who = {"visitor_id": VISITOR, "customer_id": CUSTOMER, "customer_token": token}
    view = {"event": "view_item", "item_id": "a1", "session_id": "s", "visitor_id": VISITOR}
    await api.tell(view, {**view, **who, "item_id": "a2"})
    await api.page(**who)
    await asyncio.sleep(0)
    return who


async def _erase(api: Api) -> None:
    for path in (f"/v1/customers/{CUSTOMER}", f"/v1/visitors/{VISITOR}"):
        response = await api.http.delete(path, headers=api.secret)
        assert response.status_code == 200, response.text
        told = (await api.http.get(path, headers=api.secret)).json()
        left = {name: value for name, value in told.items() if value and name not in {"visitor_id", "customer_id"}}
        assert not left, f"{path} still tells {left}"


def _books(api: Api) -> None:
    """What was paid with stays, as nobody's."""
    with api.services.records.database.read() as connection:
        entries = connection.execute(select(CASHBACK.c.owner_kind, CASHBACK.c.amount)).all()
    assert [tuple(one) for one in entries] == [("erased", 1000)], entries
