"""`POST /v1/recommendations`."""

from typing import Any

import pytest

from tests.api.conftest import Api

pytestmark = pytest.mark.anyio


async def ask(api: Api, *requests: dict[str, Any]) -> list[dict[str, Any]]:
    response = await api.http.post("/v1/recommendations", json={"requests": list(requests)}, headers=api.public)
    assert response.status_code == 200, response.text
    return list(response.json()["results"])


async def test_results_come_in_the_order_of_the_requests(api: Api) -> None:
    results = await ask(api, {"strategy": "similar", "item_ids": ["cup"]}, {"strategy": "best_sellers", "limit": 1})
    assert [result["strategy"] for result in results] == ["similar", "best_sellers"]
    assert len(results[1]["items"]) == 1


async def test_unknown_seeds_are_named(api: Api) -> None:
    (result,) = await ask(api, {"strategy": "similar", "item_ids": ["cup", "ghost"]})
    assert result["missing_ids"] == ["ghost"]


async def test_excluded_items_and_seeds_are_left_out(api: Api) -> None:
    asked = {"strategy": "similar", "item_ids": ["cup"], "exclude": ["plate"]}
    (result,) = await ask(api, asked)
    assert {"cup", "plate"}.isdisjoint(item["item_id"] for item in result["items"])


async def test_a_filter_is_never_violated(api: Api) -> None:
    (result,) = await ask(api, {"strategy": "best_sellers", "filter": {"price": {"max": 3}}})
    assert {item["item_id"] for item in result["items"]} == {"bulb", "cup"}


async def test_a_filter_that_cannot_be_understood_is_named_with_its_request(api: Api) -> None:
    requests = [{"strategy": "trending"}, {"strategy": "trending", "filter": {"cost": 1}}]
    response = await api.http.post("/v1/recommendations", json={"requests": requests}, headers=api.public)
    assert (response.status_code, response.json()["field"]) == (422, "requests[1].filter.cost")


async def test_an_explanation_comes_when_asked_for(api: Api) -> None:
    requests = [{"strategy": "similar", "item_ids": ["cup"], "explain": explain} for explain in (False, True)]
    without, with_it = await ask(api, *requests)
    assert ("explanation" in without["items"][0], "explanation" in with_it["items"][0]) == (False, True)


async def test_many_people_are_read_at_once(api: Api) -> None:
    await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "a"})
    await api.tell({"event": "view_item", "item_id": "sofa", "visitor_id": "b"})
    results = await ask(api, *({"strategy": "recently_viewed", "visitor_id": id_} for id_ in "ab"))
    assert [result["items"][0]["item_id"] for result in results] == ["cup", "sofa"]


@pytest.mark.parametrize(
    ("requests", "field"),
    [
        ([], "requests"),
        ([{"strategy": "trending"}] * 101, "requests"),
        ([{"strategy": "magic"}], "requests[0].strategy"),
        ([{"strategy": "similar", "item_ids": ["a"] * 101}], "requests[0].item_ids"),
        ([{"strategy": "trending", "limit": 101}], "requests[0].limit"),
        ([{"strategy": "trending", "session": [{"item_id": "a"}] * 501}], "requests[0].session"),
    ],
)
async def test_limits_are_kept(api: Api, requests: list[Any], field: str) -> None:
    response = await api.http.post("/v1/recommendations", json={"requests": requests}, headers=api.public)
    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_a_list_may_be_varied_and_capped(api: Api) -> None:
    asked = {"strategy": "best_sellers", "limit": 3}
    plain, capped = await ask(api, asked, {**asked, "max_per_category": 1, "max_per_brand": 1, "diversity": 0.5})
    names = {"lamp": "Lighting", "bulb": "Lighting", "cup": "Kitchen", "plate": "Kitchen", "sofa": "Furniture"}
    assert len({names[item["item_id"]] for item in capped["items"]}) == 3
    assert len({names[item["item_id"]] for item in plain["items"]}) < 3


@pytest.mark.parametrize(
    ("name", "value"), [("diversity", 1.5), ("diversity", -0.1), ("max_per_brand", 0), ("max_per_category", "many")]
)
async def test_a_wish_for_variety_that_is_not_allowed_is_named(api: Api, name: str, value: Any) -> None:
    body = {"requests": [{"strategy": "trending", name: value}]}
    response = await api.http.post("/v1/recommendations", json=body, headers=api.public)
    assert (response.status_code, response.json()["field"]) == (422, f"requests[0].{name}")
