"""`/vitrine.js`: the script that a shop puts on its pages."""

from functools import cache

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import packed
from api.documentation import documented
from api.routes.direct import Direct
from api.snippet import snippet

router = APIRouter(route_class=Direct, tags=["storefront"])


@router.get("/vitrine.js", **documented("snippet"))
async def script(request: Request) -> Response:
    """The snippet; pages of every site may load it."""
    headers = {
        "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    body, name = _packed()
    held = packed.unchanged(request, name, headers)
    return held or packed.response(request, body, name, headers, "text/javascript; charset=utf-8")


@cache
def _packed() -> tuple[bytes, str]:
    return packed.pack(snippet(), packed.SMALL), packed.tag(snippet())
