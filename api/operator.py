"""Whether the installation's operator is asking, who may see what is of all shops."""

import hmac

from starlette.requests import Request

from api.services import services

LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def is_operator(request: Request) -> bool:
    """Whether the call comes from this very host, through no proxy, or shows the operator's token."""
    token = services(request).settings.operator_token
    return _local(request) or bool(token and _shown(request, token.get_secret_value()))


def _local(request: Request) -> bool:
    passed_on = any(header in request.headers for header in FORWARDED)
    return request.client is not None and request.client.host in LOOPBACK and not passed_on


def _shown(request: Request, token: str) -> bool:
    sent = request.headers.get("authorization", "").encode()
    return hmac.compare_digest(sent, f"Bearer {token}".encode())
