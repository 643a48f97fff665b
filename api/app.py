"""The application: parts, routes and what surrounds them."""

import asyncio
import gc
import resource
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext, suppress
from datetime import datetime
from importlib import metadata

import faiss
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from threadpoolctl import threadpool_limits

from api import routes, tasks
from api.bootstrap import Services, build
from api.documentation import openapi
from api.draining import drained
from api.envelope import Envelope
from api.exchange import exchange
from api.logs import configure
from api.origins import Preflight
from api.problems import EXPECTED, Problem, told
from api.settings import Settings
from api.shedding import TurnedAway
from api.straight import Application, Straight

SHARE_SECONDS = 1.0
"""How often a process tells the others how often it was called."""

TURN_SECONDS = 0.0005
"""For how long a thread that opens a model or moves events keeps one that answers waiting; by default it is ten times
as long, which is felt in the slowest answers."""

DESCRIPTION = """Smart showcases and retention popups.

Pages call with the shop's public key (`X-Vitrine-Key`, on GET `?key=`, or `"key"` in a body sent as `text/plain`);
the shop's server calls with the secret key (`Authorization: Bearer`), never a page. Errors are RFC 9457 problems.
Every answer carries `X-Request-Id`. Who calls too often gets 429 with `Retry-After`; `RateLimit-Limit`,
`RateLimit-Remaining` and `RateLimit-Reset` tell of the limit that is nearest. What cannot be done now gets 503 with
`Retry-After`: too many calls at once, the disk, or the database. `X-Vitrine-Degraded` says what an answer was made
without: `state` or `records`.
A browser that sends `Sec-GPC: 1` grants
nothing, whatever `consent` says; the shop's server is believed.
"""


def create(services: Services) -> Application:
    """The application that answers with these services."""
    app = Application(
        title="Vitrine",
        version=metadata.version("vitrine"),
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    app.openapi = lambda: openapi(app)  # type: ignore[method-assign]  # FastAPI documents this way of extending it
    app.add_middleware(Preflight, records=services.records, clock=time.monotonic)
    app.add_middleware(Envelope, metrics=services.metrics, hsts_seconds=services.settings.hsts_seconds)
    app.add_exception_handler(HTTPException, _http_error)
    for kind in EXPECTED:
        app.add_exception_handler(kind, _expected)
    for router in routes.routers():
        # Included routers are looked through twice for each request; routes of the application's own only once.
        app.router.routes.extend(router.routes)
    app.straight = Straight(app.routes)
    app.enveloped = Envelope(app.straight, services.metrics, services.settings.hsts_seconds)
    app.shed = Envelope(TurnedAway(services.metrics), services.metrics, services.settings.hsts_seconds)
    return app


def application() -> Application:
    """What `vitrine serve` starts in each worker: settings come from the environment."""
    settings = Settings.load()
    configure(settings.log_level)
    _pin_threads()
    _take_descriptors()
    sys.setswitchinterval(TURN_SECONDS)
    app = create(build(settings))
    app.state.drain_seconds = settings.drain_seconds
    return app


def _pin_threads() -> None:
    """One core a request: threads inside BLAS and FAISS take longer to meet than their work takes."""
    faiss.omp_set_num_threads(1)
    threadpool_limits(1)


def _take_descriptors() -> None:
    """As many open files as this user may have: a shop's large arrays and its spool take some eight each."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with suppress(ValueError, OSError):  # a system that says "unlimited" and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Services = app.state.services
    seconds: float | None = getattr(app.state, "drain_seconds", None)
    threads = ThreadPoolExecutor(thread_name_prefix="vitrine")
    asyncio.get_running_loop().set_default_executor(threads)
    parts.spooler.start()
    await parts.shops.open_all()
    # What was made until now stays: looking through it for garbage again and again would hold up requests.
    gc.collect()
    gc.freeze()
    parts.background.repeat(lambda: tasks.every(parts.settings.refresh_seconds, lambda: tasks.refresh(parts)))
    compaction, looked_through = parts.settings.compaction_seconds, dict[str, datetime]()
    parts.background.repeat(lambda: tasks.every(compaction, lambda: tasks.compact_all(parts, looked_through)))
    parts.background.repeat(lambda: tasks.every(tasks.FORGET_SECONDS, lambda: tasks.forget_all(parts)))
    if (shipper := parts.shipper) is not None:
        parts.background.repeat(lambda: tasks.every(parts.settings.shipping_seconds, shipper.ship))
    if parts.limits.shared:
        parts.background.repeat(lambda: tasks.every(SHARE_SECONDS, lambda: parts.limits.share(parts.state)))
    with nullcontext() if seconds is None else drained(seconds):
        yield
    gc.unfreeze()
    await parts.background.close()
    parts.shops.close()
    parts.spooler.close()
    if shipper is not None:
        await shipper.ship()
    await parts.state.close()
    threads.shutdown()  # what still runs in a thread reads the records, which close next
    parts.records.close()


async def _expected(request: Request, error: Exception) -> Response:
    return told(error).response(exchange(request).request_id)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = {404: "not-found", 405: "method"}.get(error.status_code, "http")
    detail = {
        404: f"there is nothing at {request.url.path}",
        405: f"{request.method} is not allowed at {request.url.path}",
    }.get(error.status_code, error.detail)
    return Problem(error.status_code, kind, detail, headers=error.headers).response(exchange(request).request_id)
