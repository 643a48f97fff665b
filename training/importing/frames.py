"""From frames of checked columns to tables of the event log."""

import numpy as np
import orjson
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from recommender.events import schema
from recommender.events.decoding import ITEM_PARAMETERS
from training.importing.columns import EVENT_FIELDS
from training.importing.delimited import LINE
from training.importing.intake import Intake
from training.importing.numbering import Occurrences, digests, keys_of

MADE, AGAIN = " made", " again"
SEPARATOR = "\x1f"
MILLIONTHS = 1_000_000
"""Numbers stand in ids as whole millionths: the way a float is written may change, whole numbers do not."""

CONTENT = tuple(field for field in EVENT_FIELDS if field != schema.ATTRIBUTION_TOKEN)
"""What makes two rows the same event; other columns may come and go between two exports of one log."""


class EventFrames:
    """Makes rows of the log out of frames that have the log's columns, except those that only an import knows."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._identical = Occurrences()
        self._places = Occurrences()

    def table(self, frame: pl.DataFrame) -> pa.Table:
        """The frame as rows of the log; missing columns become null, and rows without an id get one.

        Rows that share an `event_id` of the shop's own are the items of one event, unless they say exactly the same.
        """
        lacking = (name for name in schema.SCHEMA.names if name not in frame.columns)
        whole = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
        made = digests(whole.select(_content())["content"])
        again = self._identical.number(_days(whole), keys_of(made))
        named = whole.with_columns(pl.Series(MADE, made, pl.Binary).bin.encode("hex"), pl.Series(AGAIN, again))
        own = named[schema.EVENT_ID].null_count() < len(named)
        return _conform((self._grouped(named) if own else _single(named)).with_columns(self._common()))

    def _grouped(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Rows with ids of their own: numbered within their event, with one sequence for all its rows."""
        kept = frame.filter(pl.col(schema.EVENT_ID).is_null() | (pl.col(AGAIN) == 0))
        if len(kept) < len(frame):
            self._intake.skipped["repeated"] += len(frame) - len(kept)
        single = _single(kept)
        keys = keys_of(digests(single[schema.EVENT_ID]))
        place = pl.Series("place", self._places.number(_days(kept), keys))
        # An event's rows may stand anywhere in the file, so its number is made from its id and not from a line.
        sequence = pl.Series("of_event", (keys >> np.uint64(2)).astype(np.int64))
        own = kept[schema.EVENT_ID].is_not_null()
        return single.with_columns(
            pl.when(own).then(place).otherwise(0).alias(schema.ITEM_INDEX),
            pl.when(own).then(sequence).otherwise(schema.SEQUENCE).alias(schema.SEQUENCE),
        )

    def _common(self) -> list[pl.Expr]:
        return [
            pl.col(schema.TIMESTAMP).alias(schema.RECEIVED_AT),
            pl.lit(value=True).alias(schema.VERIFIED),
            pl.lit(self._intake.writer).alias(schema.WRITER),
        ]


def _single(frame: pl.DataFrame) -> pl.DataFrame:
    """Each row as an event of its own; identical rows of a day differ in the number behind their id."""
    made = pl.when(pl.col(AGAIN) > 0).then(pl.concat_str(MADE, pl.lit("-"), AGAIN)).otherwise(MADE)
    return frame.with_columns(
        pl.coalesce(schema.EVENT_ID, made).alias(schema.EVENT_ID),
        pl.lit(0).alias(schema.ITEM_INDEX),
        pl.col(LINE).alias(schema.SEQUENCE),
    )


def _days(frame: pl.DataFrame) -> NDArray[np.int64]:
    return frame[schema.TIMESTAMP].dt.epoch("d").cast(pl.Int64).to_numpy()


def extra_column(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """JSON of the named columns, without empty cells; null where all are empty."""
    # The log keeps an item's own parameters under this name; a column that happens to be called so steps aside.
    names = [f"{column}_" if column == ITEM_PARAMETERS else column for column in columns]
    texts = (_json(dict(zip(names, cells, strict=True))) for cells in frame.select(columns).iter_rows())
    return pl.Series(schema.EXTRA, list(texts), pl.String)


def _json(cells: dict[str, str | None]) -> str | None:
    given = {name: cell for name, cell in cells.items() if cell is not None}
    return orjson.dumps(given).decode() if given else None


def _content() -> pl.Expr:
    parts = []
    for name in CONTENT:
        kind = schema.SCHEMA.field(name).type
        if kind == pa.float64():
            part = (pl.col(name).cast(pl.Float64) * MILLIONTHS).round().cast(pl.Int64).cast(pl.String)
        elif kind == schema.MOMENT:
            part = pl.col(name).dt.epoch("us").cast(pl.String)
        else:
            part = pl.col(name).cast(pl.String)
        parts.append(part.fill_null(""))
    return pl.concat_str(parts, separator=SEPARATOR).alias("content")


def _conform(frame: pl.DataFrame) -> pa.Table:
    table = frame.select(schema.SCHEMA.names).to_arrow(compat_level=pl.CompatLevel.oldest())
    return table.cast(schema.SCHEMA)
