"""A column of timestamps: ISO 8601 or Unix time, decided once for the whole column."""

from enum import Enum

import polars as pl

ISO_PARTS = (
    r"^(?<date>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](?<time>\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)\s?(?<zone>[Zz]|UTC|[+-]\d{2}(?::?\d{2})?)?)?$"
)
MOMENT = pl.Datetime("us", "UTC")


class TimestampForm(Enum):
    """How a column writes moments; the value is the number of microseconds in its unit."""

    ISO = 0
    SECONDS = 1_000_000
    MILLISECONDS = 1_000
    MICROSECONDS = 1

    @classmethod
    def of(cls, column: pl.Series) -> "TimestampForm":
        """The form of most values; Unix times of 1973 to 5138 are told apart by their size."""
        numbers = column.cast(pl.Float64, strict=False).drop_nulls().abs()
        if len(numbers) * 2 <= column.count():
            return cls.ISO
        typical = numbers.median()
        assert isinstance(typical, float)
        return cls.SECONDS if typical < 1e11 else cls.MILLISECONDS if typical < 1e14 else cls.MICROSECONDS

    def parse(self, text: pl.Expr) -> pl.Expr:
        """Moments in UTC; null where the text is of another form."""
        return _from_iso(text) if self is TimestampForm.ISO else _from_unix(text, self.value)


def _from_unix(text: pl.Expr, microseconds: int) -> pl.Expr:
    whole = text.cast(pl.Int64, strict=False) * microseconds
    fraction = (text.cast(pl.Float64, strict=False) * microseconds).round()
    sane = pl.when(fraction.abs() < 1e17).then(fraction).cast(pl.Int64, strict=False)
    return pl.when(fraction.abs() < 1e17).then(whole.fill_null(sane)).cast(MOMENT)


def _from_iso(text: pl.Expr) -> pl.Expr:
    parts = text.str.extract_groups(ISO_PARTS).struct
    time = parts.field("time").fill_null("00:00").str.replace(",", ".", literal=True)
    seconds = pl.when(time.str.len_bytes() == 5).then(time + ":00").otherwise(time)
    local = (parts.field("date") + "T" + seconds).str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    return (local - _offset(parts.field("zone"))).dt.replace_time_zone("UTC")


def _offset(zone: pl.Expr) -> pl.Expr:
    digits = zone.str.replace_all(r"\D", "")
    hours = digits.str.slice(0, 2).cast(pl.Int64, strict=False).fill_null(0)
    minutes = digits.str.slice(2, 2).cast(pl.Int64, strict=False).fill_null(0)
    sign = pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)
    return pl.duration(minutes=sign * (hours * 60 + minutes))
