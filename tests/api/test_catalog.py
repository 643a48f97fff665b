"""The catalogue calls."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.artifacts import publish
from tests.api.conftest import ITEMS, Api, running

pytestmark = pytest.mark.anyio


async def offered(api: Api) -> set[str]:
    return set(await api.recommend("best_sellers", limit=100))


async def patch(api: Api, item_id: str, **changes: Any) -> dict[str, Any]:
    response = await api.http.patch(f"/v1/catalog/items/{item_id}", json=changes, headers=api.secret)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def test_items_are_offered_in_the_next_answer(api: Api) -> None:
    response = await api.put_items({"id": "new", "title": "New"})
    assert response.json() == {"revision": 2, "items": 1}
    assert "new" in await offered(api)


async def test_stock_is_seen_both_ways(api: Api) -> None:
    await patch(api, "cup", availability="out_of_stock")
    assert "cup" not in await offered(api)
    await patch(api, "cup", availability="in_stock")
    assert "cup" in await offered(api)


async def test_a_price_is_seen_in_the_next_answer(api: Api) -> None:
    answer = await patch(api, "cup", price="2.50", sale_price=None)
    assert answer["item"]["price"] == "2.50"
    items = (await api.http.get("/v1/similar/plate", headers=api.public)).json()["items"]
    assert next(item["price"] for item in items if item["item_id"] == "cup") == 2.5


async def test_null_takes_a_field_away(api: Api) -> None:
    assert "product_type" not in (await patch(api, "cup", product_type=None))["item"]


async def test_a_deleted_item_is_never_offered(api: Api) -> None:
    response = await api.http.delete("/v1/catalog/items/cup", headers=api.secret)
    assert response.status_code == 200
    assert "cup" not in await offered(api)
    assert "cup" not in await api.recommend("similar", item_ids=["plate"], limit=100)


async def test_a_deleted_item_of_the_model_is_never_offered(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        version = publish(api.artifacts, "cup", "plate", "unlisted")
        await api.http.post(f"/v1/models/{version}/publish", headers=api.secret)
        await api.put_items(*ITEMS)
        await api.http.delete("/v1/catalog/items/cup", headers=api.secret)
        assert {"plate", "unlisted"} <= await offered(api)
        assert "cup" not in await offered(api)


async def test_a_price_of_nothing_is_not_offered(api: Api) -> None:
    await patch(api, "cup", price=0)
    assert "cup" not in await offered(api)


async def test_all_or_none_of_the_items_are_taken(api: Api) -> None:
    response = await api.put_items({"id": "new"}, {"id": "bad", "price": -1}, {"title": "no id"})
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["items[1].price", "items[2].id"]
    assert "new" not in await offered(api)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_an_unknown_item_is_not_found(api: Api, method: str) -> None:
    response = await api.http.request(method, "/v1/catalog/items/ghost", json={}, headers=api.secret)
    assert (response.status_code, response.json()["type"]) == (404, "urn:vitrine:problem:not-found")


async def test_a_wrong_change_names_its_field(api: Api) -> None:
    response = await api.http.patch("/v1/catalog/items/cup", json={"price": "cheap"}, headers=api.secret)
    assert (response.status_code, response.json()["field"]) == (422, "price")


async def test_the_public_key_changes_nothing(api: Api) -> None:
    response = await api.http.put("/v1/catalog/items", json=ITEMS, headers=api.public)
    assert response.status_code == 403


async def test_what_another_process_imports_is_noticed(api: Api) -> None:
    from recommender.catalog.item import Item

    api.services.records.catalog.put("shop", [Item(id="imported")], api.services.now())
    live = await api.services.shops.get("shop")
    live.refresh()
    assert "imported" in await offered(api)


async def test_a_refused_value_is_not_sent_back_whole(api: Api) -> None:
    sent = "x" * 100_000
    put = await api.put_items({"id": "new", "title": sent})
    changed = await api.http.patch("/v1/catalog/items/cup", json={"title": sent}, headers=api.secret)
    assert [(one.status_code, len(one.content) < 2000) for one in (put, changed)] == [(422, True)] * 2


@pytest.mark.parametrize("price", ["1e500", 1e18, "NaN"])
async def test_a_price_that_no_shop_asks_is_refused(api: Api, price: object) -> None:
    response = await api.put_items({"id": "new", "price": price})
    assert (response.status_code, response.json()["field"]) == (422, "items[0].price")
