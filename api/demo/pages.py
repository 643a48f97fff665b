"""The demo shop's pages."""

import secrets
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.demo.basket import COOKIE, Basket, ga4_item, parts, total
from api.demo.campaigns import campaigns
from api.demo.coupon import coupon, keep
from api.demo.files import asset, picture
from api.demo.opening import storefront
from api.demo.order import confirm
from api.demo.rendering import Shown, render, slug
from api.demo.storefront import Card

PAGE_SIZE = 24
CURRENCY = "GBP"
LONGEST_FORM = 4096


def routes() -> APIRouter:
    """Everything below `/demo/`."""
    router = APIRouter(prefix="/demo", include_in_schema=False)
    router.add_api_route("", to_home, methods=["GET"])
    router.add_api_route("/", home, methods=["GET"])
    router.add_api_route("/category/{name}", category, methods=["GET"])
    router.add_api_route("/product/{item_id:path}", product, methods=["GET"])
    router.add_api_route("/search", search, methods=["GET"])
    router.add_api_route("/cart", cart, methods=["GET"])
    router.add_api_route("/cart", change_cart, methods=["POST"])
    router.add_api_route("/checkout", checkout, methods=["POST"])
    router.add_api_route("/campaigns", campaigns, methods=["GET"])
    router.add_api_route("/images/{item_id:path}.svg", picture, methods=["GET"])
    router.add_api_route("/assets/{name}", asset, methods=["GET"])
    router.add_api_route("/{rest:path}", missing, methods=["GET"])
    return router


async def to_home() -> Response:
    """Relative links need the slash."""
    return RedirectResponse("/demo/", 308)


async def home(request: Request) -> Response:
    """The first page."""
    shop = await storefront(request)
    return render(request, shop, Shown("home.html", "home"), sale=shop.sale(8))


async def category(request: Request, name: str) -> Response:
    """A department's items, a page at a time."""
    shop = await storefront(request)
    found = next((title for title, _, _ in shop.departments if slug(title) == name), None)
    if found is None:
        return await missing(request)
    items, number = shop.of(found), _page(request)
    shown = Shown("category.html", "category", title=found, data={"category": found})
    return render(request, shop, shown, **_slice(items, number), heading=found, path=f"/demo/category/{name}?")


async def product(request: Request, item_id: str) -> Response:
    """One item."""
    shop = await storefront(request)
    item = shop.item(item_id)
    if item is None:
        return await missing(request)
    told = ga4_item(item)
    event = {"event": "view_item", "ecommerce": {"currency": CURRENCY, "value": told["price"], "items": [told]}}
    shown = Shown("product.html", "product", str(item["title"]), {"item-id": item_id}, [event])
    return render(request, shop, shown, item=item, told=told)


async def search(request: Request) -> Response:
    """Items for words."""
    shop = await storefront(request)
    query = request.query_params.get("q", "").strip()[:200]
    events = [{"event": "search", "search_term": query}] if query else []
    shown = Shown("search.html", "search", query, {"query": query}, events)
    found = shop.search(query)
    path = str(request.url.include_query_params(page="")).removesuffix("page=").partition("/demo")[2]
    return render(request, shop, shown, **_slice(found, _page(request)), query=query, path=f"/demo{path}")


async def cart(request: Request) -> Response:
    """What lies in the cart."""
    if "code" in request.query_params:
        answer = RedirectResponse("/demo/cart", 303)
        keep(answer, request.query_params["code"])
        return answer
    shop = await storefront(request)
    lines = Basket.read(request.cookies).lines(shop)
    worth = {"currency": CURRENCY, "value": total(lines), "items": list(parts(lines))}
    shown = Shown("cart.html", "cart", events=[{"event": "view_cart", "ecommerce": worth}] if lines else [])
    return render(request, shop, shown, lines=lines, total=total(lines), coupon=await coupon(request, lines))


async def change_cart(request: Request) -> Response:
    """Put an item into the cart, change how many, take it out, or use a discount code."""
    form = await _form(request)
    answer = RedirectResponse("/demo/cart", 303)
    if "code" in form:
        keep(answer, form["code"])
        return answer
    basket, item_id = Basket.read(request.cookies), form.get("item_id", "")
    count = _number(form.get("quantity", ""))
    changed = basket.put(item_id, count) if form.get("exactly") else basket.add(item_id, count)
    answer.set_cookie(COOKIE, changed.cookie(), path="/demo", samesite="lax", httponly=True)
    return answer


async def checkout(request: Request) -> Response:
    """Pretend to sell what lies in the cart."""
    shop = await storefront(request)
    lines = Basket.read(request.cookies).lines(shop)
    if not lines:
        return RedirectResponse("/demo/cart", 303)
    order = f"demo-{secrets.token_hex(6)}"
    used = await coupon(request, lines, order)
    worth = round(total(lines) - (used.discount if used else 0), 2)
    sold = {"transaction_id": order, "currency": CURRENCY, "value": worth, "items": list(parts(lines))}
    await confirm(request, sold, (await _form(request)).get("visitor_id", ""))
    shown = Shown("thanks.html", "other", events=[{"event": "purchase", "ecommerce": sold}])
    answer = render(request, shop, shown, order=order, lines=lines, total=worth, basket=Basket({}))
    answer.delete_cookie(COOKIE, path="/demo")
    keep(answer, "")
    return answer


async def missing(request: Request) -> Response:
    """A page that does not exist."""
    shop = await storefront(request)
    answer: HTMLResponse = render(request, shop, Shown("not_found.html", "not_found"))
    answer.status_code = 404
    return answer


def _page(request: Request) -> int:
    return max(1, _number(request.query_params.get("page", "")))


def _number(asked: str) -> int:
    """What was asked for; 1 where that is no number, or one that nobody means."""
    return int(asked) if asked.isdecimal() and len(asked) < 6 else 1


def _slice(items: list[Card], number: int) -> dict[str, Any]:
    begin = (number - 1) * PAGE_SIZE
    return {"items": items[begin : begin + PAGE_SIZE], "found": len(items), "number": number, "size": PAGE_SIZE}


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            return {}
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
