"""Connections to PostgreSQL that do not wait for ever: a server that stands still would hold every thread."""

import time
from collections.abc import Callable, Generator
from typing import Any

import psycopg


def patient(seconds: float) -> Callable[..., "psycopg.Connection[Any]"]:
    """What connects with at most so many seconds of silence; then the connection is given up."""

    class Patient(psycopg.Connection[Any]):
        def wait(self, gen: Any, *arguments: Any, **more: Any) -> Any:
            return super().wait(_heard(gen, seconds, self), *arguments, **more)

    def connect(*arguments: Any, **parameters: Any) -> "psycopg.Connection[Any]":
        parameters.setdefault("connect_timeout", max(2, round(seconds)))  # libpq knows whole seconds from 2 on
        return Patient.connect(*arguments, **parameters)

    return connect


def _heard(gen: Any, seconds: float, connection: "psycopg.Connection[Any]") -> Generator[Any, Any, Any]:
    """What `gen` asks to be waited for, until nothing came for too long."""
    end = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready:
                end = time.monotonic() + seconds
            elif time.monotonic() > end:
                connection.close()
                raise psycopg.OperationalError(f"the database was silent for {seconds:g} seconds")
            wanted = gen.send(ready)
    except StopIteration as done:
        return done.value
