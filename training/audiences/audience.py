"""Members of a segment with what is known of them: as rows, as CSV, and in batches for a receiver."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import Any, Final, Self, TextIO

import orjson

from recommender.cells import guarded
from recommender.retention.population import CUSTOMER, VISITOR, Population
from recommender.retention.segments import Segment
from recommender.retention.traits import TRAITS

CHUNK: Final = 5000
"""Rows whose values are looked up at once."""
BATCH: Final = 500
"""Members of one delivery."""
IDS: Final = ("customer_id", "visitor_id")
COLUMNS: Final = (*IDS, *(trait.name for trait in TRAITS.values() if not trait.on_page))


class Whose(StrEnum):
    """Which members are meant."""

    CUSTOMERS = "customers"
    """Accounts."""
    VISITORS = "visitors"
    """Browsers, those of customers included."""
    ALL = "all"


@dataclass(frozen=True)
class Audience:
    """The members of one segment at one moment, always in the same order."""

    shop: str
    model_version: str
    segment: Segment
    population: Population
    whose: Whose = Whose.ALL

    def __len__(self) -> int:
        return int(self._mask.sum())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each member: `customer_id` or `visitor_id`, and every trait that is known."""
        rows = self.population.rows(self._mask)
        while chunk := [*islice(rows, CHUNK)]:
            for row, known in zip(chunk, self.population.cells(chunk), strict=True):
                key = self.population.key(row)
                name, prefix = ("customer_id", CUSTOMER) if key.startswith(CUSTOMER) else ("visitor_id", VISITOR)
                yield {name: key.removeprefix(prefix), **known}

    def at(self, now: float) -> Self:
        """The same audience as it is at another moment, in Unix seconds."""
        return replace(self, population=Population(self.population.models, now))

    @property
    def definition(self) -> str:
        """Everything that says who belongs to it, segments that it names included."""
        return repr(self.segment.expression)

    @property
    def count(self) -> int:
        """How many batches it makes."""
        return -(-len(self) // BATCH)

    def write(self, to: TextIO) -> int:
        """Write CSV that a spreadsheet opens safely; returns how many members there are."""
        writer, count = csv.writer(to, lineterminator="\n"), 0
        writer.writerow(COLUMNS)
        for member in self:
            writer.writerow([_cell(member.get(name)) for name in COLUMNS])
            count += 1
        return count

    def batches(self) -> Iterator[bytes]:
        """JSON bodies of at most 500 members; the same audience gives the same bytes."""
        members, total = iter(self), len(self)
        for number in range(1, self.count + 1):
            about: Mapping[str, Any] = {
                "type": "segment.members",
                "shop": self.shop,
                "segment": self.segment.name,
                "model_version": self.model_version,
                "batch": number,
                "batches": self.count,
                "members_in_all": total,
                "members": [*islice(members, BATCH)],
            }
            yield orjson.dumps(about)

    @cached_property
    def _mask(self) -> Any:
        mask = self.population.members(self.segment)
        if self.whose is Whose.ALL:
            return mask
        return mask & (self.population.customers == (self.whose is Whose.CUSTOMERS))


def _cell(value: Any) -> str:
    """Text is guarded; numbers are what they are."""
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else orjson.dumps(value).decode()
