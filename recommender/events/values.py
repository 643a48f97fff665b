"""Single values of an event: checked, and brought to one type."""

import math
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from recommender.errors import EventError

LONGEST_ID = 256
LONGEST_TOKEN = 2048
LARGEST_NUMBER = 1e9
LARGEST_EXTRA = 8192
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Unix times of 1973 to 5138 in each unit; nothing is ambiguous between them.
_UNITS = ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1))


def since_epoch(moment: datetime) -> int:
    """A moment in microseconds, as the log counts it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def identifier(field: str, value: object, longest: int = LONGEST_ID) -> str | None:
    """An id, or None when nothing stands there; numbers become text.

    Raises:
        EventError: it is no text, too long, or holds control characters.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise EventError(field, value, "send text")
    text = str(value).strip()
    if len(text) > longest:
        raise EventError(field, value, f"send at most {longest} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise EventError(field, value, "send text without control characters")
    return text or None


def number(field: str, value: object) -> float | None:
    """A quantity, price or value, or None when nothing stands there.

    Raises:
        EventError: it is no number, not finite, negative or absurdly large.
    """
    if value is None or value == "":
        return None
    found = _float(value)
    if found is None or not math.isfinite(found) or not 0 <= found <= LARGEST_NUMBER:
        raise EventError(field, value, "send a number from 0 to 1000000000")
    return found + 0.0  # -0.0 becomes 0.0


def currency(field: str, value: object) -> str | None:
    """A currency's ISO 4217 code in capitals, or None.

    Raises:
        EventError: it is not three Latin letters.
    """
    text = identifier(field, value)
    if text is None:
        return None
    if len(text) != 3 or not text.isascii() or not text.isalpha():
        raise EventError(field, value, "send an ISO 4217 code such as EUR")
    return text.upper()


def moment(field: str, value: object) -> datetime | None:
    """A moment in UTC from ISO 8601 or Unix seconds, milliseconds or microseconds; None when nothing stands there.

    Text without an offset is taken as UTC.

    Raises:
        EventError: it is neither, or before 1990.
    """
    if value is None or value == "":
        return None
    unix = _float(value)
    found = _from_iso(value) if unix is None else _from_unix(value, unix)
    if found is None or found < EARLIEST:
        raise EventError(field, value, "send ISO 8601, or Unix seconds or milliseconds, from 1990 on")
    return found


def parameters(field: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that have a value, as JSON keeps them.

    Raises:
        EventError: together they are too large, or no JSON.
    """
    given = {key: value for key, value in sent.items() if value is not None}
    if not given:
        return {}
    try:
        written = orjson.dumps(given)
    except TypeError as error:
        raise EventError(field, sorted(given), f"send JSON values ({error})") from None
    if len(written) > LARGEST_EXTRA:
        raise EventError(field, sorted(given), f"send at most {LARGEST_EXTRA} bytes of other parameters")
    kept: dict[str, Any] = orjson.loads(written)
    return kept


def _float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float) or "_" in str(value):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _from_unix(value: object, unix: float) -> datetime | None:
    for limit, microseconds in _UNITS:
        if 0 <= unix < limit:
            # Whole numbers stay exact: a float cannot hold every microsecond.
            exact = int(value) if isinstance(value, int) or str(value).strip().isdecimal() else unix  # type: ignore[call-overload]
            return EPOCH + timedelta(microseconds=round(exact * microseconds))
    return None


def _from_iso(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None
