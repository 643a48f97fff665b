"""The log of the UCI Online Retail data set: invoices of a British gift wholesaler, 2010-12 to 2011-12.

Reads the published CSV and the compact Parquet file that ships with the demo; both hold the same rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.errors import ImportingError
from recommender.events import schema
from recommender.events.names import EventName
from training.importing import checks
from training.importing.checks import Rule
from training.importing.columns import require
from training.importing.delimited import LINE, Delimited
from training.importing.frames import EventFrames
from training.importing.intake import Intake
from training.importing.source import Source

INVOICE, CODE, DESCRIPTION, QUANTITY = "InvoiceNo", "StockCode", "Description", "Quantity"
DATE, PRICE, CUSTOMER, COUNTRY = "InvoiceDate", "UnitPrice", "CustomerID", "Country"
COLUMNS = (INVOICE, CODE, DESCRIPTION, QUANTITY, DATE, PRICE, CUSTOMER, COUNTRY)

PARQUET = b"PAR1"
ROWS_AT_ONCE = 65_536
SHOP_TIME = "Europe/London"
CURRENCY = "GBP"
PRODUCT = r"^\d{5}"
"""Codes of real products begin with five digits; others are postage, fees, samples and corrections."""


@dataclass(frozen=True)
class OnlineRetailEvents:
    """Reads the data set; `shift` moves every moment, by the shop's own clock."""

    source: Source
    shift: timedelta = timedelta()

    def tables(self, intake: Intake) -> Iterator[pa.Table]:
        """Purchases and refunds of real products as tables of the log."""
        events = EventFrames(intake)
        for frame in self._frames(intake):
            good = _products(checks.keep(frame, _rules(), intake.rejects), intake)
            if len(good):
                yield events.table(self._events(good, intake))

    def _frames(self, intake: Intake) -> Iterator[pl.DataFrame]:
        if self.source.begins_with(PARQUET):
            return self._parquet(intake)
        return (_typed(frame) for frame in self._text(intake))

    def _parquet(self, intake: Intake) -> Iterator[pl.DataFrame]:
        line = 2  # as in the CSV file, where the header is line 1
        for frame in read_parquet(self.source):
            intake.rows += len(frame)
            yield frame.with_row_index(LINE, line).with_columns(pl.col(LINE).cast(pl.Int64))
            line += len(frame)

    def _text(self, intake: Intake) -> Iterator[pl.DataFrame]:
        file = Delimited.open(self.source, COLUMNS)
        names = {column.lower(): column for column in COLUMNS}
        found = {names[column.lower()]: column for column in file.columns if column.lower() in names}
        require(self.source.name, file.columns, found, *((column,) for column in COLUMNS if column != DESCRIPTION))
        for frame in file.frames(intake):
            yield frame.select(LINE, *(pl.col(column).alias(name) for name, column in found.items()))

    def _events(self, frame: pl.DataFrame, intake: Intake) -> pl.DataFrame:
        cancelled = pl.col(INVOICE).str.starts_with("C")
        nobody = pl.col(CUSTOMER).is_null()
        intake.noted["cancellations"] += frame.select(cancelled.sum()).item()
        intake.noted["missing_customer"] += frame.select(nobody.sum()).item()
        quantity = pl.col(QUANTITY).abs().cast(pl.Float64)
        return frame.select(
            pl.col(LINE),
            pl.when(cancelled)
            .then(pl.lit(EventName.REFUND.value))
            .otherwise(pl.lit(EventName.PURCHASE.value))
            .alias(schema.EVENT),
            shop_time(pl.col(DATE) + self.shift).alias(schema.TIMESTAMP),
            pl.when(nobody).then(pl.format("invoice-{}", INVOICE)).alias(schema.VISITOR_ID),
            pl.col(CUSTOMER).cast(pl.String).alias(schema.CUSTOMER_ID),
            pl.lit(None, pl.String).alias(schema.SESSION_ID),
            pl.lit(None, pl.String).alias(schema.EVENT_ID),
            item_id().alias(schema.ITEM_ID),
            quantity.alias(schema.QUANTITY),
            pl.col(PRICE).alias(schema.PRICE),
            pl.col(INVOICE).alias(schema.ORDER_ID),
            (quantity * pl.col(PRICE)).round(2).alias(schema.VALUE),
            pl.lit(CURRENCY).alias(schema.CURRENCY),
            _country().alias(schema.EXTRA),
        )


def read_parquet(source: Source) -> Iterator[pl.DataFrame]:
    """The rows of the compact file, in the order of the published one.

    Raises:
        ImportingError: it is damaged, or no Online Retail log.
    """
    try:
        with pq.ParquetFile(source.path) as file:
            missing = [column for column in COLUMNS if column not in file.schema_arrow.names]
            if missing:
                raise ImportingError(f"{source.name}: no column for {', '.join(missing)}; is it an Online Retail log?")
            for batch in file.iter_batches(ROWS_AT_ONCE, columns=list(COLUMNS)):
                yield _conform(pl.DataFrame(pl.from_arrow(batch)))
        source.report(source.size())
    except pa.ArrowException as error:
        raise ImportingError(f"{source.name}: the file is damaged ({error})") from None


def item_id() -> pl.Expr:
    """The code in capitals: the same product was typed both as 85123a and as 85123A."""
    return pl.col(CODE).str.to_uppercase()


def shop_time(local: pl.Expr) -> pl.Expr:
    """Moments in UTC from the shop's wall clock.

    Of an hour that a clock change repeats the first is meant; an hour that one skips is taken as UTC.
    """
    known = local.dt.replace_time_zone(SHOP_TIME, ambiguous="earliest", non_existent="null")
    return pl.coalesce(known.dt.convert_time_zone("UTC"), local.dt.replace_time_zone("UTC")).dt.cast_time_unit("us")


def is_product() -> pl.Expr:
    """Whether a row is about a real product."""
    return pl.col(CODE).str.contains(PRODUCT)


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    description = pl.col(DESCRIPTION) if DESCRIPTION in frame.columns else pl.lit(None, pl.String).alias(DESCRIPTION)
    date = pl.col(DATE).str
    return frame.with_columns(
        description,
        pl.col(QUANTITY).cast(pl.Int64, strict=False),
        pl.col(PRICE).cast(pl.Float64, strict=False),
        pl.coalesce(
            date.to_datetime("%m/%d/%Y %H:%M", time_unit="us", strict=False),
            date.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False),
        ).alias(DATE),
        pl.col(CUSTOMER).str.strip_suffix(".0").cast(pl.Int64, strict=False),
    )


def _conform(frame: pl.DataFrame) -> pl.DataFrame:
    texts = (pl.col(column).cast(pl.String) for column in (INVOICE, CODE, DESCRIPTION, COUNTRY))
    moment = pl.col(DATE).cast(pl.Datetime("us"))
    return frame.with_columns(*texts, moment, pl.col(QUANTITY, CUSTOMER).cast(pl.Int64), pl.col(PRICE).cast(pl.Float64))


def _country() -> pl.Expr:
    return '{"country":"' + pl.col(COUNTRY).str.replace_all(r'["\\\p{Cc}]', "") + '"}'


def _rules() -> list[Rule]:
    nothing = pl.lit(None)
    return [
        Rule(INVOICE, pl.col(INVOICE).is_null(), nothing, "every row belongs to an invoice"),
        Rule(CODE, pl.col(CODE).is_null(), nothing, "every row needs a stock code"),
        Rule(DATE, pl.col(DATE).is_null(), nothing, "write it as month/day/year hour:minute"),
        Rule(QUANTITY, pl.col(QUANTITY).is_null(), nothing, "send a whole number"),
        Rule(PRICE, ~pl.col(PRICE).is_finite().fill_null(value=False), nothing, "send a number"),
        checks.identifier(schema.ORDER_ID, INVOICE),
        checks.identifier(schema.ITEM_ID, CODE),
    ]


def _products(frame: pl.DataFrame, intake: Intake) -> pl.DataFrame:
    """The rows about a product that was sold or taken back; the others are counted by the first reason that holds."""
    back = pl.col(INVOICE).str.starts_with("C")
    reasons = {
        "not_a_product": ~is_product(),
        "zero_price": pl.col(PRICE) <= 0,
        "stock_correction": (pl.col(QUANTITY) <= 0) & ~back,
        "zero_quantity": pl.col(QUANTITY) == 0,
    }
    reason = pl.coalesce(pl.when(holds).then(pl.lit(name)) for name, holds in reasons.items())
    judged = frame.with_columns(reason.alias(" reason"))
    for name, count in judged[" reason"].drop_nulls().value_counts().iter_rows():
        intake.skipped[name] += count
    return judged.filter(pl.col(" reason").is_null()).drop(" reason")
