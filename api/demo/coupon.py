"""Discount codes in the demo shop's cart: the shop's server asks Vitrine what they are worth."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from api.checkout import shared_codes
from api.demo.basket import Line as Row
from api.demo.opening import SHOP
from api.services import services
from recommender.records.asking import Asked, Valid
from recommender.retention.cart import Cart, Line
from recommender.retention.checkout import Refused

COOKIE = "demo_code"
LONGEST = 60
CURRENCY = "GBP"


@dataclass(frozen=True)
class Coupon:
    """A code, and what it comes to for the cart."""

    code: str
    valid: bool = False
    discount: float = 0.0
    free_shipping: bool = False


async def coupon(request: Request, lines: Sequence[Row], order_id: str | None = None) -> Coupon | None:
    """What the visitor's code is worth, and, for an order, its use; None when there is none."""
    code = unquote(request.cookies.get(COOKIE, ""))
    if not code or not code.isprintable() or not lines:
        return None
    parts = services(request)
    now, view = parts.now(), (await parts.shops.get(SHOP)).view
    asked = Asked(code, _cart(lines), order_id=order_id, public=shared_codes(view, now))
    found: Valid | Refused
    found = await asyncio.to_thread(parts.records.coupons.validate, SHOP, asked, now)
    if isinstance(found, Valid) and order_id is not None:
        await asyncio.to_thread(parts.records.coupons.redeem, SHOP, asked, now, lambda _: {})
    if isinstance(found, Refused):
        return Coupon(code)
    return Coupon(found.code, True, float(found.benefit.discount), found.benefit.free_shipping)


def keep(answer: Response, code: str) -> None:
    """Remember the code in the browser; an empty one is forgotten."""
    if code.strip():
        answer.set_cookie(COOKIE, quote(code.strip()[:LONGEST], safe=""), path="/demo", samesite="lax", httponly=True)
    else:
        answer.delete_cookie(COOKIE, path="/demo")


def _cart(lines: Sequence[Row]) -> Cart:
    return Cart(
        CURRENCY, tuple(Line(str(row.item["id"]), Decimal(row.count), Decimal(str(row.price))) for row in lines)
    )
