from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.importing.timestamps import TimestampForm

EVENING = datetime(2024, 3, 1, 20, 30, tzinfo=UTC)


def parse(*texts: str | None) -> list[datetime | None]:
    column = pl.Series("t", texts, pl.String)
    return pl.DataFrame({"t": column}).select(t=TimestampForm.of(column).parse(pl.col("t")))["t"].to_list()


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-01T20:30:00Z",
        "2024-03-01T20:30Z",
        "2024-03-01 20:30:00",
        "2024-03-01 20:30:00 UTC",
        "2024-03-01T21:30:00+01:00",
        "2024-03-01T15:00:00.000-0530",
        "2024-03-01T22:30:00,000000+02",
        "1709325000",
        "1709325000.0",
        "1709325000000",
        "1709325000000000",
    ],
)
def test_one_moment_in_every_form(text: str) -> None:
    assert parse(text) == [EVENING]


def test_a_date_alone_is_its_midnight() -> None:
    assert parse("2024-03-01") == [datetime(2024, 3, 1, tzinfo=UTC)]


def test_the_form_is_decided_for_the_whole_column() -> None:
    assert parse("1709325000000", "1709325000001", "60000") == [
        EVENING,
        EVENING + timedelta(milliseconds=1),
        datetime(1970, 1, 1, 0, 1, tzinfo=UTC),
    ]
    assert parse("2024-03-01T20:30:00Z", "1709325000", "2024-03-01T20:30:00Z") == [EVENING, None, EVENING]


@pytest.mark.parametrize("text", ["yesterday", "01/03/2024", "2024-13-01", "2024-03-01T25:00", "2024-02-30", ""])
def test_other_forms_give_nothing(text: str) -> None:
    assert parse(text, "2024-03-01", "2024-03-02")[0] is None


def test_absurd_numbers_give_nothing() -> None:
    assert parse("1709325000", "1709325001", "1e300", "inf", "nan")[2:] == [None, None, None]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_any_moment_written_with_any_offset_is_read_exactly(moment: datetime, minutes: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))

    assert parse(zoned.isoformat()) == [zoned.astimezone(UTC)]
