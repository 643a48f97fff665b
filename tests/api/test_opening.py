"""Thousands of shops in one process: opened with their first call, closed when others are called."""

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from api import filling, tasks
from api.settings import Settings
from api.shops import LiveShop
from api.state.people import Person
from recommender.artifact import ArtifactStore, artifacts
from recommender.errors import ArtifactError, ConfigurationError
from recommender.events.log import EventLog
from recommender.records import Records, ShopKeys
from recommender.records.database import Database
from tests.api.artifacts import add, publish
from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio

NAMES = ("a", "b", "c")


def rested(rests: list[float]) -> Callable[[float], Awaitable[None]]:
    """A sleep that only says how long it would be."""

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    return sleep


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, ShopKeys]:
    """Keys of three shops."""
    settings = Settings.load(home=tmp_path)
    with recorded(settings) as records:
        return {name: records.shops.create(name) for name in NAMES}


@pytest.fixture
async def api(tmp_path: Path, keys: dict[str, ShopKeys]) -> AsyncIterator[Api]:
    """An API that may hold two of them; its own key is the first shop's."""
    async with running(tmp_path, keys=keys["a"], open_shops=2, refresh_seconds=3600) as started:
        yield started


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@contextmanager
def recorded(settings: Settings) -> Iterator[Records]:
    records = settings.records()
    yield records
    records.close()


async def call(api: Api, keys: ShopKeys) -> dict[str, Any]:
    return await api.page("home", headers={"X-Vitrine-Key": keys.public_key})


def of(api: Api, keys: ShopKeys) -> Api:
    """The same service as another shop sees it."""
    return Api(api.http, api.services, keys)


def opened(api: Api) -> list[str]:
    return [shop.name for shop in api.services.shops]


def metric(api: Api, line: str) -> float:
    found = [one for one in api.services.metrics.text().decode().splitlines() if one.startswith(f"{line} ")]
    return float(found[0].rpartition(" ")[2])


class TestOpening:
    async def test_as_many_shops_as_may_be_open_are_open_from_the_start(
        self, tmp_path: Path, keys: dict[str, ShopKeys]
    ) -> None:
        async with running(tmp_path, keys=keys["a"], open_shops=3) as api:
            assert opened(api) == [*NAMES]

    async def test_where_there_are_more_each_waits_for_its_first_call(
        self, api: Api, keys: dict[str, ShopKeys]
    ) -> None:
        ready = await api.http.get("/readyz")
        assert (ready.status_code, ready.json()["shops"], opened(api)) == (200, {}, [])
        await call(api, keys["b"])
        assert opened(api) == ["b"]
        assert (await api.http.get("/readyz")).json()["shops"] == {"b": {"model_version": "none"}}

    async def test_background_work_opens_none(self, api: Api) -> None:
        await tasks.refresh(api.services)
        await tasks.compact_all(api.services)
        await tasks.forget_all(api.services)
        assert opened(api) == []

    async def test_calls_that_come_together_open_a_shop_once(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        loads: list[str] = []
        load = LiveShop.load
        monkeypatch.setattr(LiveShop, "load", lambda live: loads.append(live.name) or load(live))
        found = await asyncio.gather(*(api.services.shops.get(name) for name in "abab"))
        assert sorted(loads) == ["a", "b"]
        assert found[0] is found[2]

    async def test_who_gives_up_takes_the_opening_from_nobody(self, api: Api) -> None:
        first, second = (asyncio.create_task(api.services.shops.get("a")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).name == "a"
        assert first.cancelled()

    async def test_one_that_cannot_be_opened_is_tried_again_with_the_next_call(
        self, api: Api, keys: dict[str, ShopKeys], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(LiveShop, "load", lambda _: (_ for _ in ()).throw(ArtifactError("torn")))
            with pytest.raises(ArtifactError):
                await api.services.shops.get("a")
        assert metric(api, 'vitrine_shops_total{outcome="failed"}') == 1
        await call(api, keys["a"])
        assert opened(api) == ["a"]

    async def test_its_visitors_are_known_from_the_log_with_the_first_answer(
        self, tmp_path: Path, keys: dict[str, ShopKeys]
    ) -> None:
        async with running(tmp_path, keys=keys["a"], open_shops=2) as api:
            await api.put_items()
            await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
        async with running(tmp_path, keys=keys["a"], open_shops=2) as api:
            assert (opened(api), await api.seen("v")) == ([], ["cup"])

    async def test_its_log_is_read_beside_its_model_and_nobody_is_remembered_before_the_erased_are_known(
        self, tmp_path: Path, keys: dict[str, ShopKeys], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with running(tmp_path, keys=keys["a"], open_shops=2) as api:
            await api.put_items()
            await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
        steps, read = list[str](), threading.Event()
        load, latest, remember = LiveShop.load, filling.latest, filling.remember

        def loading(live: LiveShop) -> None:
            assert read.wait(20)
            load(live)
            steps.append("loaded")

        def reading(*given: Any) -> Any:
            steps.append("read")
            read.set()
            return latest(*given)

        async def remembering(*given: Any) -> None:
            steps.append("remembered")
            await remember(*given)

        monkeypatch.setattr(LiveShop, "load", loading)
        monkeypatch.setattr(filling, "latest", reading)
        monkeypatch.setattr(filling, "remember", remembering)
        async with running(tmp_path, keys=keys["a"], open_shops=2) as api:
            await api.services.shops.get("a")
        assert steps == ["read", "loaded", "remembered"]

    async def test_a_model_published_meanwhile_is_in_service_with_the_next_look(
        self, api: Api, keys: dict[str, ShopKeys], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = artifacts(api.services.workspace.shop("a"))
        old, new = publish(store, "cup"), add(store, "cup", "plate").version
        reading, published = threading.Event(), threading.Event()
        open_ = ArtifactStore.open

        def slowly(store: ArtifactStore, version: str, **how: Any) -> Any:
            reading.set()
            assert published.wait(20)
            return open_(store, version, **how)

        with monkeypatch.context() as patched:
            patched.setattr(ArtifactStore, "open", slowly)
            answer = asyncio.create_task(call(api, keys["a"]))
            await asyncio.to_thread(reading.wait, 20)
            (store.folder / "current").write_text(new)
            published.set()
            assert (await answer)["model_version"] == old
        await tasks.refresh(api.services)
        assert (await call(api, keys["a"]))["model_version"] == new


class TestClosing:
    async def test_the_one_not_called_for_longest_goes_and_is_counted(
        self, api: Api, keys: dict[str, ShopKeys]
    ) -> None:
        for name in "abac":
            await call(api, keys[name])
        assert opened(api) == ["a", "c"]
        assert metric(api, 'vitrine_shops_total{outcome="opened"}') == 3
        assert metric(api, 'vitrine_shops_total{outcome="closed"}') == 1
        assert metric(api, "vitrine_shops_open") == 2

    @pytest.mark.usefixtures("no_collector")
    async def test_nothing_of_it_stays_in_memory_nor_waits_for_the_garbage_collector(self, api: Api) -> None:
        publish(artifacts(api.services.workspace.shop("a")), "cup")
        snapshot = weakref.ref((await api.services.shops.get("a")).view.snapshot.models)
        for name in "bc":
            await api.services.shops.get(name)
        with anyio.fail_after(20):
            while snapshot() is not None:  # a thread that was to make lists ahead may not have heard yet
                await anyio.sleep(0.02)

    async def test_a_request_in_flight_is_answered(
        self, api: Api, keys: dict[str, ShopKeys], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, others = asyncio.Event(), asyncio.Event()
        read = api.services.state.read

        async def slowly(shop: str, *people: Any, **more: Any) -> Any:
            if shop == "a":
                first.set()
                await others.wait()
            return await read(shop, *people, **more)

        await of(api, keys["a"]).put_items()
        monkeypatch.setattr(api.services.state, "read", slowly)
        answer = asyncio.create_task(call(api, keys["a"]))
        await first.wait()
        for name in "bc":
            await call(api, keys[name])
        assert opened(api) == ["b", "c"]
        others.set()
        assert (await answer)["showcases"][0]["items"]

    async def test_it_loses_no_event_and_no_visitor(self, api: Api, keys: dict[str, ShopKeys]) -> None:
        told = of(api, keys["a"])
        await told.put_items()
        await told.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v", "event_id": "one"})
        for name in "bc":
            await of(api, keys[name]).tell({"event": "page_view", "visitor_id": "v"})
        assert opened(api) == ["b", "c"]
        folder = api.services.workspace.shop("a")
        assert EventLog(folder).scan().collect()["event_id"].to_list() == ["one"]
        await tasks.compact_all(api.services)
        assert EventLog(folder).scan().collect()["event_id"].to_list() == ["one"]
        assert [*folder.spools.glob("*")] == []
        assert await told.seen("v") == ["cup"]
        await told.tell({"event": "view_item", "item_id": "sofa", "visitor_id": "v", "event_id": "two"})
        assert sorted(EventLog(folder).scan().collect()["event_id"]) == ["one", "two"]
        assert await told.seen("v") == ["sofa", "cup"]

    async def test_a_catalogue_changed_meanwhile_is_read_again(self, api: Api, keys: dict[str, ShopKeys]) -> None:
        told = of(api, keys["a"])
        await told.put_items()
        for name in "bc":
            await call(api, keys[name])
        with recorded(api.services.settings) as other:
            other.catalog.patch("a", "cup", {"title": "Gold cup"})
        titles = [item["title"] for item in (await told.page("home"))["showcases"][0]["items"]]
        assert "Gold cup" in titles

    async def test_who_is_erased_meanwhile_is_forgotten_and_who_came_back_is_not(
        self, api: Api, keys: dict[str, ShopKeys]
    ) -> None:
        told, view = of(api, keys["a"]), {"event": "view_item", "item_id": "cup"}
        await told.put_items()
        await told.tell({**view, "visitor_id": "gone"}, {**view, "visitor_id": "back"}, {**view, "visitor_id": "stays"})
        assert (await api.http.delete("/v1/visitors/back", headers=told.secret)).status_code == 200
        await told.tell({**view, "visitor_id": "back"})
        for name in "bc":
            await call(api, keys[name])
        with recorded(api.services.settings) as other:
            other.erasures.add("a", [Person.visitor("gone").key], datetime.now(UTC))
        assert [await told.seen(visitor) for visitor in ("gone", "back", "stays")] == [[], ["cup"], ["cup"]]


class TestManyShops:
    async def test_the_garbage_collector_leaves_as_many_shops_alone_as_may_be_open(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settled: list[None] = []
        monkeypatch.setattr(gc, "freeze", lambda: settled.append(None))
        counts = []
        for name in "abcab":  # two may be open: what follows takes the place of others
            await api.services.shops.get(name)
            counts.append(len(settled))
        assert counts == [1, 2, 2, 2, 2]

    async def test_a_look_for_changes_asks_as_often_for_two_shops_as_for_one(
        self, api: Api, keys: dict[str, ShopKeys], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reads: list[None] = []
        read = Database.read
        monkeypatch.setattr(Database, "read", lambda database: reads.append(None) or read(database))
        asked = []
        for name in "ab":
            await call(api, keys[name])
            reads.clear()
            await tasks.refresh(api.services)
            asked.append(len(reads))
        assert asked == [1, 1]

    async def test_a_log_in_which_nothing_happens_is_looked_through_once_an_hour(
        self, tmp_path: Path, keys: dict[str, ShopKeys], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock, looked = datetime.now(UTC), list[str]()
        collect = tasks.collect
        monkeypatch.setattr(
            tasks, "collect", lambda folder, *about: looked.append(folder.path.name) or collect(folder, *about)
        )
        async with running(tmp_path, keys=keys["a"], now=lambda: clock) as api:
            known: dict[str, datetime] = {}
            await tasks.compact_all(api.services, known)
            await tasks.compact_all(api.services, known)
            assert looked == [*NAMES]
            await of(api, keys["b"]).tell({"event": "page_view", "visitor_id": "v"})
            await tasks.compact_all(api.services, known)
            assert looked == [*NAMES, "b"]
            clock += timedelta(hours=1)
            await tasks.compact_all(api.services, known)
            assert looked == [*NAMES, "b", *NAMES]

    async def test_between_the_logs_of_two_shops_a_process_rests(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """So many times as long as the first took, but a second at most after a large one."""
        clock, rests = [0.0], list[float]()
        monkeypatch.setattr(tasks, "time", SimpleNamespace(monotonic=lambda: clock[0]))
        monkeypatch.setattr(tasks, "asyncio", SimpleNamespace(sleep=rested(rests)))
        took = {"a": 0.25, "b": 30.0, "c": 9.0}
        async for name in tasks.in_turn(NAMES, 3):
            clock[0] += took[name]
        assert rests == [0.75, 1.0]

    @pytest.mark.parametrize("shops", [0, 100_001])
    async def test_how_many_may_be_open_has_bounds(self, shops: int) -> None:
        with pytest.raises(ConfigurationError, match=f"VITRINE_OPEN_SHOPS: {shops} is not allowed"):
            Settings.load(open_shops=shops)

    async def test_answers_do_not_depend_on_how_many_are_open(self, api: Api, keys: dict[str, ShopKeys]) -> None:
        """Three shops that are called in turns, of which two may be open."""
        for name, item in zip(NAMES, ("cup", "lamp", "sofa"), strict=True):
            publish(artifacts(api.services.workspace.shop(name)), item)
        with anyio.fail_after(60):
            rounds = [[(await call(api, keys[name]))["model_version"] for name in NAMES] for _ in range(3)]
        assert rounds[0] == rounds[1] == rounds[2]
        assert len(set(rounds[0])) == 3
        assert metric(api, 'vitrine_shops_total{outcome="opened"}') == 9
