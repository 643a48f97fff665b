"""Reading what was sent: JSON bodies and query parameters, with the field named when something is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request

from api.problems import Problem, unusable
from api.services import services
from api.shedding import SHED, too_much
from recommender.nesting import MOST_LEVELS, has_room, too_deep

JSON_TYPES = frozenset(
    {
        "application/json",
        "application/merge-patch+json",
        "text/plain",
        "application/x-www-form-urlencoded",  # what curl says of any body
    }
)
PLAIN = "identity"
LONGEST_LENGTH = 18
"""Digits of a body's length; the next one would make it a number that no file system knows."""
MOST_ERRORS = 100

Model = TypeVar("Model", bound=BaseModel)


async def json_body(request: Request, most_bytes: int) -> Any:
    """The request's JSON body.

    `text/plain` is taken too: a browser sends it to another origin without asking first.

    Raises:
        Problem: another media type, or a compressed body (415); too large a body (413); a body that is not JSON (400),
            or whose lists and objects lie too deep within one another (422); the call is one too many (503).
    """
    _check_kind(request)
    body = await _bytes(request, most_bytes)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, "not-json", f"the body is not JSON: {error}") from None
    if has_room(body) and too_deep(document):
        raise unusable([{"field": "body", "detail": f"nest lists and objects at most {MOST_LEVELS} levels deep"}])
    return document


def _check_kind(request: Request) -> None:
    media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type not in JSON_TYPES:
        raise Problem(415, "media-type", f"{media_type!r} cannot be read; send application/json")
    encoding = request.headers.get("content-encoding", PLAIN).strip().lower()
    if encoding != PLAIN:
        detail = f"Content-Encoding: {encoding[:80]!r} is not unpacked here; send the body as it is"
        raise Problem(415, "content-encoding", detail, field="Content-Encoding", headers={"Accept-Encoding": PLAIN})


async def _bytes(request: Request, most: int) -> bytes:
    too_large = Problem(413, "too-large", f"the body may hold {most} bytes")
    if _announced(request) > most:
        raise too_large
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise too_large
        chunks.append(chunk)
    if SHED in request.scope:
        raise too_much(services(request).metrics)
    return b"".join(chunks)


def _announced(request: Request) -> int:
    length = request.headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) <= LONGEST_LENGTH):
        raise Problem(400, "content-length", f"Content-Length: {length[:80]!r} is no number of bytes")
    return int(length)


def parse(model: type[Model], document: Any) -> Model:
    """Build `model` from JSON values.

    Raises:
        Problem: a field holds what is not allowed (422); all of them are named.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise unusable(field_errors(error)) from None


def path_id(request: Request, name: str, kind: TypeAdapter[str]) -> str:
    """The id in the request's path.

    Raises:
        Problem: nothing can be called so (422).
    """
    try:
        return kind.validate_python(request.path_params[name])
    except ValidationError as error:
        raise unusable([{**one, "field": name} for one in field_errors(error)]) from None


def parse_query(model: type[Model], request: Request) -> Model:
    """Build `model` from the query string."""
    return parse(model, dict(request.query_params))


def field_errors(error: ValidationError) -> list[dict[str, str]]:
    """`field` and `detail` of everything that pydantic found."""
    found: Iterable[Mapping[str, Any]] = error.errors(include_url=False, include_input=False, include_context=False)
    return [{"field": path(one["loc"]), "detail": one["msg"]} for one in found][:MOST_ERRORS]


def path(location: Iterable[str | int]) -> str:
    """A place in a document as `requests[3].item_ids[0]`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "body"
