"""The demo shop's catalogue, derived from its log: nobody published the real one."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from recommender.catalog.item import Availability, Item
from training.demo.departments import department
from training.demo.titles import title
from training.importing.online_retail import (
    CODE,
    CURRENCY,
    CUSTOMER,
    DATE,
    DESCRIPTION,
    INVOICE,
    PRICE,
    QUANTITY,
    is_product,
    item_id,
    read_parquet,
    shop_time,
)
from training.importing.source import Source

ITEM, AGE, TIMES, LAST = "item", "age", "times", "last"

RECENT_DAYS = 60
"""What was asked in the last 60 days of an item's sales is its price."""
FEWEST_BEFORE, FEWEST_NOW = 5, 3
"""Sales at the old and at the new price before a lower price counts as a reduction."""
SMALLEST_CUT = Decimal("0.05")
STILL_OLD = 0.15
"""Share of recent sales at the old price up to which the price has really dropped; wholesale tiers come and go."""
SURELY_SOLD_DAYS, LONGEST_PAUSE_DAYS = 30, 90
"""Sold within the last 30 days: in stock. Not for 90 days: out of stock. Between: it depends on the usual pause."""
USUAL_PAUSES = 4

NO_PRODUCT = re.compile(r"\b(?:carriage|charge|voucher|high resolution image)\b", re.IGNORECASE)
"""Services that have a product's code; they are never offered."""


def derive(log: Path, shift: timedelta) -> list[Item]:
    """Every product that was ever sold, as the shop would list it at the end of its log.

    Args:
        log: the compact log.
        shift: how far the log's time is moved.
    """
    sales = _sales(log)
    facts = _lives(sales).join(_descriptions(sales), on=ITEM).join(_prices(sales), on=ITEM, how="left")
    moved = facts.with_columns(shop_time(pl.col("first") + shift)).sort(ITEM)
    return [_item(row) for row in moved.iter_rows(named=True)]


def _sales(log: Path) -> pl.DataFrame:
    rows = pl.concat(read_parquet(Source(log)))
    by_post = rows.filter(pl.col(CODE) == "DOT")[INVOICE].unique()
    sold = (pl.col(QUANTITY) > 0) & (pl.col(PRICE) >= 0.01) & ~pl.col(INVOICE).str.starts_with("C")
    return rows.filter(is_product() & sold).select(
        item_id().alias(ITEM),
        DESCRIPTION,
        DATE,
        pl.col(PRICE).round(2),
        # The web shop's own till adds tax and rounds; the list price is what registered customers pay.
        listed=pl.col(CUSTOMER).is_not_null() & ~pl.col(INVOICE).is_in(by_post.implode()),
    )


def _lives(sales: pl.DataFrame) -> pl.DataFrame:
    end = sales[DATE].max()
    days = pl.col(DATE).dt.date().n_unique()
    return (
        sales.group_by(ITEM)
        .agg(pl.col(DATE).min().alias("first"), pl.col(DATE).max().alias(LAST), days.alias("days"))
        .with_columns(
            pause=(pl.lit(end) - pl.col(LAST)).dt.total_days(),
            usual=(pl.col(LAST) - pl.col("first")).dt.total_days() / (pl.col("days") - 1).clip(1),
        )
    )


def _descriptions(sales: pl.DataFrame) -> pl.DataFrame:
    counted = sales.drop_nulls(DESCRIPTION).group_by(ITEM, DESCRIPTION).agg(pl.len().alias(TIMES), pl.col(DATE).max())
    most = counted.sort(TIMES, DATE, DESCRIPTION, descending=[True, True, False])
    return most.group_by(ITEM, maintain_order=True).first().select(ITEM, DESCRIPTION)


def _prices(sales: pl.DataFrame) -> pl.DataFrame:
    """What is asked now, what was asked before, and how often each."""
    listed = sales.filter(pl.col("listed") | ~pl.col("listed").any().over(ITEM))
    age = (pl.col(DATE).max().over(ITEM) - pl.col(DATE)).dt.total_days().alias(AGE)
    recent = listed.select(ITEM, PRICE, age).with_columns(now=pl.col(AGE) < RECENT_DAYS)
    now, before = (_usual(recent.filter(pl.col("now") == is_now)) for is_now in (True, False))
    still = recent.filter("now").group_by(ITEM, PRICE).agg(pl.len().alias("still"))
    return (
        now.join(before, on=ITEM, how="left", suffix="_before")
        .join(still, left_on=[ITEM, f"{PRICE}_before"], right_on=[ITEM, PRICE], how="left")
        .with_columns(pl.col("still").fill_null(0) / pl.col("all"))
    )


def _usual(sales: pl.DataFrame) -> pl.DataFrame:
    """Each item's most frequent price; of equally frequent ones the highest."""
    counted = sales.group_by(ITEM, PRICE).agg(pl.len().alias(TIMES)).sort(TIMES, PRICE, descending=True)
    return counted.group_by(ITEM, maintain_order=True).agg(
        pl.col(PRICE).first(), pl.col(TIMES).first(), pl.col(TIMES).sum().alias("all")
    )


def _item(row: dict[str, object]) -> Item:
    name = title(str(row[DESCRIPTION]))
    prices = dict(zip(("price", "sale_price"), _asked(row), strict=False))
    return Item.model_validate(
        {
            "id": row[ITEM],
            "title": name,
            "link": f"/demo/product/{row[ITEM]}",
            "image_link": f"/demo/images/{row[ITEM]}.svg",
            "availability": _availability(row, name),
            **prices,
            "currency": CURRENCY,
            "product_type": department(name),
            "created_at": f"{row['first']:%Y-%m-%dT%H:%M:%SZ}",
        }
    )


def _asked(row: dict[str, object]) -> Iterator[Decimal]:
    """The price, or the former price and the reduced one."""
    now, before = _money(row[PRICE]), _money(row[f"{PRICE}_before"] or row[PRICE])
    evident = _number(row[f"{TIMES}_before"]) >= FEWEST_BEFORE and _number(row[TIMES]) >= FEWEST_NOW
    if evident and now <= before * (1 - SMALLEST_CUT) and _number(row["still"]) <= STILL_OLD:
        yield before
    yield now


def _availability(row: dict[str, object], name: str) -> Availability:
    pause, usual = _number(row["pause"]), _number(row["usual"])
    likely = pause <= SURELY_SOLD_DAYS or (pause <= LONGEST_PAUSE_DAYS and pause <= USUAL_PAUSES * usual)
    return Availability.IN_STOCK if likely and not NO_PRODUCT.search(name) else Availability.OUT_OF_STOCK


def _money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
