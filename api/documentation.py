"""What OpenAPI says of each call: bodies, parameters and examples of real answers."""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

REFERENCE = "#/components/schemas/{model}"
PROBLEM = {
    "description": "What is wrong, as an RFC 9457 problem.",
    "content": {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model="Problem")}}},
}
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
) -> dict[str, Any]:
    """Arguments for a route's decorator.

    Args:
        name: the call's name, in OpenAPI and among the examples.
        body: the model that its body, or each part of it where the example is a list, is checked by.
        query: the model that its path and query are checked by.
        security: which keys open it; none by default.
        status: of the usual answer.
    """
    example = examples().get(name, {})
    extra: dict[str, Any] = {"parameters": _parameters(query, example)}
    if security:
        extra["security"] = security
    if body or "request" in example:
        extra["requestBody"] = {"required": True, "content": {"application/json": _content(body, example)}}
    answers: dict[int | str, Any] = {"default": PROBLEM}
    if "answer" in example:
        answers[status] = {"description": "Done.", "content": {"application/json": {"example": example["answer"]}}}
    return {
        "operation_id": name,
        "status_code": status,
        "response_class": Response,
        "openapi_extra": extra,
        "responses": answers,
    }


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
