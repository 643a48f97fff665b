"""`/docs`: every call on one page that needs nothing from elsewhere; `/openapi.json` for machines."""

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

import orjson
from fastapi import APIRouter
from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.routes.direct import Direct

router = APIRouter(route_class=Direct, include_in_schema=False)

KEYS = {"PublicKey": "public", "SecretKey": "secret"}
METHODS = ("get", "post", "put", "patch", "delete")
TEMPLATE = (files("api") / "docs.html").read_text(encoding="utf-8")
STYLE = TEMPLATE.partition("<style>")[2].partition("</style>")[0]
POLICY = "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY.format(style=b64encode(sha256(STYLE.encode()).digest()).decode()),
    "Referrer-Policy": "no-referrer",
}
"""The page needs nothing but its own style."""


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The description for people."""
    return HTMLResponse(_page(orjson.dumps(request.app.openapi())), headers=HEADERS)


@cache
def _page(schema: bytes) -> str:
    template = Environment(autoescape=True, trim_blocks=True).from_string(TEMPLATE)
    document = orjson.loads(schema)
    return template.render(api=document, calls=list(_calls(document)), shown=_shown, coded=_coded, keys=KEYS)


def _calls(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                call = methods[method]
                more = {"body": _body(call), "fields": _fields(call), "answer": _answer(call)}
                yield {"method": method.upper(), "path": path, **call, **more}


def _body(call: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = call.get("requestBody", {}).get("content", {}).get("application/json", {})
    return content


def _fields(call: dict[str, Any]) -> str:
    """Which of the bodies a request is, by its name."""
    schema = _body(call).get("schema", {})
    return str(schema.get("items", schema).get("$ref", "")).rpartition("/")[2]


def _coded(text: str) -> Markup:
    """What stands between backticks, as code."""
    return Markup(re.sub(r"(?::\w+:)?`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just here


def _answer(call: dict[str, Any]) -> tuple[str, Any] | None:
    for status, answer in call["responses"].items():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            return status, example
    return None


def _shown(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
