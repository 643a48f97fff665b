"""`/metrics` for Prometheus."""

import hmac

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from api.documentation import documented
from api.problems import Problem
from api.routes.direct import Direct
from api.services import services

LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

router = APIRouter(route_class=Direct, tags=["operation"])


@router.get("/metrics", **documented("metrics"))
async def metrics(request: Request) -> Response:
    """Counters and timings; off the loopback interface only with the operator's token."""
    parts = services(request)
    token = parts.settings.operator_token
    if not _local(request) and not (token and _shown(request, token.get_secret_value())):
        raise Problem(
            401,
            "operator-token",
            "from here /metrics needs 'Authorization: Bearer' with the value of VITRINE_OPERATOR_TOKEN",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Response(parts.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _local(request: Request) -> bool:
    passed_on = any(header in request.headers for header in FORWARDED)
    return request.client is not None and request.client.host in LOOPBACK and not passed_on


def _shown(request: Request, token: str) -> bool:
    sent = request.headers.get("authorization", "").encode()
    return hmac.compare_digest(sent, f"Bearer {token}".encode())
