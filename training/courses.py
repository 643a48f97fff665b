"""Visits of the log as what is known at each of their moments: what the chance of an order is learned from."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from enum import StrEnum

import numpy as np
import polars as pl

from recommender.events import schema
from recommender.events.identity import PERSON, login, with_person
from recommender.events.names import ITEMLESS, MEETINGS, PASSING
from recommender.models.arrays import FloatArray, IntArray
from recommender.models.intent.course import KINDS, NO_ITEM, OTHER, PAUSE, Lines, Rows, examples
from recommender.training import CleaningConfig
from training.cleaning import ACTOR, PURCHASE, within_window, without_robots

COLUMNS = (
    schema.EVENT,
    schema.TIMESTAMP,
    schema.VISITOR_ID,
    schema.CUSTOMER_ID,
    schema.ITEM_ID,
    schema.QUANTITY,
    schema.VERIFIED,
    schema.EVENT_ID,
    schema.ITEM_INDEX,
)
KIND, ITEM = "kind", "item"
SEED = 7
"""Of who is drawn: the same ones in every training."""


def courses(
    log: pl.LazyFrame,
    items: Sequence[str],
    config: CleaningConfig,
    *,
    prices: FloatArray,
    categories: IntArray,
    zone: tzinfo,
    most: int,
) -> Lines:
    """Every moment of every visit, browser by browser, as the visitor's state would have told it at that moment.

    Args:
        log: the event log.
        items: ids of the shop's items.
        config: who is no person.
        prices: what each item costs now; NaN where nobody tells.
        categories: a number for the category of each; below 0 where nobody tells.
        zone: of the shop's clock.
        most: rows that are looked at; of more, about so many are, those of people who are drawn by their names.
    """
    told = _numbered(without_robots(_told(within_window(log, config), most), config), items)
    rows = _rows(told, prices, categories)
    # A browser has at most as many courses as rows, so the place of its first row tells its courses from others.
    found = [
        one._replace(courses=one.courses + begin)
        for begin, end in zip(*_actors(told), strict=True)
        for one in (examples(rows.part(begin, end), zone),)
    ]
    if not found:
        return examples(rows, zone)
    return Lines(
        table=np.concatenate([one.table for one in found]),
        moments=np.concatenate([one.moments for one in found]),
        courses=np.concatenate([one.courses for one in found]),
        bought=np.concatenate([one.bought for one in found]),
    )


def _told(log: pl.LazyFrame, most: int) -> pl.DataFrame:
    """What leaves something in the visitors' state, or says whose order it was."""
    event = pl.col(schema.EVENT)
    itemless = event.is_in(_names(ITEMLESS | MEETINGS)) | ((event == PURCHASE) & pl.col(schema.VERIFIED))
    leaves = ~event.is_in(_names(PASSING)) & (pl.col(schema.ITEM_ID).is_not_null() | itemless)
    found = with_person(log.select(COLUMNS).filter(leaves | login()))
    total = log.select((leaves | login()).sum()).collect().item()
    if total > most:
        found = found.filter(pl.col(PERSON).hash(SEED) < pl.lit(int(2**64 * most / total), pl.UInt64))
    rows = found.collect()
    own = pl.coalesce(pl.col(schema.VISITOR_ID), pl.lit("customer:") + pl.col(schema.CUSTOMER_ID))
    rows = rows.with_columns(own.alias(ACTOR)).filter(pl.col(ACTOR).is_not_null())
    return _with_browsers(rows).filter(leaves)


def _names(events: Iterable[StrEnum]) -> list[str]:
    return sorted(event.value for event in events)


def _with_browsers(rows: pl.DataFrame) -> pl.DataFrame:
    """Orders that the shop's server told of without a browser, in the visit in which they were made."""
    lone = (pl.col(schema.EVENT) == PURCHASE) & pl.col(schema.VISITOR_ID).is_null()
    known = rows.filter(pl.col(schema.VISITOR_ID).is_not_null())
    at = known.select(PERSON, schema.TIMESTAMP, pl.col(ACTOR).alias("at"))
    found = rows.filter(lone).sort(schema.TIMESTAMP).join_asof(
        at.sort(schema.TIMESTAMP), on=schema.TIMESTAMP, by=PERSON, tolerance=f"{int(PAUSE)}s", check_sortedness=False
    )  # fmt: skip
    placed = found.with_columns(pl.coalesce("at", ACTOR).alias(ACTOR)).drop("at")
    return pl.concat([rows.filter(~lone), placed])


def _numbered(told: pl.DataFrame, items: Sequence[str]) -> pl.DataFrame:
    places = pl.DataFrame(
        {schema.ITEM_ID: items, ITEM: range(len(items))}, schema={schema.ITEM_ID: pl.String, ITEM: pl.Int32}
    )
    kinds = pl.DataFrame(
        {schema.EVENT: [*KINDS], KIND: [*KINDS.values()]}, schema={schema.EVENT: pl.String, KIND: pl.UInt8}
    )
    return (
        told.join(places, on=schema.ITEM_ID, how="left")
        .join(kinds, on=schema.EVENT, how="left")
        .with_columns(pl.col(ITEM).fill_null(NO_ITEM), pl.col(KIND).fill_null(OTHER))
        .sort(ACTOR, schema.TIMESTAMP, schema.EVENT_ID, schema.ITEM_INDEX)
    )


def _rows(told: pl.DataFrame, prices: FloatArray, categories: IntArray) -> Rows:
    # Copies that may be written to, as those of a page: for other kinds of arrays everything would be compiled anew.
    items = np.array(told[ITEM], np.int32)
    known = items != NO_ITEM
    return Rows(
        times=np.array(told[schema.TIMESTAMP].dt.epoch("us"), np.float64) / 1e6,
        kinds=np.array(told[KIND], np.uint8),
        items=items,
        categories=np.where(known, np.append(categories, NO_ITEM)[items], NO_ITEM).astype(np.int32),
        prices=np.where(known, np.append(prices, np.nan)[items], np.nan).astype(np.float32),
        quantities=np.array(told[schema.QUANTITY].fill_null(1.0), np.float32),
    )


def _actors(told: pl.DataFrame) -> tuple[list[int], list[int]]:
    """Where the rows of each browser begin and end."""
    begins = told.select(pl.col(ACTOR).ne_missing(pl.col(ACTOR).shift()).arg_true()).to_series().to_list()
    return begins, [*begins[1:], told.height][: len(begins)]
