"""Replicas on several hosts: homes of their own, records and a store in common."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from api import tasks
from recommender.archives.backup import back_up
from recommender.archives.restore import restore
from recommender.errors import ConflictError
from recommender.events import pieces
from recommender.events.log import EventLog
from recommender.events.stored import bring_up
from recommender.records import Records
from recommender.workspace import Workspace
from tests.api.conftest import Api, running
from tests.services import new_database

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


@pytest.fixture
async def replicas(tmp_path: Path, postgres_url: str) -> AsyncIterator[tuple[Api, Api]]:
    """Two that only do between requests what they are told to do."""
    settings = {
        "database_url": new_database(postgres_url, f"replicas_{abs(hash(tmp_path))}"),
        "store": f"file://{tmp_path}/shared",
        "refresh_seconds": 3600,
        "shipping_seconds": 3600,
    }
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(running(tmp_path / "one", **settings))
        await one.put_items()
        other = await stack.enter_async_context(running(tmp_path / "other", keys=one.keys, **settings))
        yield one, other


def stored(tmp_path: Path, api: Api) -> list[str]:
    """What somebody finds in the log in the store."""
    reader = Workspace(tmp_path / "reader", f"file://{tmp_path}/shared").shop("shop")
    bring_up(reader, api.services.now())
    return sorted(EventLog(reader).scan().collect()["event_id"])


def view(id_: str, visitor: str = "v") -> dict[str, str]:
    return {"event": "view_item", "item_id": "cup", "visitor_id": visitor, "event_id": id_}


async def test_one_look_tells_what_another_host_changed(replicas: tuple[Api, Api]) -> None:
    """Configuration, price, keys and origins; a second look reads nothing but that nothing changed."""
    one, other = replicas
    placement = {"id": "mine", "page_types": ["home"], "strategy": "best_sellers"}
    assert [card["price"] for card in (await other.page())["showcases"][0]["items"] if card["item_id"] == "cup"] == [3]
    response = await one.http.put("/v1/config", json={"placements": [placement]}, headers=one.secret)
    assert response.status_code == 200, response.text
    await one.http.patch("/v1/catalog/items/cup", json={"price": 7}, headers=one.secret)
    records = one.services.records
    public, secret = (records.shops.rotate("shop", kind) for kind in ("public", "secret"))
    records.shops.set_origins("shop", ["https://shop.example"])

    await tasks.refresh(other.services)

    refused = await other.http.post("/v1/page", json={"page": {"type": "home"}}, headers=other.public)
    assert refused.status_code == 401
    foreign = {"X-Vitrine-Key": public, "Origin": "https://other.example"}
    assert (await other.http.post("/v1/page", json={"page": {"type": "home"}}, headers=foreign)).status_code == 403
    page = await other.page(headers={"X-Vitrine-Key": public, "Origin": "https://shop.example"})
    assert [showcase["placement"] for showcase in page["showcases"]] == ["mine"]
    assert [card["price"] for card in page["showcases"][0]["items"] if card["item_id"] == "cup"] == [7]
    answer = await other.http.get("/v1/config", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["version"] == 1


async def test_what_all_hosts_were_told_is_in_one_log(replicas: tuple[Api, Api], tmp_path: Path) -> None:
    """One host makes it while it lives; each ships what it has, also when it ends."""
    one, other = replicas
    await one.tell(view("a"), view("both"))
    await other.tell(view("b"), view("both"))
    for api in replicas:
        assert api.services.shipper is not None
        await api.services.shipper.ship()
    assert len(pieces.waiting(pieces.of_shop(one.services.workspace.shop("shop")))) == 2

    await tasks.compact_all(other.services)
    await one.tell(view("later"))
    await tasks.compact_all(one.services)

    assert stored(tmp_path, one) == ["a", "b", "both"]
    await tasks.compact_all(other.services)
    assert stored(tmp_path, one) == ["a", "b", "both", "later"]


async def test_a_host_that_ends_ships_what_it_has(tmp_path: Path) -> None:
    store = f"file://{tmp_path}/shared"
    async with running(tmp_path / "one", store=store, shipping_seconds=3600) as api:
        await api.tell(view("a"))
    folder = Workspace(tmp_path / "one", store).shop("shop")
    assert len(pieces.waiting(pieces.of_shop(folder))) == 1


async def test_a_person_is_shown_and_erased_by_any_host(replicas: tuple[Api, Api], tmp_path: Path) -> None:
    """Whatever was shipped belongs to it; what the other host has not shipped yet goes with its next look."""
    one, other = replicas
    await one.tell(view("a"), view("kept", "w"))
    await tasks.compact_all(one.services)
    await one.tell(view("b"))
    assert one.services.shipper is not None
    await one.services.shipper.ship()
    await one.tell(view("c"))

    shown = (await other.http.get("/v1/visitors/v", headers=other.secret)).json()
    assert [event["event_id"] for event in shown["events"]] == ["a", "b"]
    erased = (await other.http.delete("/v1/visitors/v", headers=other.secret)).json()

    assert erased["erased"]["events"] == 2
    assert stored(tmp_path, one) == ["kept"]
    await tasks.refresh(one.services)
    await one.tell(view("d"))
    await tasks.compact_all(one.services)
    assert stored(tmp_path, one) == ["d", "kept"]
    assert (await one.http.get("/v1/visitors/v", headers=one.secret)).json()["events"][0]["event_id"] == "d"


async def test_a_backup_made_on_any_host_holds_what_all_have_shipped(replicas: tuple[Api, Api], tmp_path: Path) -> None:
    """It comes back where there is no store; and not in a store that has the shop's log."""
    one, other = replicas
    await one.tell(view("a"))
    assert one.services.shipper is not None
    await one.services.shipper.ship()
    archive, alone = tmp_path / "shop.backup", Workspace(tmp_path / "alone")
    parts = other.services

    back_up(parts.workspace, parts.records, "shop", archive, now=parts.now)

    records = Records.open(alone.records_url)
    restore(alone, records, archive, now=parts.now())
    assert [*EventLog(alone.shop("shop")).scan().collect()["event_id"]] == ["a"]
    with pytest.raises(ConflictError, match=r"not empty \(log"):
        restore(Workspace(tmp_path / "third", f"file://{tmp_path}/shared"), records, archive, now=parts.now())
    records.close()
