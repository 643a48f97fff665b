"""What is kept of a person, and that it can be erased."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from recommender.events.compaction import compact
from recommender.retention.moves import SCHEMA, Moves
from recommender.tokens import customer_token
from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio

NOTHING = {
    "visitor_id": "v",
    "customer_ids": [],
    "events": [],
    "state": [],
    "popups": [],
    "coupons": [],
    "cashback": [],
    "segment_moves": [],
}
VIEW = {"event": "view_item", "item_id": "lamp", "visitor_id": "v"}


async def export(api: Api, path: str) -> dict[str, object]:
    return dict((await api.http.get(path, headers=api.secret)).json())


async def test_an_export_holds_events_of_spool_and_log(api: Api) -> None:
    await api.tell(VIEW)
    compact(api.services.workspace.shop("shop"), now=api.services.now())
    await api.tell({**VIEW, "item_id": "cup", "currency": "EUR", "value": 3, "colour": "red"})
    events = (await export(api, "/v1/visitors/v"))["events"]
    assert isinstance(events, list)
    assert [event["items"][0]["item_id"] for event in events] == ["lamp", "cup"]
    assert (events[1]["value"], events[1]["colour"]) == (3, "red")


async def test_a_stranger_has_an_empty_export(api: Api) -> None:
    assert await export(api, "/v1/visitors/x") == {**NOTHING, "visitor_id": "x"}


async def test_erasing_leaves_nothing_in_log_spool_and_state(api: Api) -> None:
    await api.tell(VIEW, {**VIEW, "visitor_id": "other"})
    compact(api.services.workspace.shop("shop"), now=api.services.now())
    await api.tell({**VIEW, "item_id": "cup"})
    response = await api.http.delete("/v1/visitors/v", headers=api.secret)
    assert response.json() == {"visitor_id": "v", "erased": {"events": 2, "state": True}}
    assert await export(api, "/v1/visitors/v") == NOTHING
    assert await api.seen("v") == []
    assert len((await export(api, "/v1/visitors/other"))["events"]) == 1  # type: ignore[arg-type]


async def test_an_erased_customer_is_unlinked(api: Api) -> None:
    await api.tell({**VIEW, "customer_id": "c"}, secret=True)
    await api.http.delete("/v1/customers/c", headers=api.secret)
    assert (await export(api, "/v1/visitors/v"))["customer_ids"] == []


async def test_what_was_erased_does_not_come_back_with_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await api.put_items()
        await api.tell(VIEW, {**VIEW, "visitor_id": "other"})
        await api.http.delete("/v1/visitors/v", headers=api.secret)
    async with running(tmp_path, keys=api.keys) as again:
        assert (await again.seen("v"), await again.seen("other")) == ([], ["lamp"])


class TestIdentity:
    async def login(self, api: Api, customer_id: str) -> None:
        token = customer_token("shop", customer_id, 4_000_000_000, api.signing_key)
        await api.tell({
            "event": "page_view", "visitor_id": "v", "customer_id": customer_id, "customer_token": token,
        })  # fmt: skip

    async def seen(self, api: Api, customer_id: str, visitor_id: str) -> list[str]:
        asked = {"strategy": "recently_viewed", "visitor_id": visitor_id, "customer_id": customer_id}
        body = {"requests": [asked]}
        answer = await api.http.post("/v1/recommendations", json=body, headers=api.secret)
        result = answer.json()["results"][0]
        return [item["item_id"] for item in result["items"]] if result["strategy"] == "recently_viewed" else []

    async def test_the_first_customer_takes_over_what_was_done_before(self, api: Api) -> None:
        await api.tell(VIEW)
        await self.login(api, "c")
        assert await self.seen(api, "c", "another-browser") == ["lamp"]

    async def test_a_shared_browser_gives_each_customer_their_own(self, api: Api) -> None:
        await api.tell(VIEW)
        await self.login(api, "a")
        await api.tell({**VIEW, "item_id": "cup"})
        await self.login(api, "b")
        await api.tell({**VIEW, "item_id": "sofa"})
        assert await self.seen(api, "a", "v") == ["cup", "lamp"]
        assert await self.seen(api, "b", "v") == ["sofa"]


async def test_moves_between_segments_are_told_and_erased(api: Api) -> None:
    moves = Moves(api.services.workspace.shop("shop").segments)
    june = datetime(2025, 6, 1, tzinfo=UTC)
    one = {"event": "segment_entered", "segment": "loyal", "timestamp": june, "model_version": "20250601-a"}
    rows = [{**one, "visitor_id": "v", "customer_id": None}, {**one, "visitor_id": None, "customer_id": "c"}]
    moves.add(pa.Table.from_pylist(rows, schema=SCHEMA), "20250601-a")
    assert (await export(api, "/v1/visitors/v"))["segment_moves"] == [{**one, "timestamp": june.isoformat()}]
    await api.http.delete("/v1/visitors/v", headers=api.secret)
    assert await export(api, "/v1/visitors/v") == NOTHING
    assert len((await export(api, "/v1/customers/c"))["segment_moves"]) == 1  # type: ignore[arg-type]
