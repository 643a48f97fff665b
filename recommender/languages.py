"""What all languages have in common: tags, directions, and texts that stand in one file a language."""

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Final

from pydantic import StringConstraints

FALLBACK: Final = "en"
RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})
TURNING: Final = re.compile("[\u202a-\u202e\u2067]")
"""Characters that turn all text behind them around, up to the end of its paragraph."""

Tag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
"""A language as a shop writes it: `pt`, `pt-BR`."""


def texts(package: str) -> dict[str, Any]:
    """The texts below a package's folder `languages`, by language."""
    folder = files(package).joinpath("languages")
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in found}


def base(tag: str) -> str:
    """The language of a tag like `pt-BR`, without its region."""
    return tag.replace("_", "-").partition("-")[0].lower()


def isolated(values: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    """What a sentence quotes, so that text of the other direction neither tears it apart nor turns what follows."""
    values = {name: TURNING.sub("", text) if isinstance(text, str) else text for name, text in values.items()}
    if language not in RIGHT_TO_LEFT:
        return values
    return {name: f"\u2068{value}\u2069" for name, value in values.items()}


def translated(text: str | Mapping[str, str] | None, language: str) -> str | None:
    """A shop's text in a language: for this very tag, else for the same language elsewhere, else in English."""
    if text is None or isinstance(text, str):
        return text
    related = (tag for tag in text if base(tag) == base(language))
    wanted = (language, base(language), *related, FALLBACK)
    return next((text[tag] for tag in wanted if tag in text), None)
