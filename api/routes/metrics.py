"""`/metrics` for Prometheus."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from api.documentation import documented
from api.operator import is_operator
from api.problems import Problem
from api.routes.direct import Direct
from api.services import services

router = APIRouter(route_class=Direct, tags=["operation"])


@router.get("/metrics", **documented("metrics", also=[401], media_type="text/plain"))
async def metrics(request: Request) -> Response:
    """Counters and timings; off the loopback interface only with the operator's token."""
    if not is_operator(request):
        raise Problem(
            401,
            "operator-token",
            "from here /metrics needs 'Authorization: Bearer' with the value of VITRINE_OPERATOR_TOKEN",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Response(services(request).metrics.text(), media_type=CONTENT_TYPE_LATEST)
