"""Codes at checkout, as the shop's server asks for them: validated, redeemed by an order, rolled back."""

import asyncio
import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Self

import orjson
from fastapi import APIRouter
from pydantic import Field, StringConstraints, model_validator
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.bootstrap import Services
from api.checkout import shared_codes
from api.documentation import SECRET, documented
from api.gathering import gather
from api.keys import Caller
from api.problems import Problem
from api.routes.direct import Direct
from api.sent import MOST_CART_ITEMS, Id, Sent
from api.services import services
from api.validation import json_body, parse
from recommender import money
from recommender.money import Currency
from recommender.records.asking import Asked, RolledBack, Valid
from recommender.records.coupons import Repeatable
from recommender.records.giving import Person
from recommender.refusals import refusal
from recommender.retention.cart import Cart, Line
from recommender.retention.checkout import Refused

MOST_CODES = 20
LONGEST_KEY = 200
OK = "ok"
"""What a call came to that did what it was asked; a refused one came to its reason, which may be `redeemed`."""

CodeText = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]

router = APIRouter(route_class=Direct, tags=["coupons"])


class CartLine(Sent):
    """So many of one item."""

    item_id: Id
    quantity: Decimal = Field(Decimal(1), gt=0, le=10**9)
    price: money.Amount
    """Of one, as it is paid; send a string to keep every digit."""


class CheckoutCart(Sent):
    """What is bought."""

    currency: Currency
    items: list[CartLine] = Field(max_length=MOST_CART_ITEMS)

    @model_validator(mode="after")
    def _of_this_world(self) -> Self:
        if self.cart().total > money.MOST:
            raise refusal("", "the cart", f"it may be worth {money.MOST} at most")
        return self

    def cart(self) -> Cart:
        """As offers are reckoned on it."""
        return Cart(self.currency, tuple(Line(row.item_id, row.quantity, row.price) for row in self.items))


class ValidateRequest(Sent):
    """A code was typed."""

    code: CodeText
    cart: CheckoutCart
    customer_id: Id | None = None
    """Who is logged in."""
    visitor_id: Id | None = None
    """The browser, as the snippet calls it."""
    with_codes: list[CodeText] = Field(default=[], max_length=MOST_CODES)
    """The other codes of the same order."""


class RedeemRequest(ValidateRequest):
    """An order was placed."""

    order_id: Id
    """Which; the same one may ask again."""


class RollbackRequest(Sent):
    """An order was cancelled or refunded."""

    code: CodeText
    order_id: Id


@router.post("/v1/coupons/validate", **documented("validate_coupon", ValidateRequest, security=SECRET))
async def validate(request: Request) -> Response:
    """What a code would come to for a cart, or why it does not hold; a code that holds is kept for the checkout."""
    parts, caller, document = await _asked(request)
    asked = await _checkout(request, caller, parse(ValidateRequest, document))
    found = await asyncio.to_thread(parts.records.coupons.validate, caller.shop.name, asked, parts.now())
    _count(parts, "validate", found.reason.value if isinstance(found, Refused) else OK)
    if isinstance(found, Refused):
        return answer({"valid": False, "reason": found.reason.value, "detail": found.detail})
    return answer({"valid": True, **_benefit(found)})


@router.post("/v1/coupons/redeem", **documented("redeem_coupon", RedeemRequest, security=SECRET, also=[409]))
async def redeem(request: Request) -> Response:
    """Use a code for an order, once; cashback is credited here. `Idempotency-Key` makes a repeated call safe."""
    parts, caller, document = await _asked(request)
    sent = parse(RedeemRequest, document)
    asked = await _checkout(request, caller, sent, sent.order_id)
    shop, key = caller.shop.name, _repeatable(request, document)
    found = await asyncio.to_thread(
        parts.records.coupons.redeem, shop, asked, parts.now(), _redeemed(sent.order_id), key
    )
    _count(parts, "redeem", found.reason.value if isinstance(found, Refused) else OK)
    if isinstance(found, Refused):
        raise Problem(409, "coupon", found.detail, field="code", reason=found.reason.value)
    return answer(found)


@router.post("/v1/coupons/rollback", **documented("rollback_coupon", RollbackRequest, security=SECRET, also=[404, 409]))
async def rollback(request: Request) -> Response:
    """Take an order's use of a code back: the code and its budget are free again, its cashback is taken back."""
    parts, caller, document = await _asked(request)
    sent = parse(RollbackRequest, document)
    shown, key = _rolled_back(sent.order_id), _repeatable(request, document)
    coupons, shop, now = parts.records.coupons, caller.shop.name, parts.now()
    found = await asyncio.to_thread(coupons.rollback, shop, sent.code, sent.order_id, now, shown, key)
    _count(parts, "rollback", "unknown" if found is None else OK)
    if found is None:
        detail = f"order {sent.order_id!r} did not use the code {sent.code!r}"
        raise Problem(404, "not-found", detail, field="order_id")
    return answer(found)


def _count(parts: Services, call: str, outcome: str) -> None:
    parts.metrics.coupons.labels(call, outcome).inc()


async def _asked(request: Request) -> tuple[Services, Caller, Any]:
    parts = services(request)
    caller = await parts.keys.secret(request)
    return parts, caller, await json_body(request, parts.settings.body_bytes)


async def _checkout(request: Request, caller: Caller, sent: ValidateRequest, order_id: str | None = None) -> Asked:
    parts = services(request)
    view = (await gather(parts, request, caller)).view
    person = Person(sent.customer_id, sent.visitor_id)
    return Asked(sent.code, sent.cart.cart(), person, order_id, tuple(sent.with_codes), shared_codes(view, parts.now()))


def _repeatable(request: Request, document: Any) -> Repeatable | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY:
        detail = f"Idempotency-Key: {key[:80]!r} is not allowed; use 1 to {LONGEST_KEY} characters"
        raise Problem(422, "not-allowed", detail, field="Idempotency-Key")
    call = orjson.dumps([request.url.path, document], option=orjson.OPT_SORT_KEYS)
    return Repeatable(key, hashlib.sha256(call).hexdigest())


def _benefit(valid: Valid) -> dict[str, Any]:
    found = valid.benefit
    return {
        "code": valid.code,
        "campaign_id": valid.campaign_id,
        "discount": str(money.rounded(found.discount, found.currency)),
        "currency": found.currency,
        "free_shipping": found.free_shipping,
        "gift": found.gift,
        "cashback": str(found.cashback) if found.cashback else None,
        "expires_at": None if valid.expires_at is None else valid.expires_at.isoformat(),
    }


def _redeemed(order_id: str) -> Callable[[Valid], dict[str, Any]]:
    def shown(valid: Valid) -> dict[str, Any]:
        account = valid.credited
        balance = None
        if account is not None:
            amounts = {"balance": str(account.balance), "currency": account.currency}
            balance = {"code": account.code, **amounts}
        return {"redeemed": True, "order_id": order_id, **_benefit(valid), "credited": balance}

    return shown


def _rolled_back(order_id: str) -> Callable[[RolledBack], dict[str, Any]]:
    def shown(back: RolledBack) -> dict[str, Any]:
        return {
            "rolled_back": True,
            "order_id": order_id,
            "code": back.code,
            "campaign_id": back.campaign_id,
            "discount": str(back.discount),
            "currency": back.currency,
            "cashback": str(back.cashback) if back.cashback else None,
            "usable": back.usable,
        }

    return shown
