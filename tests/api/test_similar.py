"""`GET /v1/similar/{item_id}`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender.tokens import read
from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio


async def test_it_leaves_out_the_item_itself(api: Api) -> None:
    items = (await api.http.get("/v1/similar/lamp", headers=api.public)).json()["items"]
    assert items[0]["item_id"] == "bulb"
    assert "lamp" not in {item["item_id"] for item in items}


async def test_an_item_shows_its_public_fields_only(api: Api) -> None:
    items = (await api.http.get("/v1/similar/bulb", headers=api.public)).json()["items"]
    lamp = next(item for item in items if item["item_id"] == "lamp")
    assert (lamp["title"], lamp["price"], "cost" in lamp) == ("Red lamp", 10, False)


async def test_an_unchanged_answer_is_not_sent_again(api: Api) -> None:
    first = await api.http.get("/v1/similar/lamp", headers=api.public)
    again = await api.http.get("/v1/similar/lamp", headers={**api.public, "If-None-Match": first.headers["etag"]})
    assert (first.headers["cache-control"], again.status_code, again.content) == ("no-cache", 304, b"")


async def test_a_weak_tag_among_others_is_recognised(api: Api) -> None:
    tag = (await api.http.get("/v1/similar/lamp", headers=api.public)).headers["etag"]
    sent = {**api.public, "If-None-Match": f'"other", W/{tag}'}
    assert (await api.http.get("/v1/similar/lamp", headers=sent)).status_code == 304


async def test_equal_questions_get_equal_bytes(api: Api) -> None:
    answers = {(await api.http.get("/v1/similar/lamp", headers=api.public)).content for _ in range(3)}
    assert len(answers) == 1


@pytest.mark.parametrize("cache", ["memory", "off"])
async def test_a_change_of_the_catalogue_changes_the_tag_and_the_answer(tmp_path: Path, cache: str) -> None:
    async with running(tmp_path, cache=cache) as api:
        await api.put_items()
        before = await api.http.get("/v1/similar/lamp", headers=api.public)
        changed = {"availability": "out_of_stock"}
        await api.http.patch("/v1/catalog/items/bulb", json=changed, headers=api.secret)
        after = await api.http.get("/v1/similar/lamp", headers={**api.public, "If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert "bulb" not in {item["item_id"] for item in after.json()["items"]}


async def test_the_token_tells_where_the_list_came_from(api: Api) -> None:
    answer = (await api.http.get("/v1/similar/lamp", headers=api.public)).json()
    attribution = read(answer["attribution_token"], api.signing_key)
    assert (attribution.shop, attribution.item_id, attribution.strategy) == ("shop", "lamp", "similar")
    assert (attribution.model_version, attribution.catalog_revision) == ("none", 1)


async def test_limit_shortens_the_list(api: Api) -> None:
    response = await api.http.get("/v1/similar/lamp", params={"limit": 2}, headers=api.public)
    assert len(response.json()["items"]) == 2


@pytest.mark.parametrize("limit", ["0", "101", "many"])
async def test_a_limit_beyond_the_bounds_is_refused(api: Api, limit: str) -> None:
    response = await api.http.get("/v1/similar/lamp", params={"limit": limit}, headers=api.public)
    assert (response.status_code, response.json()["field"]) == (422, "limit")


async def test_an_unknown_item_still_fills_the_slot(api: Api) -> None:
    response = await api.http.get("/v1/similar/unknown", headers=api.public)
    assert len(response.json()["items"]) == len("12345")


async def test_ids_may_hold_slashes(api: Api) -> None:
    await api.put_items({"id": "a/b", "title": "Red lamp shade", "product_type": "Lighting"})
    response = await api.http.get("/v1/similar/a%2Fb", headers=api.public)
    assert "a/b" not in {item["item_id"] for item in response.json()["items"]}


@pytest.mark.parametrize("cache", ["memory", "off"])
async def test_a_rule_that_ends_changes_the_tag_and_the_answer(tmp_path: Path, cache: str) -> None:
    moment = datetime(2026, 11, 27, tzinfo=UTC)
    async with running(tmp_path, cache=cache, now=lambda: moment) as api:
        await api.put_items()
        rule = {"id": "today", "ends": "2026-11-28T00:00:00Z", "exclude": {"item_ids": ["bulb"]}}
        await api.http.put("/v1/config", json={"rules": [rule]}, headers=api.secret)
        before = await api.http.get("/v1/similar/lamp", headers=api.public)
        assert "bulb" not in {item["item_id"] for item in before.json()["items"]}
        moment += timedelta(days=1)
        after = await api.http.get("/v1/similar/lamp", headers={**api.public, "If-None-Match": before.headers["etag"]})
        assert after.status_code == 200
        assert "bulb" in {item["item_id"] for item in after.json()["items"]}
