"""Connections to PostgreSQL that do not wait for ever: a server that stands still would hold every thread."""

import math
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


class Patient(psycopg.Connection[Any]):
    """A connection that is given up when the server keeps silent."""

    silence: float
    """Seconds for which it is waited."""

    def wait(self, gen: Any, *arguments: Any, **more: Any) -> Any:
        """Wait for what is being asked."""
        return super().wait(_heard(gen, self.silence, self), *arguments, **more)


def patient(seconds: float) -> Callable[..., "psycopg.Connection[Any]"]:
    """What connects with at most so many seconds of silence; then the connection is given up."""

    class Given(Patient):
        silence = seconds

    def connect(*arguments: Any, **parameters: Any) -> "psycopg.Connection[Any]":
        parameters.setdefault("connect_timeout", max(2, round(seconds)))  # libpq knows whole seconds from 2 on
        return Given.connect(*arguments, **parameters)

    return connect


@contextmanager
def unhurried(connection: Any) -> Iterator[None]:
    """While the block runs, wait for as long as it takes; other connections than patient ones do so anyway."""
    if not isinstance(connection, Patient):
        yield
        return
    before, connection.silence = connection.silence, math.inf
    try:
        yield
    finally:
        connection.silence = before


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
