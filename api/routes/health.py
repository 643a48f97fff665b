"""Whether the process lives, and whether it may get requests."""

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.bootstrap import Services
from api.documentation import documented
from api.draining import PROCESS
from api.operator import is_operator
from api.routes.direct import Direct
from api.services import services

router = APIRouter(route_class=Direct, tags=["operation"])


@router.get("/healthz", **documented("healthz"))
async def healthz(request: Request) -> Response:  # noqa: ARG001 - what every route takes
    """The process lives."""
    return answer({"status": "ok"})


@router.get("/readyz", **documented("readyz"))
async def readyz(request: Request) -> Response:
    """Whether requests can be answered, and everything that is not as it should be.

    503 only when no page could be answered: the process ends, or cannot read its shops from the records. Without
    records that it has read before, with a full disk, or without Redis, it goes on with less: `degraded`. Which
    shops there are, and what exactly is wrong, is told only on the loopback interface or to the operator's token.
    """
    parts = services(request)
    checks = {
        "process": "draining: it was told to end" if PROCESS.begun else None,
        "records": await _records(parts),
        "spool": parts.spooler.problem,
        "store": None if parts.shipper is None else parts.shipper.problem,
        "state": await _state(parts),
    }
    shops = {shop.name: _shop(shop.view.version, shop.problems) for shop in parts.shops}
    ready = checks["process"] is None and (checks["records"] is None or bool(shops))
    degraded = any(checks.values()) or any("problems" in shop for shop in shops.values())
    everything = is_operator(request)
    document = {
        "ready": ready,
        "degraded": degraded,
        "checks": {name: _check(reason, everything=everything) for name, reason in checks.items()},
        **({"shops": shops} if everything else {}),
    }
    return answer(document, 200 if ready else 503)


def _check(reason: str | None, *, everything: bool) -> dict[str, Any]:
    """A failure's kind, and to those who may know more, its text, in which hosts and paths may stand."""
    return {"ok": reason is None, "reason": reason if everything or reason is None else reason.partition(":")[0]}


def _shop(version: str, problems: dict[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"model_version": version}
    return {**shown, "problems": dict(problems)} if problems else shown


async def _records(parts: Services) -> str | None:
    try:
        await asyncio.wait_for(asyncio.to_thread(parts.records.ping), 2)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


async def _state(parts: Services) -> str | None:
    try:
        await parts.state.ping()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None
