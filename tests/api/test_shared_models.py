"""A store that hosts share: they serve what any of them publishes, and train from what one collects."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import polars as pl
import pytest

from api.bootstrap import build
from api.settings import Settings
from api.tasks import compact_all
from recommender.errors import ConfigurationError, StoreError
from recommender.events.log import EventLog
from recommender.events.stored import bring_up
from recommender.objects import Objects
from recommender.shared import SharedStore
from recommender.workspace import Workspace
from tests.api.artifacts import add, publish, publish_newer
from tests.api.conftest import Api, running
from tests.api.test_models import eventually, version

pytestmark = pytest.mark.anyio


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"file://{tmp_path}/shared"


@pytest.fixture
async def api(tmp_path: Path, url: str) -> AsyncIterator[Api]:
    async with running(tmp_path / "api", store=url) as started:
        await started.put_items()
        yield started


@pytest.fixture
def store(tmp_path: Path, url: str) -> SharedStore:
    """The shop's models as the host sees them that trains."""
    return SharedStore.of(Workspace(tmp_path / "training", url).shop("shop"))


async def problem(api: Api) -> str:
    """What is wrong with the model in service, once something is."""
    with anyio.fail_after(20):
        while True:
            shop = (await api.http.get("/readyz")).json()["shops"]["shop"]
            if "model" in shop.get("problems", {}):
                return str(shop["problems"]["model"])
            await anyio.sleep(0.02)


def damage(store: SharedStore, version: str) -> None:
    name = f"{store.register().entry(version).place}/models.json"
    store.objects.delete([name])
    store.objects.replace(name, b"[]", None)


async def test_what_another_host_publishes_is_served(api: Api, store: SharedStore) -> None:
    first, second = publish(store, "cup"), publish(store, "cup", "plate")
    await eventually(api, second)
    listed = (await api.http.get("/v1/models", headers=api.secret)).json()
    assert (listed["current"], [one["version"] for one in listed["versions"]]) == (second, sorted([first, second]))
    assert "problem" not in listed["versions"][0]


async def test_what_this_host_publishes_is_in_service_everywhere(api: Api, store: SharedStore) -> None:
    new = add(store, "cup").version
    response = await api.http.post(f"/v1/models/{new}/publish", headers=api.secret)
    assert response.json() == {"current": new, "in_service": new}
    assert store.current() == new


async def test_a_model_that_comes_damaged_leaves_the_old_one_in_service(api: Api, store: SharedStore) -> None:
    good = publish(store, "cup")
    await eventually(api, good)
    bad = add(store, "cup", "plate").version
    damage(store, bad)
    assert store._switch(store.history(), [*store.history(), bad])
    assert "models.json" in await problem(api)
    assert await version(api) == good


async def test_without_the_store_the_model_stays_and_publishing_says_to_try_again(
    api: Api, store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = publish(store, "cup")
    await eventually(api, good)
    read = Objects.read

    def fail(*_: Any) -> None:
        raise StoreError("s3://secret-place cannot be used")

    monkeypatch.setattr(Objects, "read", fail)
    assert (await problem(api)).startswith(f"{good} stays in service")
    response = await api.http.post(f"/v1/models/{good}/publish", headers=api.secret)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "secret-place" not in response.text
    assert await version(api) == good

    monkeypatch.setattr(Objects, "read", read)
    await eventually(api, publish(store, "cup", "plate"))


async def test_a_store_that_is_back_is_no_problem_where_nothing_was_published_yet(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(Objects, "read", lambda *_: (_ for _ in ()).throw(StoreError("it is away")))
        assert (await problem(api)).startswith("none stays in service")
    with anyio.fail_after(20):
        while (await api.http.get("/readyz")).json()["degraded"]:
            await anyio.sleep(0.02)


async def test_after_a_start_without_the_store_the_copy_that_is_here_answers(
    tmp_path: Path, url: str, store: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path / "api", store=url) as api:
        await api.put_items()
        good = publish(store, "cup")
        await eventually(api, good)
    monkeypatch.setattr(Objects, "read", lambda *_: (_ for _ in ()).throw(StoreError("it is away")))
    async with running(tmp_path / "api", keys=api.keys, store=url) as again:
        assert await version(again) == good
        assert (await problem(again)) == f"{good} stays in service: it is away"


async def test_a_new_host_takes_the_last_model_that_it_can_read(tmp_path: Path, url: str, store: SharedStore) -> None:
    """It has no copies yet, and what is published is of a newer Vitrine."""
    publish(store, "cup")
    good = publish(store, "cup", "plate")
    publish_newer(store, "sofa")
    async with running(tmp_path / "new", store=url) as fresh:
        assert (await fresh.page("home"))["model_version"] == good


async def test_what_a_host_collects_can_be_trained_from_elsewhere(api: Api, tmp_path: Path, url: str) -> None:
    await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
    await compact_all(api.services)
    other = Workspace(tmp_path / "training", url).shop("shop")

    bring_up(other, api.services.now())

    assert [*EventLog(other).scan().collect()["item_id"]] == ["cup"]


async def test_who_is_erased_is_gone_from_the_shipped_log_at_once_or_once_the_store_is_back(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = [{"event": "view_item", "item_id": "cup", "visitor_id": id_} for id_ in ("ann", "bob", "eve")]
    await api.tell(*views)
    await compact_all(api.services)

    def shipped() -> set[str]:
        return {id_ for path in (tmp_path / "shared").rglob("*.parquet") for id_ in pl.read_parquet(path)["visitor_id"]}

    assert shipped() == {"ann", "bob", "eve"}
    await api.http.delete("/v1/visitors/ann", headers=api.secret)
    assert shipped() == {"bob", "eve"}

    with monkeypatch.context() as away:
        away.setattr(Objects, "read", lambda *_: (_ for _ in ()).throw(StoreError("it is away")))
        answer = await api.http.delete("/v1/visitors/bob", headers=api.secret)
        assert (answer.status_code, shipped()) == (200, {"bob", "eve"})
    await compact_all(api.services)
    assert shipped() == {"eve"}


async def test_while_the_store_is_away_events_are_safe_here_and_readyz_says_so(
    api: Api, tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = api.services.workspace.shop("shop")
    with monkeypatch.context() as away:
        away.setattr(Objects, "upload", lambda *_: (_ for _ in ()).throw(StoreError("it is away")))
        await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
        await compact_all(api.services)
        assert (await api.http.get("/readyz")).json()["checks"]["store"]["reason"] == "StoreError: it is away"
        assert EventLog(folder).rows() == 1
    await compact_all(api.services)
    assert (await api.http.get("/readyz")).json()["checks"]["store"]["ok"]
    bring_up(other := Workspace(tmp_path / "training", url).shop("shop"), api.services.now())
    assert EventLog(other).rows() == 1


def test_a_store_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"VITRINE_STORE: 'ftp://x' cannot be used"):
        build(Settings.load(home=tmp_path, store="ftp://x"))
