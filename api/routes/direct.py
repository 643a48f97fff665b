"""Routes that take the request and give the response, which leaves FastAPI nothing to solve for each request."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response


class Direct(APIRoute):
    """Calls its function with the request, and nothing else; what the function takes is described by `documented`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own place for another way to answer."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler
