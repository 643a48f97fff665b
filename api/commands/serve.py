"""`vitrine serve`: the HTTP service."""

from typing import Annotated

import typer
import uvicorn
from starlette.types import ASGIApp

from api.logs import configure
from api.settings import Settings
from api.workers import loaded, together
from recommender.errors import ConfigurationError


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
    with together(workers):
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
    return loaded()()
