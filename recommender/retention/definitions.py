"""A shop's own segments as its configuration defines them, and where they are sent."""

from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from recommender import languages
from recommender.errors import InputError
from recommender.parts import Identifier, Part
from recommender.refusals import refusal
from recommender.retention.grammar import LONGEST, WORDS
from recommender.retention.segments import SEGMENTS, Registry

MAX_SEGMENTS: Final = 100
MAX_WEBHOOKS: Final = 20

MOST_NAMED = 50
"""Segments that a campaign or rule may ask for."""
SegmentText = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, strip_whitespace=True)]
"""The name of a segment, or an expression."""
SegmentId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


def reachable(url: str) -> bool:
    """Whether anything could be sent to an address; what its host resolves to is looked at when something is."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = all("!" <= letter <= "~" for letter in url) and not parts.username and not parts.fragment
    return plain and parts.scheme in {"https", "http"} and bool(parts.hostname) and port != 0


def _reachable(url: str) -> str:
    if not reachable(url):
        raise refusal("", url, RECEIVER)
    return url


RECEIVER: Final = "use https://host/path, in ASCII, without a user and without #"


class SegmentDefinition(Part):
    """One segment."""

    id: SegmentId
    """What campaigns, rules and commands call it."""
    name: Name | dict[languages.Tag, Name] | None = None
    """What people call it, once or by language; left out: its id."""
    when: SegmentText
    """Who belongs to it: `orders >= 3 and (spend > 200 or rfm_group == 'champions')`; it may name segments above it."""


class Webhook(Part):
    """Where members of segments are sent by `vitrine segments push`."""

    id: Identifier
    """What the command calls it."""
    url: Annotated[str, StringConstraints(max_length=2000), AfterValidator(_reachable)]
    """Takes signed POST requests; no internal address unless `VITRINE_WEBHOOKS_INTERNAL` allows that."""
    segments: tuple[SegmentText, ...] = Field(min_length=1, max_length=MAX_SEGMENTS)
    """Whose members; each is sent by itself."""


def registry(definitions: Sequence[SegmentDefinition]) -> Registry:
    """What every shop has, and these.

    Raises:
        PydanticCustomError: one cannot be understood, or is called what something else is; its path is named.
    """
    found = SEGMENTS
    for place, one in enumerate(definitions):
        if one.id in found.named or one.id in found.traits or one.id.lower() in WORDS:
            taken = f"that is what a trait, a word of the language or another segment is called; {NAMES}"
            raise refusal(f"segments[{place}].id", one.id, taken)
        try:
            found = found.with_segment(one.id, one.when, languages.translated(one.name, languages.FALLBACK) or "")
        except InputError as error:
            raise refusal(f"segments[{place}].when", error.value, error.allowed) from None
    return found


NAMES: Final = "use another, like big-fans"


def check(registry: Registry, texts: Sequence[str] | None, path: str) -> None:
    """Let a document name only segments that there are.

    Raises:
        PydanticCustomError: a text is neither a segment's name nor an expression.
    """
    for place, text in enumerate(texts or ()):
        try:
            registry.written(text)
        except InputError as error:
            raise refusal(f"{path}[{place}]", error.value, error.allowed) from None
