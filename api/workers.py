"""Several workers of one service: they count together, and share what they are made of."""

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context

import uvicorn
from starlette.types import ASGIApp

from recommender.loading import leave_out, load

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of prometheus_client, which looks at it while it is imported."""


@cache
def loaded() -> Callable[[], ASGIApp]:
    """What makes the application, with every module that it needs."""
    leave_out("pandas")  # pyarrow would load it with its first array: memory and time for what nobody asks for here
    make: Callable[[], ASGIApp] = load("api.app:application")
    gc.freeze()  # modules stay, so they are not looked through either while shops are opened
    return make


@contextmanager
def together(workers: int) -> Iterator[None]:
    """Around serving with so many workers."""
    if workers == 1:
        yield
        return
    with _counting():
        if sys.platform == "linux":  # elsewhere, libraries of the system may not bear being copied
            _share()
        yield


def _share() -> None:
    """Load modules and compiled code once, into the supervisor, of which workers are forked copies.

    It has no connections and no shops, and no threads but those of BLAS, which its library ends before a fork: nothing
    is shared but what never changes.
    """
    loaded()
    load("recommender.engine.warming:warm")()
    gc.freeze()
    uvicorn._subprocess.spawn = get_context("fork")  # type: ignore[assignment]  # not to be chosen otherwise
    os.register_at_fork(after_in_child=_be_told)


def _be_told() -> None:
    """Let signals end a worker also before it listens to them; copied, the supervisor's handlers would note them."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@contextmanager
def _counting() -> Iterator[None]:
    """Where several workers count together, unless somebody chose a place."""
    if os.environ.get(FOLDER):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="vitrine-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
