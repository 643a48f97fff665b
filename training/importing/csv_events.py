"""Events in CSV: one row an event, or one row an item of an event that has its own `event_id`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import polars as pl
import pyarrow as pa

from recommender.events import schema
from recommender.events.decoding import CLOCK_TOLERANCE
from recommender.events.names import ITEM_REQUIRED, EventName
from recommender.events.values import EARLIEST, LARGEST_EXTRA
from training.importing import checks
from training.importing.checks import Rule
from training.importing.columns import EVENT_FIELDS, SYNONYMS, require, resolve
from training.importing.delimited import LINE, Delimited
from training.importing.frames import EventFrames, extra_column
from training.importing.intake import Intake
from training.importing.source import Source
from training.importing.timestamps import TimestampForm

IDENTIFIERS = (
    schema.VISITOR_ID,
    schema.CUSTOMER_ID,
    schema.SESSION_ID,
    schema.ITEM_ID,
    schema.ORDER_ID,
    schema.EVENT_ID,
)
NUMBERS = (schema.QUANTITY, schema.PRICE, schema.VALUE)
_MOMENT, _NAME = " moment", " name"


@dataclass(frozen=True)
class CsvEvents:
    """Reads a CSV file of events."""

    file: Delimited
    columns: Mapping[str, str]
    """The file's column for each field that has one."""
    names: Mapping[str, str]
    """What the shop calls events, where it does not use GA4's names."""
    every: EventName | None
    """What every row is, for a file without a column for it."""

    @classmethod
    def open(
        cls,
        source: Source,
        mapping: Mapping[str, str],
        names: Mapping[str, str] | None = None,
        every: EventName | None = None,
    ) -> Self:
        """Read the header and find the columns.

        Raises:
            ImportingError: a column that is needed, or named by `mapping`, is missing.
        """
        file = Delimited.open(source, {*EVENT_FIELDS, *SYNONYMS, *mapping.values()})
        columns = resolve(source.name, file.columns, mapping)
        needed = [(schema.TIMESTAMP,), (schema.VISITOR_ID, schema.CUSTOMER_ID)]
        require(source.name, file.columns, columns, *([] if every else [(schema.EVENT,)]), *needed)
        return cls(file, columns, names or {}, every)

    def tables(self, intake: Intake) -> Iterator[pa.Table]:
        """The good rows as tables of the log; the others go to the intake's rejects."""
        frames = EventFrames(intake)
        form: TimestampForm | None = None
        for frame in self.file.frames(intake):
            form = form or TimestampForm.of(frame[self.columns[schema.TIMESTAMP]])
            good = checks.keep(self._parsed(frame, form), self._rules(intake), intake.rejects)
            if len(good):
                yield frames.table(self._typed(good))

    def _parsed(self, frame: pl.DataFrame, form: TimestampForm) -> pl.DataFrame:
        names = pl.col(self.columns[schema.EVENT]) if schema.EVENT in self.columns else pl.lit(None, pl.String)
        ours = pl.lit(self.every.value) if self.every else names.replace(dict(self.names)) if self.names else names
        moment = form.parse(pl.col(self.columns[schema.TIMESTAMP])).alias(_MOMENT)
        numbers = (checks.parse_number(pl.col(column)).alias(f" {name}") for name, column in self._having(NUMBERS))
        lacking = (pl.lit(None, pl.String).alias(f" {name}") for name in EVENT_FIELDS if name not in self.columns)
        return frame.with_columns(moment, ours.alias(_NAME), *numbers, *lacking)

    def _having(self, fields: tuple[str, ...]) -> list[tuple[str, str]]:
        return [(name, self.columns[name]) for name in fields if name in self.columns]

    def _column(self, name: str) -> pl.Expr:
        return pl.col(self.columns.get(name, f" {name}"))

    def _rules(self, intake: Intake) -> list[Rule]:
        event, when = self.columns.get(schema.EVENT, schema.EVENT), self.columns[schema.TIMESTAMP]
        known = pl.col(_NAME).is_in([name.value for name in EventName]).fill_null(value=False)
        moment, latest = pl.col(_MOMENT), intake.now + CLOCK_TOLERANCE
        allowed = f"use ISO 8601, or Unix seconds or milliseconds, from 1990 to {latest:%Y-%m-%d %H:%M} UTC"
        return [
            Rule(event, ~known, self._column(schema.EVENT), f"use one of {', '.join(EventName)}"),
            Rule(when, ~moment.is_between(EARLIEST, latest).fill_null(value=False), pl.col(when), allowed),
            *(checks.identifier(name, column) for name, column in self._having(IDENTIFIERS)),
            *(checks.number(column, f" {name}") for name, column in self._having(NUMBERS)),
            *self._currency_rules(),
            self._person_rule(),
            *self._item_rules(),
        ]

    def _currency_rules(self) -> list[Rule]:
        allowed = "use an ISO 4217 code such as EUR"
        return [
            Rule(column, ~pl.col(column).str.contains(r"^[A-Za-z]{3}$"), pl.col(column), allowed)
            for _, column in self._having((schema.CURRENCY,))
        ]

    def _person_rule(self) -> Rule:
        column = self.columns.get(schema.VISITOR_ID) or self.columns[schema.CUSTOMER_ID]
        nobody = self._column(schema.VISITOR_ID).is_null() & self._column(schema.CUSTOMER_ID).is_null()
        return Rule(column, nobody, pl.lit(None), "say who it was: visitor_id or customer_id")

    def _item_rules(self) -> list[Rule]:
        item = self.columns.get(schema.ITEM_ID, schema.ITEM_ID)
        no_item, name = self._column(schema.ITEM_ID).is_null(), pl.col(_NAME)
        no_order = self._column(schema.ORDER_ID).is_null() | self._column(schema.VALUE).is_null()
        needs_item = name.is_in([name.value for name in ITEM_REQUIRED])
        purchase = name == EventName.PURCHASE.value
        return [
            Rule(item, no_item & needs_item, pl.lit(None), "this event needs an item_id"),
            Rule(item, no_item & purchase & no_order, pl.lit(None), "a purchase needs item_id, or order_id and value"),
            *self._extra_rules(),
        ]

    def _others(self) -> list[str]:
        return [column for column in self.file.columns if column not in self.columns.values()]

    def _extra_rules(self) -> list[Rule]:
        others = self._others()
        if not others:
            return []
        bytes_ = pl.sum_horizontal(pl.col(column).str.len_bytes().fill_null(0) for column in others)
        overhead = sum(len(column.encode()) + 6 for column in others)
        allowed = f"send at most {LARGEST_EXTRA} bytes of other columns"
        return [Rule("extra", bytes_ + overhead > LARGEST_EXTRA, bytes_, allowed)]

    def _typed(self, frame: pl.DataFrame) -> pl.DataFrame:
        texts = (column for column in EVENT_FIELDS if column not in (schema.EVENT, schema.TIMESTAMP, *NUMBERS))
        others = self._others()
        typed = frame.select(
            pl.col(LINE),
            pl.col(_NAME).alias(schema.EVENT),
            pl.col(_MOMENT).alias(schema.TIMESTAMP),
            *(self._column(name).alias(name) for name in texts if name != schema.CURRENCY),
            *(pl.col(f" {name}").cast(pl.Float64).alias(name) for name in NUMBERS),
            self._column(schema.CURRENCY).str.to_uppercase().alias(schema.CURRENCY),
        )
        return typed.with_columns(extra_column(frame, others)) if others else typed
