"""Dates that nobody lives to see, in configurations, questions and events."""

from typing import Any

import pytest

from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

CART = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 1, "price": 90}]}
OFFER = {"percent": 10, "most": 5, "code": {"generated": {}}}
FIRST, FIRST_EAST = "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"
LAST, LAST_WEST = "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-14:00"
FAR = [FIRST, FIRST_EAST, LAST, LAST_WEST]


async def schedule(api: Api, **moments: str) -> list[dict[str, Any]]:
    """The popups of a page, once a campaign with these moments was taken."""
    campaign = {"id": "back", "offer": OFFER, "schedule": moments}
    response = await api.http.put("/v1/config", json={"campaigns": [campaign]}, headers=api.secret)
    assert response.status_code == 200, response.text
    return list((await api.page(visitor_id="v", cart=CART))["popups"])


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param({"starts": FIRST}, id="since the year 1"),
        pytest.param({"starts": FIRST_EAST}, id="since before the year 1"),
        pytest.param({"ends": LAST}, id="until the year 9999"),
        pytest.param({"ends": LAST_WEST}, id="until after the year 9999"),
    ],
)
async def test_a_campaign_that_runs_for_ages_gives_codes_that_can_be_used(api: Api, moments: dict[str, str]) -> None:
    [popup] = await schedule(api, **moments)
    asked = {"arm_token": popup["arm_token"], "cart": CART}
    shown = await api.http.post("/v1/popups/back/show", json=asked, headers=api.public)
    code = shown.json()["content"]["code"]["value"]
    for call in ("validate", "redeem"):
        used = {"code": code, "cart": CART, "order_id": "1", "visitor_id": "v"}
        response = await api.http.post(f"/v1/coupons/{call}", json=used, headers=api.secret)
        assert response.status_code == 200, response.text


async def test_a_campaign_of_another_age_is_taken_and_shows_nothing(api: Api) -> None:
    for moments in ({"starts": LAST}, {"starts": LAST_WEST}, {"ends": FIRST}, {"ends": FIRST_EAST}):
        assert await schedule(api, **moments) == []


async def test_a_preview_of_a_moment_that_is_far_off_is_refused(api: Api) -> None:
    campaign = {"id": "back", "offer": {**OFFER, "minutes": 60}}
    await api.http.put("/v1/config", json={"campaigns": [campaign]}, headers=api.secret)
    for moment in FAR:
        query = {"at": moment, "visitor_id": "v"}
        response = await api.http.get("/v1/popups/back/preview", params=query, headers=api.secret)
        assert (response.status_code, response.json()["field"]) == (422, "at")


async def test_an_event_of_another_age_is_rejected_by_its_field(api: Api) -> None:
    moments = [*FAR, 1e18, -1, "253402300800", "NaN"]
    event = {"event": "view_item", "item_id": "cup", "visitor_id": "v"}
    told = await api.tell(*({**event, "timestamp": moment} for moment in moments))
    assert [one["field"] for one in told["rejected"]] == ["timestamp"] * len(moments)


async def test_an_item_may_be_as_old_as_it_likes(api: Api) -> None:
    for moment in FAR:
        put = await api.put_items({"id": "cup", "title": "Cup", "created_at": moment, "restocked_at": moment})
        assert put.status_code == 200
        await api.page("product", item_id="lamp", visitor_id="v")
