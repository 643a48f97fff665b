"""From a template to an answer, with everything that all pages have in common."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse

from api.demo import languages
from api.demo.basket import Basket
from api.demo.storefront import Storefront
from recommender.languages import RIGHT_TO_LEFT

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "strict-origin-when-cross-origin"}


@dataclass(frozen=True)
class Shown:
    """What a page is, to its reader and to the scripts on it."""

    template: str
    type: str
    """As Vitrine calls it."""
    title: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    """Further `data-` attributes of the snippet's script element."""
    events: Sequence[Mapping[str, Any]] = ()
    """What the shop pushes into its data layer."""


@cache
def _templates() -> Environment:
    loader = PackageLoader("api.demo", "templates")
    found = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    found.filters["slug"] = slug
    return found


def slug(name: str) -> str:
    """A name as part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def render(request: Request, shop: Storefront, shown: Shown, **values: Any) -> HTMLResponse:
    """The page, in the visitor's language, under a strict content security policy."""
    language, nonce = languages.choose(request.query_params, request.cookies), secrets.token_urlsafe(12)
    common = {
        "shop": shop,
        "shown": shown,
        "text": SimpleNamespace(**languages.texts()[language]),
        "languages": {code: words["language"] for code, words in languages.texts().items()},
        "language": language,
        "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr",
        "money": partial(languages.money, language=language),
        "basket": Basket.read(request.cookies),
        "nonce": nonce,
        "here": request.url.path,
    }
    html = _templates().get_template(shown.template).render(common | values)
    answer = HTMLResponse(html, headers={**HEADERS, "Content-Security-Policy": _policy(nonce)})
    if "lang" in request.query_params:
        answer.set_cookie(languages.COOKIE, language, path="/demo", samesite="lax", httponly=True)
    return answer


def _policy(nonce: str) -> str:
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'; require-trusted-types-for 'script'"
    )
