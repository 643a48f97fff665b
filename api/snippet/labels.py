"""What the buttons of a carousel are called; sent with each showcase: the script need not carry all languages."""

from functools import cache
from importlib.resources import files

import orjson

DEFAULT = "en"


@cache
def _all() -> dict[str, list[str]]:
    found: dict[str, list[str]] = orjson.loads(files(__package__).joinpath("labels.json").read_bytes())
    return found


def labels(language: str) -> list[str]:
    """The names of the buttons that go back and forth."""
    return _all().get(language, _all()[DEFAULT])
