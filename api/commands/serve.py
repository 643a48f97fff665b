"""`vitrine serve`: the HTTP service."""

import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from api.logs import configure
from api.metrics import FOLDER
from api.settings import Settings
from recommender.errors import ConfigurationError
from recommender.loading import load


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes; more than one needs Redis.", min=1, max=128)] = 1,
) -> None:
    """Answer storefronts: showcases, events, the catalogue, and the snippet."""
    settings = Settings.load()
    if workers > 1 and settings.redis_url is None:
        raise ConfigurationError(
            f"--workers {workers} needs VITRINE_REDIS_URL: without Redis each worker would know only the visitors it "
            "happened to answer; set it, or serve with one worker"
        )
    configure(settings.log_level)
    with _counting(workers):
        uvicorn.run(
            f"{__name__}:{application.__name__}",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            http="api.shedding:Protocol",
            ws="none",
            log_level=settings.log_level,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )


def application() -> ASGIApp:
    """What each process serves."""
    make: Callable[[], ASGIApp] = load("api.app:application")
    gc.freeze()  # modules stay, so they are not looked through either while shops are opened
    return make()


@contextmanager
def _counting(workers: int) -> Iterator[None]:
    """Where several workers count together, unless somebody chose a place."""
    if workers == 1 or os.environ.get(FOLDER):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="vitrine-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
