"""Codes at checkout over HTTP, from the popup that gave them."""

import json
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select, update

from recommender.records.tables import COUPONS
from tests.api.conftest import Api, running
from tests.api.test_popups import Clock, configure, opened

pytestmark = pytest.mark.anyio

FLASH = {"id": "flash", "offer": {"percent": 10, "most": 10, "minutes": 30}}
BACK = {"id": "back", "offer": {"cashback": {"percent": 15}, "stackable": True}}
SPRING = {"id": "spring", "offer": {"percent": 20, "code": {"shared": "SPRING"}}}


def cart(price: str = "100.00", currency: str = "EUR") -> dict[str, Any]:
    return {"currency": currency, "items": [{"item_id": "sofa", "quantity": 1, "price": price}]}


async def call(api: Api, what: str, code: str, *, key: str | None = None, **more: Any) -> Response:
    body = {"code": code, **({} if what == "rollback" else {"cart": cart()}), **more}
    headers = {**api.secret, **({"Idempotency-Key": key} if key else {})}
    return await api.http.post(f"/v1/coupons/{what}", json=body, headers=headers)


async def code_of(api: Api, campaign: dict[str, Any], visitor: str = "v") -> str:
    """The code that a popup of the campaign gives."""
    await configure(api, campaign)
    answer = await opened(api, campaign["id"], visitor=visitor)
    return str(answer["content"]["code"]["value"])


async def test_a_code_from_a_popup_is_redeemed_once(api: Api) -> None:
    code = await code_of(api, FLASH)
    valid = (await call(api, "validate", code)).json()
    assert valid.pop("expires_at") is not None
    expected = {"campaign_id": "flash", "discount": "10.00", "currency": "EUR", "free_shipping": False, "gift": None}
    assert valid == {"valid": True, "code": code, **expected, "cashback": None}
    redeemed = (await call(api, "redeem", code, order_id="o1")).json()
    assert redeemed.pop("expires_at") is not None
    told = {"redeemed": True, "order_id": "o1", "code": code, **expected}
    assert redeemed == {**told, "cashback": None, "credited": None}
    again = await call(api, "redeem", code, order_id="o2")
    assert (again.status_code, again.json()["reason"], again.json()["field"]) == (409, "redeemed", "code")
    assert again.headers["content-type"] == "application/problem+json"
    assert (await call(api, "validate", code)).json() == {
        "valid": False, "reason": "redeemed", "detail": "the code was used with another order",
    }  # fmt: skip


async def test_a_rolled_back_code_can_be_used_again(api: Api) -> None:
    code = await code_of(api, FLASH)
    await call(api, "redeem", code, order_id="o1")
    back = (await call(api, "rollback", code, order_id="o1")).json()
    assert (back["rolled_back"], back["discount"], back["usable"]) == (True, "10.00", True)
    assert (await call(api, "redeem", code, order_id="o2")).status_code == 200
    unknown = await call(api, "rollback", code, order_id="o9")
    assert (unknown.status_code, unknown.json()["field"]) == (404, "order_id")


async def test_an_offer_that_only_a_newer_vitrine_understands_is_left_to_its_processes(api: Api) -> None:
    code = await code_of(api, FLASH)
    with api.services.records.database.write() as connection:
        promised = json.loads(connection.scalar(select(COUPONS.c.offer)))
        connection.execute(update(COUPONS).values(offer=json.dumps({**promised, "points": 5})))
    for what, more in (("validate", {}), ("redeem", {"order_id": "o1"})):
        answer = await call(api, what, code, **more)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["type"] == "urn:vitrine:problem:newer"
    with api.services.records.database.write() as connection:
        connection.execute(update(COUPONS).values(offer=json.dumps(promised)))
    assert (await call(api, "redeem", code, order_id="o1")).json()["discount"] == "10.00"


async def test_a_key_stands_for_one_call(api: Api) -> None:
    code = await code_of(api, FLASH)
    first, second = [await call(api, "redeem", code, key="k", order_id="o1") for _ in range(2)]
    assert first.json() == second.json()
    other = await call(api, "redeem", code, key="k", order_id="o2")
    assert (other.status_code, other.json()["type"]) == (409, "urn:vitrine:problem:conflict")
    assert "'k' came with another call" in other.json()["detail"]
    empty = await call(api, "redeem", code, key=" " * 3, order_id="o1")
    assert (empty.status_code, empty.json()["field"]) == (422, "Idempotency-Key")


async def test_a_deadline_is_over_at_the_checkout(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        code = await code_of(api, FLASH)
        clock.on(minutes=29, seconds=59)
        assert (await call(api, "validate", code)).json()["valid"] is True
        clock.on(seconds=1)
        assert (await call(api, "validate", code)).json()["reason"] == "expired"


async def test_cashback_pays_for_the_next_order(api: Api) -> None:
    code = await code_of(api, BACK)
    bought = cart("200.00")
    assert (await call(api, "validate", code, cart=bought)).json()["cashback"] == "30.00"
    earned = (await call(api, "redeem", code, cart=bought, order_id="o1", customer_id="c")).json()
    assert (earned["discount"], earned["cashback"]) == ("0.00", "30.00")
    balance = earned["credited"]
    assert (balance["balance"], balance["currency"]) == ("30.00", "EUR")
    assert (await call(api, "validate", balance["code"], cart=cart("12.50"))).json()["discount"] == "12.50"
    paid = (await call(api, "redeem", balance["code"], cart=cart("12.50"), order_id="o2")).json()
    assert (paid["discount"], paid["campaign_id"]) == ("12.50", None)
    customer = (await api.http.get("/v1/customers/c", headers=api.secret)).json()
    [account] = customer["cashback"]
    assert (account["balance"], account["code"]) == ("17.50", balance["code"])
    assert [(one["kind"], one["amount"]) for one in account["entries"]] == [("credit", "30.00"), ("spend", "-12.50")]
    assert [one["order_id"] for one in customer["coupons"]] == ["o1"]


async def test_an_erased_customer_leaves_only_the_books(api: Api) -> None:
    code = await code_of(api, BACK)
    earned = (await call(api, "redeem", code, order_id="o1", customer_id="c")).json()
    for path in ("/v1/customers/c", "/v1/visitors/v"):
        await api.http.delete(path, headers=api.secret)
        told = (await api.http.get(path, headers=api.secret)).json()
        assert (told["popups"], told["coupons"], told["cashback"]) == ([], [], [])
    assert (await call(api, "validate", earned["credited"]["code"])).json()["reason"] == "unknown"


async def test_a_shared_code_works_while_its_campaign_runs(api: Api) -> None:
    await configure(api, SPRING)
    assert (await call(api, "validate", "spring")).json()["discount"] == "20.00"
    assert (await call(api, "redeem", "spring", order_id="o1")).json()["discount"] == "20.00"
    await configure(api, {**SPRING, "enabled": False})
    assert (await call(api, "validate", "spring")).json()["reason"] == "unknown"


async def test_a_promise_outlasts_its_campaign(api: Api) -> None:
    code = await code_of(api, FLASH)
    await configure(api)
    assert (await call(api, "validate", code)).json()["discount"] == "10.00"


async def test_a_margin_floor_knows_what_items_cost(api: Api) -> None:
    code = await code_of(api, {"id": "flash", "offer": {"percent": 10, "margin_floor": "0.5", "minutes": 30}})
    lamp = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 2, "price": 10}]}
    assert (await call(api, "validate", code, cart=lamp)).json()["discount"] == "2.00"  # 18 paid, 8 cost
    assert (await call(api, "validate", code)).json()["reason"] == "margin"  # nobody knows what the sofa costs


async def test_a_float_is_read_as_it_is_written(api: Api) -> None:
    code = await code_of(api, FLASH)
    bought = {"currency": "EUR", "items": [{"item_id": "cup", "quantity": 3, "price": 0.1}]}
    assert (await call(api, "validate", code, cart=bought)).json()["discount"] == "0.03"


@pytest.mark.parametrize("what", ["validate", "redeem", "rollback"])
async def test_only_the_shops_server_may_ask(api: Api, what: str) -> None:
    response = await api.http.post(f"/v1/coupons/{what}", json={}, headers=api.public)
    assert (response.status_code, response.json()["type"]) == (403, "urn:vitrine:problem:secret-key-needed")


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"cart": None}, "cart"),
        ({"cart": {"currency": "EURO", "items": []}}, "cart.currency"),
        ({"cart": cart("-1")}, "cart.items[0].price"),
        ({"cart": cart("NaN")}, "cart.items[0].price"),
        ({"cart": {**cart(), "items": [{"item_id": "x", "quantity": 10**9, "price": 10**12}]}}, "cart"),
        ({"code": "a\0b"}, "code"),
        ({"with_codes": ["x"] * 21}, "with_codes"),
    ],
)
async def test_what_is_not_allowed_is_named(api: Api, members: dict[str, Any], field: str) -> None:
    response = await call(api, "validate", **{"code": "X", **members})
    assert (response.status_code, response.json()["field"]) == (422, field)


async def test_cashback_of_nobody_is_refused(api: Api) -> None:
    await configure(api, {"id": "back", "offer": {"cashback": {"percent": 5}, "code": {"shared": "BACK"}}})
    response = await call(api, "redeem", "BACK", order_id="o1")
    assert (response.status_code, response.json()["field"]) == (422, "customer_id")
