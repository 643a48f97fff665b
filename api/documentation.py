"""What OpenAPI says of each call: bodies, parameters and examples of real answers."""

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from api.problems import MEDIA_TYPE

REFERENCE = "#/components/schemas/{model}"
OTHERWISE = {
    304: "Nothing has changed since the `ETag` that was sent along.",
    400: "The body is not JSON, or a header cannot be read.",
    401: "No key was sent, or one that no shop has.",
    403: "Another key is needed, or the page's origin is not the shop's.",
    404: "There is no such thing.",
    409: "As things are this cannot be done.",
    412: "Somebody else changed it first.",
    413: "The body, or a list in it, is too long.",
    415: "The body is of another media type, or compressed.",
    422: "Fields hold what is not allowed; they are named.",
    429: "There were too many calls; `Retry-After` says when to call again.",
    503: "It cannot be done now; `Retry-After` says when to try again.",
}
"""What else a call may answer: all but 304 are RFC 9457 problems."""
SECURITY = {
    "PublicKey": {"type": "apiKey", "in": "header", "name": "X-Vitrine-Key"},
    "PublicKeyInQuery": {"type": "apiKey", "in": "query", "name": "key"},
    "SecretKey": {"type": "http", "scheme": "bearer"},
}
EITHER: list[dict[str, list[str]]] = [{"PublicKey": []}, {"SecretKey": []}]
SECRET: list[dict[str, list[str]]] = [{"SecretKey": []}]

_bodies: dict[str, type[BaseModel]] = {}


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    field: str | None = None
    errors: list[dict[str, str]] | None = None


@cache
def examples() -> dict[str, Any]:
    """Requests to the demo shop and its answers, by call."""
    found: dict[str, Any] = orjson.loads((files("api") / "examples.json").read_bytes())
    return found


def documented(
    name: str,
    body: type[BaseModel] | None = None,
    *,
    query: type[BaseModel] | None = None,
    security: list[dict[str, list[str]]] | None = None,
    status: int = 200,
    also: Iterable[int] = (),
    media_type: str = "application/json",
) -> dict[str, Any]:
    """Arguments for a route's decorator.

    Args:
        name: the call's name, in OpenAPI and among the examples.
        body: the model that its body, or each part of it where the example is a list, is checked by.
        query: the model that its path and query are checked by.
        security: which keys open it; none by default.
        status: of the usual answer.
        also: statuses of other answers, beside those that come with a body, with parameters and with keys.
        media_type: of the usual answer.
    """
    example = examples().get(name, {})
    takes_body = body is not None or "request" in example
    extra: dict[str, Any] = {"parameters": _parameters(query, example)}
    if security:
        extra["security"] = security
    if takes_body:
        extra["requestBody"] = {"required": True, "content": {"application/json": _content(body, example)}}
    others = _others(takes_body=takes_body, parameters=bool(extra["parameters"]), keys=bool(security))
    answers: dict[int | str, Any] = {other: _otherwise(other) for other in sorted({*others, *also})}
    if status != HTTPStatus.NO_CONTENT:
        shown = {"example": example["answer"]} if "answer" in example else {}
        answers[status] = {"description": "Done.", "content": {media_type: shown}}
    return {
        "operation_id": name,
        "status_code": status,
        "response_class": Response,
        "openapi_extra": extra,
        "responses": answers,
    }


def _others(*, takes_body: bool, parameters: bool, keys: bool) -> set[int]:
    """What a call may answer beside what it is called for."""
    found = {503}
    found |= {400, 413, 415, 422} if takes_body else set()
    found |= {422} if parameters else set()
    return found | ({401, 403, 429} if keys else set())


def _otherwise(status: int) -> dict[str, Any]:
    if status == HTTPStatus.NOT_MODIFIED:
        return {"description": OTHERWISE[status]}
    problem = {"schema": {"$ref": REFERENCE.format(model="Problem")}}
    return {"description": OTHERWISE[status], "content": {MEDIA_TYPE: problem}}


def _content(body: type[BaseModel] | None, example: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {}}
    if body is not None:
        _bodies[body.__name__] = body
        one = {"$ref": REFERENCE.format(model=body.__name__)}
        content["schema"] = {"type": "array", "items": one} if isinstance(example.get("request"), list) else one
    if "request" in example:
        content["example"] = example["request"]
    return content


def _parameters(query: type[BaseModel] | None, example: dict[str, Any]) -> list[dict[str, Any]]:
    in_path = {name: {"type": "string"} for name in example.get("path", {})}
    schema = query.model_json_schema(ref_template=REFERENCE) if query else {}
    if query:
        _bodies[query.__name__] = query
    properties = {**in_path, **schema.get("properties", {})}
    return [
        {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in in_path,
            "schema": described,
            **({"example": example["path"][name]} if name in in_path else {}),
        }
        for name, described in properties.items()
    ]


def openapi(app: FastAPI) -> dict[str, Any]:
    """The whole description, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        models: list[type[BaseModel]] = [*_bodies.values(), Problem]
        _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
        components = schema.setdefault("components", {})
        components["schemas"] = {**components.get("schemas", {}), **definitions["$defs"]}
        components["securitySchemes"] = SECURITY
        app.openapi_schema = schema
    return app.openapi_schema
