"""Given cases: a split that somebody published, scored against models that are in service.

One case a line, as JSON or CSV: who asks (`visitor_id`, `customer_id`, the item ids of a `session`, or the seeds
`item_ids`), and the item ids that were `relevant`; if it matters, the `strategy` and `allow_seen`. In CSV, ids of one
cell are separated by `|`.
"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from recommender.catalog.item import ItemId
from recommender.engine.question import ALLOW_SEEN
from recommender.engine.request import Interaction, Visitor
from recommender.errors import ImportingError, InputError
from recommender.strategy import Strategy
from training.cases import Case, Task, Unit
from training.importing.source import Source

SEPARATOR = "|"
"""Between the ids of one CSV cell."""
LISTS = ("session", "item_ids", "relevant")


class GivenCase(BaseModel, extra="forbid", frozen=True):
    """One line of the file."""

    visitor_id: str | None = Field(None, min_length=1)
    customer_id: str | None = Field(None, min_length=1)
    session: tuple[ItemId, ...] = ()
    """Items viewed in this session, oldest first."""
    item_ids: tuple[ItemId, ...] = ()
    """Seeds, for `similar` and `bought_together`."""
    relevant: tuple[ItemId, ...] = Field(min_length=1)
    strategy: Strategy | None = None
    """By default `similar` for seeds and `for_you` for anybody else."""
    allow_seen: bool | None = None
    """By default what the strategy does."""

    @field_validator(*LISTS, mode="before")
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """Ids that a file holds as numbers are texts."""
        if not isinstance(value, list):
            return value
        return [str(one) if type(one) is int else one for one in value]

    @model_validator(mode="after")
    def _somebody_asks(self) -> "GivenCase":
        if not (self.visitor_id or self.customer_id or self.session or self.item_ids):
            raise ValueError("needs one of visitor_id, customer_id, session and item_ids")
        return self

    @property
    def asked(self) -> Strategy:
        """The strategy that is to solve it."""
        return self.strategy or (Strategy.SIMILAR if self.item_ids else Strategy.FOR_YOU)

    @property
    def unit(self) -> Unit:
        """What baselines count together for it."""
        if self.item_ids:
            return Unit.ORDERS if self.asked is Strategy.BOUGHT_TOGETHER else Unit.SESSIONS
        if self.session:
            return Unit.SESSIONS
        return Unit.BUYERS if self.asked is Strategy.BUY_AGAIN else Unit.PEOPLE

    @property
    def seen(self) -> bool | None:
        """What becomes of seen items."""
        return ALLOW_SEEN.get(self.asked) if self.allow_seen is None else self.allow_seen


def given_tasks(file: Path) -> list[Task]:
    """The cases of a file, by strategy and by what is known of who asks.

    Raises:
        ImportingError: the file cannot be read, or holds no case.
        InputError: a line is not a case; it is named by number, field and value.
    """
    groups: dict[tuple[Strategy, Unit, bool | None], list[Case]] = {}
    for number, document in _lines(file):
        case = _parsed(number, document)
        groups.setdefault((case.asked, case.unit, case.seen), []).append(_posed(number, case))
    if not groups:
        raise ImportingError(f'{file} holds no case; a line is such as {{"session": ["a"], "relevant": ["b"]}}')
    return [
        Task(_name(strategy, unit, seen), (strategy,), tuple(cases), unit, seen)
        for (strategy, unit, seen), cases in groups.items()
    ]


def _name(strategy: Strategy, unit: Unit, seen: bool | None) -> str:
    what = {True: "all items", False: "new items", None: "items"}[seen]
    return f"{what} for {unit} ({strategy})"


def _posed(number: int, case: GivenCase) -> Case:
    viewed = tuple(Interaction(item) for item in case.session)
    visitor = Visitor(case.visitor_id, case.customer_id, session=viewed)
    return Case(f"line {number}", visitor, case.item_ids, frozenset(case.relevant))


def _parsed(number: int, document: Mapping[str, Any]) -> GivenCase:
    try:
        return GivenCase.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "case"
        allowed = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            allowed = f"known fields are {', '.join(GivenCase.model_fields)}"
        raise InputError(f"line {number}, {field}", first["input"], allowed) from None


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Every line's number and fields."""
    lines = _texts(Source(file))
    try:
        yield from _table(lines) if file.name.removesuffix(".gz").endswith(".csv") else _objects(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImportingError(f"{file} cannot be read: {error}") from None


def _texts(source: Source) -> Iterator[str]:
    return (line.decode() for block in source.blocks() for line in block.splitlines(keepends=True))


def _table(lines: Iterator[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(lines)
    for row in reader:
        if None in row:
            raise InputError(f"line {reader.line_num}", row[None], f"the header has {len(row) - 1} columns")
        told = {name: value for name, value in row.items() if value}
        yield (
            reader.line_num,
            {name: value.split(SEPARATOR) if name in LISTS else value for name, value in told.items()},
        )


def _objects(lines: Iterator[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            document = orjson.loads(line)
        except ValueError as error:
            raise InputError(f"line {number}", line.strip(), f"use one JSON object a line ({error})") from None
        if not isinstance(document, dict):
            raise InputError(f"line {number}", document, "use one JSON object a line")
        yield number, document
