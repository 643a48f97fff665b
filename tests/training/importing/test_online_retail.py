from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recommender.errors import ImportingError
from tests.training.importing.conftest import Write
from training.demo.compact import compact
from training.importing.intake import Intake
from training.importing.online_retail import OnlineRetailEvents
from training.importing.source import Source

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ROWS = (
    '536365,85123a,"HEART, HANGING",6,12/1/2010 8:26,2.55,17850,United Kingdom\n'
    "C536379,22423,CAKESTAND,-1,7/1/2011 8:26,12.75,17850,France\n"
    "536380,22423,CAKESTAND,1,12/1/2010 9:00,12.75,,United Kingdom\n"
    "536365,POST,POSTAGE,1,12/1/2010 8:26,18,17850,United Kingdom\n"
    "536381,22423,,3,12/1/2010 9:00,0,,United Kingdom\n"
    "536382,22423,lost,-3,12/1/2010 9:00,1,,United Kingdom\n"
    "536383,22423,CAKESTAND,many,12/1/2010 9:00,1,,United Kingdom\n"
)


def read(source: Source, intake: Intake, shift: timedelta = timedelta()) -> list[dict[str, Any]]:
    return [row for table in OnlineRetailEvents(source, shift).tables(intake) for row in table.to_pylist()]


def test_sales_and_cancellations_of_products_become_purchases_and_refunds(write: Write, intake: Intake) -> None:
    sale, refund, _ = read(write(HEADER + ROWS), intake)

    assert (sale["event"], sale["item_id"], sale["quantity"], sale["value"]) == ("purchase", "85123A", 6.0, 15.3)
    assert (sale["customer_id"], sale["visitor_id"], sale["order_id"], sale["currency"]) == (
        "17850", None, "536365", "GBP",
    )  # fmt: skip
    assert (refund["event"], refund["order_id"], refund["quantity"]) == ("refund", "C536379", 1.0)
    assert refund["extra"] == '{"country":"France"}'


def test_a_sale_without_a_customer_has_a_visitor_of_its_own(write: Write, intake: Intake) -> None:
    row = read(write(HEADER + ROWS), intake)[2]

    assert (row["visitor_id"], row["customer_id"]) == ("invoice-536380", None)
    assert intake.noted == {"cancellations": 1, "missing_customer": 1}


def test_rows_that_say_nothing_about_a_product_are_counted_by_reason(write: Write, intake: Intake) -> None:
    read(write(HEADER + ROWS), intake)

    assert intake.skipped == {"not_a_product": 1, "zero_price": 1, "stock_correction": 1}
    assert intake.rejects.counts == {"Quantity": 1}
    assert intake.rows == 7


def test_times_are_those_of_london(write: Write, intake: Intake) -> None:
    winter, summer, _ = (row["timestamp"] for row in read(write(HEADER + ROWS), intake))

    assert (winter, summer) == (
        datetime(2010, 12, 1, 8, 26, tzinfo=UTC),
        datetime(2011, 7, 1, 7, 26, tzinfo=UTC),
    )


def test_a_shift_keeps_the_hour_of_the_shops_clock(write: Write, intake: Intake) -> None:
    moved = read(write(HEADER + ROWS), intake, timedelta(weeks=26))

    assert moved[0]["timestamp"] == datetime(2011, 6, 1, 7, 26, tzinfo=UTC)


def test_the_compact_file_gives_the_same_events_as_the_published_one(
    write: Write, intake: Intake, tmp_path: Path
) -> None:
    typed = ROWS.replace("many", "2")
    compact(write(HEADER + typed).path, tmp_path / "log.parquet")

    assert read(Source(tmp_path / "log.parquet"), intake) == read(write(HEADER + typed), intake)


def test_another_file_is_refused_with_what_is_missing(write: Write, intake: Intake) -> None:
    with pytest.raises(ImportingError, match="no column for StockCode; found: InvoiceNo, Quantity"):
        read(write("InvoiceNo,Quantity\n1,2\n"), intake)


def test_a_damaged_compact_file_is_refused_by_name(write: Write, intake: Intake) -> None:
    with pytest.raises(ImportingError, match=r"log\.parquet: the file is damaged"):
        read(write(b"PAR1 and nothing more", "log.parquet"), intake)
