from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import EventError
from recommender.events import values

MOMENT = datetime(2011, 12, 9, 12, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2011-12-09T12:50:00Z",
        "2011-12-09T13:50:00+01:00",
        "2011-12-09 12:50",
        " 2011-12-09T12:50 ",
        "20111209T125000Z",
        1323435000,
        1323435000.0,
        "1323435000",
        1323435000000,
        "1323435000000",
        1323435000000000,
        MOMENT,
    ],
)
def test_a_moment_is_read_from_iso_and_unix_time(value: object) -> None:
    assert values.moment("timestamp", value) == MOMENT


def test_microseconds_stay_exact() -> None:
    assert values.moment("timestamp", 1323435000123457) == MOMENT + timedelta(microseconds=123457)


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_moment_is_none(value: object) -> None:
    assert values.moment("timestamp", value) is None


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "9/12/2011",
        -1,
        0,
        1e30,
        float("nan"),
        float("inf"),
        True,
        [],
        {},
        "1989-12-31",
        "0001-01-01T00:00+14:00",
        "1_323_435_000",
    ],
)
def test_what_is_no_moment_is_refused(value: object) -> None:
    with pytest.raises(EventError, match=r"^timestamp: .* from 1990 on"):
        values.moment("timestamp", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2", 2.0), (2, 2.0), (0, 0.0), ("3.39", 3.39), (1e9, 1e9), (None, None), ("", None), ("-0.0", 0.0)],
)
def test_a_number_is_read(value: object, expected: float | None) -> None:
    assert values.number("price", value) == expected


@pytest.mark.parametrize("value", [-1, "-0.01", 1e9 + 1, "nan", "inf", "3,39", "£3", True, [], {}, "1_0", 10**400])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(EventError, match=r"^price: .*send a number from 0 to 1000000000"):
        values.number("price", value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(" 85123A ", "85123A"), (85123, "85123"), ("مصباح", "مصباح"), ("", None), ("  ", None), (None, None)],
)
def test_an_id_is_read(value: object, expected: str | None) -> None:
    assert values.identifier("item_id", value) == expected


@pytest.mark.parametrize("value", ["a\nb", "a\0b", "\x85x\x7f", "a\ud800", "x" * 257, 1.5, True, [], {}])
def test_what_is_no_id_is_refused(value: object) -> None:
    with pytest.raises(EventError, match=r"^item_id: "):
        values.identifier("item_id", value)


def test_an_id_may_have_256_characters() -> None:
    assert values.identifier("item_id", "ü" * 256) == "ü" * 256


@pytest.mark.parametrize(("value", "expected"), [("gbp", "GBP"), ("EUR", "EUR"), (None, None), ("", None)])
def test_a_currency_is_read(value: object, expected: str | None) -> None:
    assert values.currency("currency", value) == expected


@pytest.mark.parametrize("value", ["€", "EURO", "E1R", "\u0415UR"])
def test_what_is_no_currency_is_refused(value: object) -> None:
    with pytest.raises(EventError, match="ISO 4217"):
        values.currency("currency", value)


def test_parameters_without_a_value_are_left_out() -> None:
    assert values.parameters("extra", {"a": None, "b": [1, {"c": "d"}]}) == {"b": [1, {"c": "d"}]}


@pytest.mark.parametrize("sent", [{"a": "x" * 8192}, {"a": object()}, {"a": 2**64}, {"a": "\ud800"}])
def test_parameters_that_cannot_be_kept_are_refused(sent: dict[str, Any]) -> None:
    with pytest.raises(EventError, match=r"^extra: "):
        values.parameters("extra", sent)


@given(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.datetimes())
)
def test_any_value_is_read_or_refused_and_nothing_else(value: object) -> None:
    for read in (values.moment, values.number, values.identifier, values.currency):
        with suppress(EventError):
            read("field", value)
