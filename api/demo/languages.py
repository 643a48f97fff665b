"""The words of the demo shop's pages; products keep their English titles."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

DEFAULT = "en"
COOKIE = "demo_language"


@cache
def texts() -> dict[str, dict[str, str]]:
    """All words by language."""
    found: dict[str, dict[str, str]] = orjson.loads(files(__package__).joinpath("words.json").read_bytes())
    return found


def choose(query: Mapping[str, str], cookies: Mapping[str, str]) -> str:
    """The language asked for by `?lang=`, else the one chosen before, else English."""
    asked = query.get("lang", cookies.get(COOKIE, DEFAULT))
    return asked if asked in texts() else DEFAULT


def money(amount: Any, currency: str, language: str) -> str:
    """A price; the shop sells in pounds, and writes them alike in all languages."""
    sign = {"GBP": "£", "EUR": "€", "USD": "$"}.get(currency, f"{currency} ")
    minus = "\u2212" if amount < 0 else ""
    text = f"{minus}{sign}{abs(float(amount)):,.2f}"
    return text if language != "ar" else f"\u2066{text}\u2069"
