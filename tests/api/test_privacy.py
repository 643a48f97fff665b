"""What is not allowed is kept nowhere, and what is kept has its time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import func, insert, select
from sqlalchemy.exc import OperationalError

from api import tasks
from api.consent import Choice, Consent
from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.periods import Dropped, enforce
from recommender.records.tables import COUPON_CALLS, POPUPS, PRICES
from recommender.tokens import customer_token
from recommender.workspace import ShopFolder
from tests.api.conftest import ITEMS, Api, running
from tests.api.test_coupons import BACK, call, code_of
from tests.api.test_popups import Clock, configure
from tests.conftest import NOW
from tests.proofs.traces import traces
from tests.recommender.events.samples import event, rows

pytestmark = pytest.mark.anyio

GPC = {"Sec-GPC": "1"}
EVERY = [Consent.model_validate(dict(zip(Consent.model_fields, one, strict=True))) for one in product(Choice, repeat=3)]
"""All 27: granted, denied or unknown for each of three purposes."""


@pytest.fixture
async def logging(tmp_path: Path) -> AsyncIterator[Api]:
    """An API that logs every page, with a popup that anybody may meet."""
    async with running(tmp_path, replay_share=1.0, refresh_seconds=3600) as api:
        more = [{"id": f"item{number}", "title": f"Item {number}", "price": 5} for number in range(60)]
        await api.put_items(*ITEMS, *more)
        await configure(api, {"id": "one", "offer": {"percent": 10}})
        yield api


async def visit(api: Api, name: str, consent: Consent | None, **headers: str) -> list[int]:
    """Every call that a page makes, as one visitor who logs in; returns how many items its showcases hold."""
    said: dict[str, Any] = {} if consent is None else {"consent": consent.model_dump(mode="json")}
    given = api.public | headers
    token = customer_token("shop", f"{name}-account", 4_000_000_000, api.signing_key)
    who = {"visitor_id": f"{name}-browser", "customer_id": f"{name}-account", "customer_token": token}
    view = {"event": "view_item", "item_id": "cup", "session_id": f"{name}-visit", **who, **said}
    assert (await api.http.post("/v1/events", json=[view], headers=given)).json()["accepted"] == 1
    page = await api.page(**who, **said, session_id=f"{name}-visit", headers=given)
    asked = {"requests": [{"strategy": "for_you", **who, **said}]}
    assert (await api.http.post("/v1/recommendations", json=asked, headers=given)).json()["results"][0]["items"]
    for popup in page["popups"]:
        body = {"arm_token": popup["arm_token"], "trigger": "exit_intent", **said}
        for what, status in (("show", 200), ("dismiss", 204)):
            answer = await api.http.post(f"/v1/popups/one/{what}", json=body, headers=given)
            assert answer.status_code == status, answer.text
    return [len(showcase["items"]) for showcase in page["showcases"]]


async def kept(api: Api, *names: str) -> dict[str, set[str]]:
    """Where each of these visitors left something: log, state, records, or somewhere else."""
    await api.services.spooler.append("shop", [])  # what nobody waits for goes with it
    compact(api.services.workspace.shop("shop"), now=api.services.now())
    sorts = {"/log/": "log", "/spools/": "log", "memory: state": "state", "vitrine.db": "records"}
    ids = {name: [f"{name}-{what}" for what in ("browser", "account", "visit")] for name in names}
    return {
        name: {
            next((sort for part, sort in sorts.items() if part in place), place)
            for place in traces(api.services, *ids[name])
        }
        for name in names
    }


async def test_each_purpose_allows_what_it_says_and_slots_are_filled_without(logging: Api) -> None:
    """The log holds ids where analytics and storage are granted; state and records where personalisation is, too."""
    names = [f"Zq{number:02}" for number in range(len(EVERY))]
    filled = [await visit(logging, name, consent) for name, consent in zip(names, EVERY, strict=True)]
    assert all(filled)
    assert all(all(counts) for counts in filled)
    places = await kept(logging, *names)
    for name, consent in zip(names, EVERY, strict=True):
        expected = {"log"} if consent.identified else set()
        expected |= {"state", "records"} if consent.remembered else set()
        assert places[name] == expected, consent


async def test_global_privacy_control_denies_everything_whatever_a_page_says(logging: Api) -> None:
    granted = EVERY[0]
    assert granted.identified
    assert all(await visit(logging, "ZqGranted", granted, **GPC))
    assert all(await visit(logging, "ZqSilent", None, **GPC))
    assert all(await visit(logging, "ZqZero", granted, **{"Sec-GPC": "0"}))
    assert await kept(logging, "ZqGranted", "ZqSilent", "ZqZero") == {
        "ZqGranted": set(), "ZqSilent": set(), "ZqZero": {"log", "state", "records"},
    }  # fmt: skip


async def test_the_shops_server_is_believed_that_somebody_consented(logging: Api) -> None:
    view = {"event": "view_item", "item_id": "cup", "visitor_id": "v"}
    await logging.http.post("/v1/events", json=[view], headers=logging.secret | GPC)
    assert await logging.seen("v") == ["cup"]


async def test_addresses_of_callers_are_kept_nowhere(logging: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the peer's nor what proxies tell: in files, database, memory, and what is printed."""
    peer, told = "203.0.113.77", "198.51.100.88"
    transport = logging.http._transport
    assert isinstance(transport, ASGITransport)
    proxies = {"X-Forwarded-For": told, "X-Real-IP": told, "Forwarded": f"for={told}"}
    async with AsyncClient(
        transport=ASGITransport(transport.app, client=(peer, 5000)), base_url="http://api", headers=proxies
    ) as http:
        logging.http = http
        assert all(await visit(logging, "ZqFar", None))
        assert (await http.post("/v1/events", json=[{"event": "nonsense"}], headers=logging.public)).status_code == 202
    assert "records" in (await kept(logging, "ZqFar"))["ZqFar"]
    assert traces(logging.services, peer, told) == []
    printed = "".join(capsys.readouterr())
    assert "/v1/page" in printed
    assert peer not in printed
    assert told not in printed


async def test_what_was_kept_long_enough_goes(tmp_path: Path) -> None:
    """Events and decisions after their 100 days; pages, repeated calls and prices after 90; imports stay."""
    clock = Clock()
    settings: dict[str, Any] = {"retention_days": 100, "replay_share": 1.0, "refresh_seconds": 3600}
    async with running(tmp_path, now=clock, **settings) as api:
        await api.put_items()
        folder, records = api.services.workspace.shop("shop"), api.services.records
        code = await code_of(api, BACK)
        await call(api, "redeem", code, key="k", order_id="o1", customer_id="c")
        await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
        with records.database.write() as connection:
            price = {"shop": "shop", "item_id": "cup", "until": clock.now, "price": "1"}
            connection.execute(insert(PRICES).values(price))
        EventLog(folder).append(rows(event("old", visitor_id="x")), "x")
        compact(folder, now=clock.now)

        def left() -> tuple[set[str], list[int]]:
            log = {*EventLog(folder).scan().collect()["event"]}
            with records.database.read() as connection:
                counts = [
                    connection.scalar(select(func.count()).select_from(one)) for one in (POPUPS, COUPON_CALLS, PRICES)
                ]
            return log, [int(count or 0) for count in counts]

        assert "page_answered" in left()[0]
        clock.on(days=89)
        await tasks.forget_all(api.services)
        assert ("page_answered" in left()[0], left()[1]) == (True, [1, 1, 1])
        clock.on(days=1, seconds=1)
        await tasks.forget_all(api.services)
        log, counts = left()
        assert ("page_answered" in log, "showcases_offered" in log, counts) == (False, True, [1, 0, 0])
        await tasks.forget_all(api.services)
        clock.on(days=10)
        await tasks.forget_all(api.services)
        assert left() == ({"view_item"}, [0, 0, 0])
        assert [*EventLog(folder).scan().collect()["event_id"]] == ["old"]


async def test_a_shop_whose_turn_fails_holds_up_no_other_and_has_the_next_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that gives up in the middle is asked again within the hour, not the next day."""
    clock, asked = Clock(), list[str]()

    def fails_at_first(folder: ShopFolder, *given: Any) -> Dropped:
        asked.append(folder.path.name)
        if len(asked) == 1:
            raise OperationalError("DELETE", {}, Exception("silent"))
        return enforce(folder, *given)

    monkeypatch.setattr(tasks, "enforce", fails_at_first)
    async with running(tmp_path, now=clock, refresh_seconds=3600) as api:
        api.services.records.shops.create("another")
        await tasks.forget_all(api.services)
        assert asked == ["another", "shop"]
        clock.on(seconds=tasks.FORGET_SECONDS)
        await tasks.forget_all(api.services)
        assert asked == ["another", "shop", "another"]
        clock.on(seconds=tasks.FORGET_SECONDS)
        await tasks.forget_all(api.services)
        assert asked == ["another", "shop", "another"]


async def test_what_was_deleted_leaves_the_disk_with_the_next_look(tmp_path: Path) -> None:
    """Also where a reader was in the way when it was deleted: SQLite's write-ahead log is emptied."""
    async with running(tmp_path, refresh_seconds=3600) as api:
        records = api.services.records
        with records.database.snapshot() as reader:
            reader.execute(select(POPUPS)).all()
            await configure(api, {"id": "one"})
            records.persons.erase("shop", "visitor", "v")
        log = tmp_path / "vitrine.db-wal"
        assert log.stat().st_size > 0
        await tasks.forget_all(api.services)
        assert log.stat().st_size == 0


async def test_nothing_goes_where_everything_is_kept_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock, retention_days=0, refresh_seconds=3600) as api:
        await api.put_items()
        await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
        compact(api.services.workspace.shop("shop"), now=clock.now)
        clock.on(days=9000)
        await tasks.forget_all(api.services)
        assert EventLog(api.services.workspace.shop("shop")).rows() == 1


async def test_imports_go_where_a_period_is_set_for_them(tmp_path: Path) -> None:
    clock = Clock()
    clock.now = NOW + timedelta(days=250)
    async with running(tmp_path, now=clock, retention_imported_days=300, refresh_seconds=3600) as api:
        log = EventLog(api.services.workspace.shop("shop"))
        log.append(rows(event("old", timestamp=NOW - timedelta(days=100)), event("new")), "x")
        await tasks.forget_all(api.services)
        assert [*log.scan().collect()["event_id"]] == ["new"]
