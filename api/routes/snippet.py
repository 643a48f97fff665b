"""`/vitrine.js`, the script that a shop puts on its pages, and the module that it loads where there are popups."""

from functools import cache

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api import packed
from api.documentation import documented
from api.routes.direct import Direct
from api.snippet import popups, snippet

router = APIRouter(route_class=Direct, tags=["storefront"])

HEADERS = {
    "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Pages of every site may load them."""


@router.get("/vitrine.js", **documented("snippet", also=[304], media_type="text/javascript"))
async def script(request: Request) -> Response:
    """The snippet."""
    return _answer(request, *_script())


@router.get("/vitrine-popups.js", **documented("popup_module", also=[304], media_type="text/javascript"))
async def module(request: Request) -> Response:
    """The popup module, which the snippet loads on pages with campaigns."""
    return _answer(request, *_module())


def _answer(request: Request, body: bytes, name: str) -> Response:
    held = packed.unchanged(request, name, HEADERS)
    return held or packed.response(request, body, name, HEADERS, "text/javascript; charset=utf-8")


@cache
def _script() -> tuple[bytes, str]:
    return packed.pack(snippet(), packed.SMALL), packed.tag(snippet())


@cache
def _module() -> tuple[bytes, str]:
    return packed.pack(popups(), packed.SMALL), packed.tag(popups())
