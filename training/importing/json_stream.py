"""JSON documents out of a file: one a line, or the elements of an array, however large the file is."""

import codecs
import json
import math
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

import orjson

from recommender.errors import ImportingError
from recommender.nesting import MOST_LEVELS, has_room, too_deep
from training.importing.intake import Intake
from training.importing.source import Source

LONGEST_DOCUMENT = 32 << 20
_BETWEEN = re.compile(r"[\s,\[\]\ufeff]*")
_LONGEST_INTEGER = 20
"""Characters of a whole number that is read as one; longer ones become fractions, as in JSON lines."""


def _integer(text: str) -> int | float | str:
    return int(text) if len(text) <= _LONGEST_INTEGER else _fraction(text)


def _fraction(text: str) -> float | str:
    return found if math.isfinite(found := float(text)) else text


TOO_DEEP = f"nest lists and objects at most {MOST_LEVELS} levels deep"
# `NaN` and its like are no JSON, but some write them. They stay as text, which fields of numbers refuse by name; so do
# numbers that are too large.
_DECODER = json.JSONDecoder(parse_constant=str, parse_int=_integer, parse_float=_fraction)


def documents(source: Source, intake: Intake) -> Iterator[tuple[int, Any]]:
    """Each document with the line that it begins on; what is no JSON, or nested too deep, is refused and counted.

    Raises:
        ImportingError: an array that breaks off or cannot be read on.
    """
    for line, document, reason in _by_line(source, intake) if _is_lines(source.head()) else _elements(source):
        if reason is None:
            yield line, document
        else:
            intake.rows += 1
            intake.rejects.add(line, "document", None, reason)


def _refused(document: Any) -> str | None:
    """Why a document of an array cannot be used whatever stands in it; of lines, what is wrong cannot be read."""
    if too_deep(document):
        return TOO_DEEP
    try:
        orjson.dumps(document)
    except TypeError as error:
        return f"is not JSON that can be kept: {error}"
    return None


def _is_lines(head: bytes) -> bool:
    first = head.lstrip().split(b"\n", 1)[0].strip()
    if not first.startswith(b"{"):
        return not first.startswith(b"[")
    try:
        orjson.loads(first.rstrip(b","))
    except orjson.JSONDecodeError:
        return first.strip(b"{ ") != b""  # a lone brace opens a document that goes on over several lines
    return True


def _by_line(source: Source, intake: Intake) -> Iterator[tuple[int, Any, str | None]]:
    line = 0
    for block in source.blocks():
        for text in block.splitlines():
            line += 1
            stripped = text.strip().removeprefix(codecs.BOM_UTF8).rstrip(b",")
            if not stripped:
                continue
            try:
                document = orjson.loads(stripped)
            except orjson.JSONDecodeError as error:
                intake.rows += 1
                intake.rejects.add(line, "line", stripped.decode("utf-8", "replace"), f"is not JSON: {error}")
                continue
            suspect = has_room(stripped)
            for element in document if isinstance(document, list) else [document]:
                yield line, element, TOO_DEEP if suspect and too_deep(element) else None


def _elements(source: Source) -> Iterator[tuple[int, Any, str | None]]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text, place, line = "", 0, 1
    for piece in chain(source.pieces(), [b""]):
        text, place = text[place:] + decoder.decode(piece, final=not piece), 0
        while True:
            start = _between(text, place)
            line, place = line + text.count("\n", place, start), start
            try:
                document, end = _DECODER.raw_decode(text, start)
            except json.JSONDecodeError:
                break  # the rest of the document may stand in the next piece
            except RecursionError:
                raise ImportingError(f"{source.name}, line {line}: {TOO_DEEP}") from None
            yield line, document, _refused(document)
            line, place = line + text.count("\n", start, end), end
        if len(text) - place > LONGEST_DOCUMENT:
            raise _unreadable(source, text[place:], line)
    if text[place:]:
        raise _unreadable(source, text[place:], line)


def _between(text: str, place: int) -> int:
    found = _BETWEEN.match(text, place)
    return found.end() if found else place


def _unreadable(source: Source, text: str, line: int) -> ImportingError:
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return ImportingError(f"{source.name}, line {line + error.lineno - 1}: {error.msg}; the file cannot be read on")
    return ImportingError(f"{source.name}, line {line}: a document of more than {LONGEST_DOCUMENT >> 20} MB")
