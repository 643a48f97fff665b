"""Errors as RFC 9457 problems: every answer that is not a success has this one shape."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import orjson
import structlog
from starlette.responses import Response

from recommender.errors import (
    ArtifactError,
    ConfigurationError,
    ConflictError,
    InputError,
    NewerError,
    NotFoundError,
    StoreError,
    VitrineError,
)
from recommender.records.database import FAILURES, AwayError

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """An answer that is not a success.

    Args:
        status: HTTP status.
        kind: stable name of the problem; `type` is `urn:vitrine:problem:<kind>`.
        detail: one sentence for the developer who reads it.
        field: path of the field that caused it, if one did.
        headers: further headers of the answer.
        more: further members of the problem.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})
        self.more = more

    def document(self, request_id: str) -> dict[str, Any]:
        """The problem as JSON values."""
        members: dict[str, Any] = {
            "type": f"urn:vitrine:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.field is not None:
            members["field"] = self.field
        return {**members, **self.more}

    def response(self, request_id: str) -> Response:
        """The problem as an answer."""
        body = orjson.dumps(self.document(request_id), default=str)
        return Response(body, self.status, {**self.headers, "Cache-Control": "no-store"}, MEDIA_TYPE)


EXPECTED: Final = (Problem, VitrineError, AwayError, *FAILURES)
"""What becomes a problem wherever it is raised: a database that is away, slow or full, too; the rest is our mistake."""


def unusable(errors: Sequence[Mapping[str, str]]) -> Problem:
    """A body or parameter that was understood but holds values that are not allowed.

    Args:
        errors: `field` and `detail` of each, the first one most important.
    """
    first = errors[0]
    return Problem(
        422, "not-allowed", f"{first['field']}: {first['detail']}", field=first["field"], errors=list(errors)
    )


def _unavailable(error: Exception) -> Problem:
    """The problem that tells that the records are away; which database it is stands in the log only."""
    log.warning("the records do not answer", error=str(error).partition("\n")[0])
    detail = "the records do not answer; nothing that this call asked for has surely happened: try it again"
    return Problem(503, "records-unavailable", detail, headers={"Retry-After": "1"})


def _unreachable(error: StoreError) -> Problem:
    """The problem that tells that the store of models is away; where it is stands in the log only."""
    log.warning("the store of models does not answer", error=str(error))
    detail = "the store of models does not answer; try it again"
    return Problem(503, "store-unavailable", detail, headers={"Retry-After": "5"})


def _refused(error: VitrineError) -> Problem:
    """The problem that tells of an error of the library."""
    if isinstance(error, InputError):
        return unusable([{"field": error.field, "detail": f"{error.shown} is not allowed; {error.allowed}"}])
    kinds: list[tuple[type[VitrineError], int, str]] = [
        (NotFoundError, 404, "not-found"),
        (ConflictError, 409, "conflict"),
        (ArtifactError, 409, "artifact"),
        (ConfigurationError, 422, "not-allowed"),
    ]
    status, kind = next(((status, kind) for cls, status, kind in kinds if isinstance(error, cls)), (400, "refused"))
    return Problem(status, kind, str(error))


def told(error: Exception) -> Problem:
    """The problem that tells of an error of :data:`EXPECTED`."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreError):
        return _unreachable(error)
    if isinstance(error, NewerError):  # a process of that version may be asked the next time
        return Problem(503, "newer", str(error), headers={"Retry-After": "1"})
    return _refused(error) if isinstance(error, VitrineError) else _unavailable(error)
