"""What is wrong with a configuration document: the path, the value found there, and what is allowed."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from recommender.errors import shown

REFUSED = "refused"
"""Kind of the errors that :func:`refusal` makes."""
FORM = "<"
"""What the tags of a union's forms begin with; they are no part of a path."""
KEY = "[key]"
"""What pydantic adds to the path of a name, rather than a value, that is wrong."""


def refusal(path: str, value: object, allowed: str) -> PydanticCustomError:
    """An error for a validator to raise.

    Args:
        path: from the value that is validated to the one that is wrong, like `.price`; empty when they are one.
        value: what was found there.
        allowed: what may stand there.
    """
    return PydanticCustomError(REFUSED, "{allowed}", {"path": path, "value": value, "allowed": allowed})


def told_apart(kind: str, ids: Sequence[str]) -> None:
    """Let no two members of a list be called the same.

    Args:
        kind: what they are, like rule.
        ids: what each is called.

    Raises:
        PydanticCustomError: the second of two with one name, with the place of the first.
    """
    first: dict[str, int] = {}
    for place, id_ in enumerate(ids):
        if id_ in first:
            taken = f"{kind}s[{first[id_]}] is called so; give each {kind} an id of its own"
            raise refusal(f"[{place}].id", id_, taken)
        first[id_] = place


def explained(error: ValidationError, model: type[BaseModel]) -> str:
    """The first mistake in a document that should have been a `model`."""
    where, value, allowed = mistake(error, model)
    return f"{where or 'configuration'}: {shown(value)} is not allowed; {allowed}"


def mistake(error: ValidationError, model: type[BaseModel]) -> tuple[str, object, str]:
    """The first mistake: its path, what was found there, and what is allowed."""
    first = error.errors()[0]
    context = first.get("ctx", {}) if first["type"] == REFUSED else {}
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"] if not _inner(part))
    where = (where + context.get("path", "")).lstrip(".")
    return where, context.get("value", first["input"]), context.get("allowed") or _wish(first, model)


def _inner(part: int | str) -> bool:
    """Whether a part of a path is pydantic's own business."""
    return part == KEY or str(part).startswith(FORM)


def _wish(error: ErrorDetails, model: type[BaseModel]) -> str:
    where = error["loc"]
    if error["type"] == "extra_forbidden":
        return "use " + ", ".join(_model_at(model, where).model_fields)
    if error["type"] == "too_short":
        least = error["ctx"]["min_length"]
        return "give at least one, or leave it out" if least == 1 else f"give at least {least}"
    message = error["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _model_at(model: type[BaseModel], where: tuple[int | str, ...]) -> type[BaseModel]:
    """The model whose member the path ends with."""
    for part in where[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models(model.model_fields[part].annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
