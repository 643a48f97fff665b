"""`/vitrine.js`: the script that a shop puts on its pages."""

from functools import cache
from hashlib import blake2b

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.documentation import documented
from api.snippet import snippet

router = APIRouter(tags=["storefront"])


@router.get("/vitrine.js", **documented("snippet"))
async def script(request: Request) -> Response:
    """The snippet; pages of every site may load it."""
    headers = {
        "ETag": _etag(),
        "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if _etag() in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(snippet(), headers=headers, media_type="text/javascript; charset=utf-8")


@cache
def _etag() -> str:
    return f'"{blake2b(snippet(), digest_size=12).hexdigest()}"'
