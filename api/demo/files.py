"""The demo's pictures, style sheet and script."""

from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from api.demo.opening import storefront
from api.demo.pictures import draw

KINDS = {"shop.css": "text/css; charset=utf-8", "shop.js": "text/javascript; charset=utf-8"}
CACHED = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",  # a picture's own, opened by itself
}
ASSETS = files(__package__).joinpath("assets")


async def picture(request: Request, item_id: str) -> Response:
    """The drawing of an item; one that nobody knows is a gift."""
    item = (await storefront(request)).item(item_id) or {}
    return Response(draw(item_id, str(item.get("title", item_id))), media_type="image/svg+xml", headers=CACHED)


async def asset(name: str) -> Response:
    """The style sheet or the script."""
    if name not in KINDS:
        return Response(status_code=404)
    return Response(ASSETS.joinpath(name).read_bytes(), media_type=KINDS[name], headers={"Cache-Control": "no-cache"})
