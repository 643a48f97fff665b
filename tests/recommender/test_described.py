"""Descriptions of fields in schemas."""

import inspect
from enum import Enum

import pytest
from pydantic import BaseModel, Field

from recommender.described import Described


class Colour(Enum):
    """One of two."""

    RED = "red"
    BLUE = "blue"


class Inner(Described):
    """A part."""

    depth: int
    """In steps,
    from above."""


class Outer(Described):
    """The whole."""

    length: float = Field(1.0, alias="size")
    """From end to end."""
    silent: int = 0
    loud: int = Field(0, description="As it is told.")
    """Not as it is written."""
    colour: Colour = Colour.RED
    """Of the outside."""
    inner: Inner | None = None
    """What lies inside."""


class More(Outer):
    """A larger one."""

    silent: int = 1
    """Said here."""


def described(model: type[BaseModel]) -> dict[str, str | None]:
    return {name: field.get("description") for name, field in model.model_json_schema()["properties"].items()}


def test_fields_are_described_by_the_docstrings_below_them() -> None:
    assert described(Inner) == {"depth": "In steps,\nfrom above."}
    assert described(Outer) == {
        "size": "From end to end.", "silent": None, "loud": "As it is told.", "colour": "Of the outside.",
        "inner": "What lies inside.",
    }  # fmt: skip
    definitions = Outer.model_json_schema()["$defs"]
    assert definitions["Inner"]["properties"]["depth"]["description"] == "In steps,\nfrom above."
    assert definitions["Inner"]["description"] == "A part."


def test_what_is_inherited_is_described_too() -> None:
    assert described(More) == {**described(Outer), "silent": "Said here."}


def test_a_model_without_its_source_has_a_schema_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> str:
        raise OSError

    monkeypatch.setattr(inspect, "getsource", gone)
    assert described(Inner) == {"depth": None}
