"""A small shop and a fake API for the snippet: each page is what a test needs, each call is kept for it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from api.snippet import popups, snippet
from api.snippet.bundle import read
from api.snippet.labels import labels

KEY = "pk_test"
STRICT = "default-src 'none'; script-src 'self' 'nonce-n'; style-src 'self'; img-src 'self'; connect-src 'self'"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9H0z" fill="#c55"/></svg>'
STYLE = "body{margin:2rem;font:16px/1.5 sans-serif}[data-vitrine]{min-height:20em}"


def item(number: int, **more: Any) -> dict[str, Any]:
    """An item as `/v1/page` answers it."""
    return {
        "item_id": f"S{number}",
        "title": f"White Lantern {number}",
        "link": f"/product/{number}",
        "image_link": "/picture.svg",
        "price": 2.95,
        "currency": "GBP",
        "score": 1.0,
        "reason": "Similar to Red Lantern",
        **more,
    }


@dataclass
class Shop:
    """The shop, and everything that it was told."""

    url: str
    items: list[dict[str, Any]] = field(default_factory=lambda: [item(number) for number in range(12)])
    body: str = ""
    """What stands in the page's body."""
    head: str = ""
    """Inline script before the snippet."""
    attributes: str = ""
    """Further attributes of the snippet's script element."""
    language: str = "en"
    direction: str = "ltr"
    script_host: str = ""
    """Where the snippet comes from; empty: the shop's own host."""
    status: int = 200
    """How the API answers a page."""
    delay: float = 0.0
    """Seconds that the API takes to answer a page."""
    pages: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of `/v1/page`."""
    batches: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of `/v1/events`."""
    popups: list[dict[str, Any]] = field(default_factory=list)
    """What `/v1/page` arms."""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How `show` answers, by campaign; the others are refused."""
    shows: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of `show`, with the campaign's id."""
    dismissals: list[dict[str, Any]] = field(default_factory=list)
    """The same of `dismiss`."""
    loaded: int = 0
    """How often the popup module was asked for."""

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events that came."""
        return [event for batch in self.batches for event in batch["events"]]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The events of one name."""
        return [event for event in self.events if event["event"] == name]

    def html(self) -> str:
        """The page."""
        return (
            f'<!doctype html><html lang="{self.language}" dir="{self.direction}"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width"><title>Shop</title>'
            '<link rel="icon" href="/picture.svg"><link rel="stylesheet" href="/style.css">'
            f'<script nonce="n">{self.head}</script>'
            f'<script async src="{self.script_host}/vitrine.js" data-key="{KEY}" {self.attributes}></script>'
            f"<main><h1>Shop</h1>{self.body}<p id=below>Below</p></main></html>"
        )

    def application(self) -> Starlette:
        """Shop and API in one."""
        routes = [
            Route("/vitrine.js", self._script),
            Route("/v1/page", self._page, methods=["POST"]),
            Route("/v1/events", self._events, methods=["POST"]),
            Route("/vitrine-popups.js", self._module),
            Route("/v1/popups/{campaign}/show", self._show, methods=["POST"]),
            Route("/v1/popups/{campaign}/dismiss", self._dismiss, methods=["POST"]),
            Route("/modules/{path:path}", self._source),
            Route("/picture.svg", lambda _: Response(PICTURE, media_type="image/svg+xml")),
            Route("/style.css", lambda _: Response(STYLE, media_type="text/css")),
            Route("/{rest:path}", self._html),
        ]
        return Starlette(routes=routes, middleware=[Middleware(CORSMiddleware, allow_origins=["*"])])

    async def _html(self, request: Request) -> Response:
        headers = {"Content-Security-Policy": STRICT} if not self.script_host else {}
        return HTMLResponse(self.html(), headers=headers)

    async def _script(self, request: Request) -> Response:
        return Response(snippet(), media_type="text/javascript")

    async def _module(self, request: Request) -> Response:
        self.loaded += 1
        return Response(popups(), media_type="text/javascript")

    async def _source(self, request: Request) -> Response:
        return Response(read(request.path_params["path"]), media_type="text/javascript")

    async def _show(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        campaign = request.path_params["campaign"]
        self.shows.append({**asked, "campaign": campaign, "content_type": request.headers["content-type"]})
        return JSONResponse(self.answers.get(campaign, {"shown": False, "reason": "cap"}))

    async def _dismiss(self, request: Request) -> Response:
        self.dismissals.append({**json.loads(await request.body()), "campaign": request.path_params["campaign"]})
        return Response(status_code=204)

    async def _page(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        self.pages.append({**asked, "content_type": request.headers["content-type"]})
        slots = {popup.get("slot") for popup in self.popups}
        asked_for = [placement for placement in asked["placements"] if placement not in slots]
        answer = [self._showcase(placement, asked.get("language", "en")) for placement in asked_for]
        if self.delay:
            await anyio.sleep(self.delay)
        document = {"request_id": "r1", "model_version": "m1", "showcases": answer, "popups": self.popups}
        return JSONResponse(document, self.status)

    def _showcase(self, placement: str, language: str) -> dict[str, Any]:
        empty = placement.endswith("empty")
        return {
            "placement": placement,
            "strategy": "similar",
            "title": "You may also like",
            "items": [] if empty else self.items,
            "labels": labels(language),
            "attribution_token": f"token-{placement}",
        }

    async def _events(self, request: Request) -> Response:
        self.batches.append(json.loads(await request.body()))
        return JSONResponse({"accepted": 1, "rejected": []}, 202)


def armed(campaign: str, *triggers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A campaign as `/v1/page` answers it."""
    return {"campaign_id": campaign, "triggers": list(triggers), "arm_token": f"arm-{campaign}", **more}


def shown(campaign: str, **content: Any) -> dict[str, Any]:
    """What `show` answers when a campaign may open."""
    words = {
        "template": "dont_go",
        "headline": "Before you go",
        "text": "These might be what you were looking for.",
        "button": {"label": "Keep looking", "link": "/sale"},
        "dismiss": "No, thanks",
        "close": "Close",
        "direction": "ltr",
        "language": "en",
        "labels": labels("en"),
    }
    return {"shown": True, "attribution_token": f"token-{campaign}", "content": {**words, **content}}


@contextmanager
def serving(application: Any, port: int) -> Iterator[None]:
    """Answer on the port until the block ends."""
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
