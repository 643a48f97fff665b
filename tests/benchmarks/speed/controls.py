"""What the framework costs by itself: a bare Starlette route, and a typed FastAPI endpoint, that return given bytes.

python -m tests.benchmarks.speed.controls bare|typed PORT ANSWERS   # a file of answers, in the form of `calls`
"""

import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path as File
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Path, Query
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.benchmarks.speed import calls

SERVER: dict[str, Any] = {
    "loop": "uvloop", "http": "httptools", "ws": "none", "access_log": False, "server_header": False,
}  # fmt: skip
"""As `vitrine serve` has it, which answers by httptools as well, but sheds load."""
JSON = "application/json"
Id = Annotated[str, Field(min_length=1, max_length=256)]


class SessionRow(BaseModel):
    """Something that the visitor just did."""

    item_id: Id
    event: str = "view_item"
    quantity: float = 1.0


class PageSent(BaseModel):
    """The page that is shown."""

    type: str
    item_id: Id | None = None
    category: str | None = None


class PageBody(BaseModel):
    """As much of a page's call as the benchmark sends."""

    page: PageSent
    visitor_id: Id | None = None
    session: list[SessionRow] = Field(default=[], max_length=500)
    placements: list[Id] | None = None


class EventBody(BaseModel):
    """As much of an event as the benchmark sends."""

    event: str
    visitor_id: Id
    session_id: Id
    item_id: Id


def bare(answers: Iterator[bytes]) -> Starlette:
    """One route for everything, which reads the body, if any, and checks nothing."""

    async def anything(request: Request) -> Response:
        await request.body()
        return Response(next(answers), media_type=JSON)

    return Starlette(routes=[Route("/{path:path}", anything, methods=["GET", "POST"])])


def typed(answers: Iterator[bytes]) -> FastAPI:
    """Endpoints that FastAPI checks the parameters and bodies of."""
    app = FastAPI(docs_url=None, redoc_url=None)

    @app.get("/v1/similar/{item_id:path}")
    async def similar(
        item_id: Annotated[str, Path(min_length=1, max_length=256)],
        limit: Annotated[int, Query(ge=1, le=100)] = 12,
    ) -> Response:
        return Response(next(answers), media_type=JSON)

    @app.post("/v1/page")
    async def page(body: PageBody) -> Response:
        return Response(next(answers), media_type=JSON)

    @app.post("/v1/events")
    async def events(body: list[EventBody]) -> Response:
        return Response(next(answers), 202, media_type=JSON)

    return app


APPLICATIONS = {"bare": bare, "typed": typed}


def main() -> None:
    """Serve until killed."""
    name, port, answers = sys.argv[1:]
    app = APPLICATIONS[name](cycle(calls.read(File(answers))))
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning", **SERVER)


if __name__ == "__main__":
    main()
