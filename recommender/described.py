"""Models whose fields are described by the docstrings below them. Loads nothing but pydantic: records need it, too."""

import ast
import inspect
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue


class Described(BaseModel):
    """Base of models that tell in a schema what their fields are.

    Pydantic's own `use_attribute_docstrings` parses the source of each model whenever it is imported, for a tenth of a
    second of each start; here that is done when somebody asks for a schema.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler, /) -> JsonSchemaValue:
        """The model's schema with a description of each field that has a docstring."""
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema).get("properties", {})
        for name, words in _docstrings(cls).items():
            field = cls.model_fields.get(name)
            shown = properties.get(field.alias or name) if field is not None else None
            if shown is not None:
                shown.setdefault("description", words)
        return schema


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Docstrings of a model's attributes, inherited ones included."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Described) and base is not Described:
            body = _body(base)
            told = {_name(field): _words(docstring) for field, docstring in pairwise(body)}
            found |= {name: words for name, words in told.items() if name and words}
    return found


def _body(model: type) -> list[ast.stmt]:
    try:
        defined = ast.parse(dedent(inspect.getsource(model))).body[0]
    except OSError:  # installed without its source
        return []
    assert isinstance(defined, ast.ClassDef)
    return defined.body


def _name(statement: ast.stmt) -> str | None:
    target = statement.target if isinstance(statement, ast.AnnAssign) else None
    return target.id if isinstance(target, ast.Name) else None


def _words(statement: ast.stmt) -> str | None:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return inspect.cleandoc(value.value) if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
