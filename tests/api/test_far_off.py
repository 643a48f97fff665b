"""Dates that nobody lives to see, in configurations, questions and events."""

import pytest

from tests.api.conftest import Api

pytestmark = pytest.mark.anyio

CART = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 1, "price": 90}]}
OFFER = {"percent": 10, "most": 5, "code": {"generated": {}}}
FAR = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-14:00",
]


@pytest.mark.parametrize("moment", [FAR[0], FAR[3]])
async def test_a_campaign_that_ends_in_the_year_9999_gives_codes_that_can_be_used(api: Api, moment: str) -> None:
    schedule = {"starts" if moment < "1" else "ends": moment}
    campaign = {"id": "back", "offer": OFFER, "schedule": schedule}
    response = await api.http.put("/v1/config", json={"campaigns": [campaign]}, headers=api.secret)
    if response.status_code == 422:
        assert "schedule" in response.json()["detail"]
        return
    page = await api.page(visitor_id="v", cart=CART)
    asked = {"arm_token": page["popups"][0]["arm_token"], "cart": CART}
    shown = await api.http.post("/v1/popups/back/show", json=asked, headers=api.public)
    code = shown.json()["content"]["code"]["value"]
    for call in ("validate", "redeem"):
        used = {"code": code, "cart": CART, "order_id": "1", "visitor_id": "v"}
        response = await api.http.post(f"/v1/coupons/{call}", json=used, headers=api.secret)
        assert response.status_code == 200, response.text


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
