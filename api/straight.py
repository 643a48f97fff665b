"""The application's own way to a route: one look into a table, past what only other kinds of routes need.

A framework asks every route in turn whether a call is meant for it, opens what dependencies may need, and looks up who
handles an error. Routes that take the request and give the response (:class:`api.routes.direct.Direct`) need none of
it, and are found here by their path. What is not found here, the framework looks for, refuses and describes.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.exchange import KEY
from api.problems import EXPECTED, told
from api.routes.direct import Direct
from api.shedding import SHED
from recommender.lazy import cached_property

OPEN_END = re.compile(r"(?P<beginning>[^{]*)\{(?P<name>\w+):path\}")
"""A path whose only parameter is all that follows."""

USUAL_QUERY = 100
"""Bytes of a query that is remembered once it was read: most calls send the same few."""


class Application(FastAPI):
    """A FastAPI application that answers calls of direct routes without asking all routes."""

    straight: "Straight"
    enveloped: ASGIApp
    """`straight`, with what surrounds every answer."""
    shed: ASGIApp
    """Turns calls away that are too many."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or leave it to the framework."""
        if SHED in scope:
            await self.shed(scope, receive, send)
        elif scope["type"] == "http" and self.straight.finds(scope):
            scope["app"] = self
            await self.enveloped(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Call(Request):
    """A request whose headers and query are looked up, not searched for."""

    @cached_property
    def headers(self) -> Any:
        """By name in small letters; of one that was sent twice the first counts."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(self.scope["headers"])}

    @cached_property
    def query_params(self) -> Any:
        """By name; of one that was sent twice the last counts."""
        query: bytes = self.scope["query_string"]
        return _usual(query) if len(query) <= USUAL_QUERY else _read(query)


def _read(query: bytes) -> Mapping[str, str]:
    return MappingProxyType(dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)))


_usual = lru_cache(1024)(_read)


class Straight:
    """ASGI application of the direct routes among `routes`."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._whole: dict[tuple[str, str], Direct] = {}
        self._beginnings: list[tuple[str, str, str, Direct]] = []
        for route in routes:
            if isinstance(route, Direct):
                self._add(route)

    def _add(self, route: Direct) -> None:
        open_end = OPEN_END.fullmatch(route.path)
        for method in route.methods or ():
            if "{" not in route.path:
                self._whole[method, route.path] = route
            elif open_end is not None:
                self._beginnings.append((method, open_end["beginning"], open_end["name"], route))

    def finds(self, scope: Scope) -> bool:
        """Whether a call is for one of the routes; which one and its parameters go into `scope`."""
        method, path = scope["method"], scope["path"]
        if scope.get("root_path"):
            return False
        if (whole := self._whole.get((method, path))) is not None:
            scope["route"], scope["path_params"] = whole, {}
            return True
        for asked, beginning, name, route in self._beginnings:
            if asked == method and path.startswith(beginning):
                scope["route"], scope["path_params"] = route, {name: path[len(beginning) :]}
                return True
        return False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call for which a route was found; errors become problems."""
        try:
            response = await scope["route"].endpoint(Call(scope, receive))
        except EXPECTED as error:
            response = told(error).response(scope[KEY].request_id)
        await response(scope, receive, send)
