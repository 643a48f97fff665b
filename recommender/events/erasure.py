"""Erasing a person's events from the log and the spools, for good."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from recommender.disk import replace
from recommender.events import files, schema
from recommender.events.changing import PATIENCE_SECONDS, Leases, changing
from recommender.events.erased import Erased
from recommender.events.event import Event
from recommender.events.names import DecisionName
from recommender.events.rows import Received
from recommender.events.spool import Spool, spools, visit
from recommender.workspace import ShopFolder

COLUMNS: Final = (schema.EVENT, schema.VISITOR_ID, schema.CUSTOMER_ID)


@dataclass(frozen=True)
class _Person:
    """Whose events go."""

    column: str
    id: str
    linked: tuple[str, Collection[str]]
    """Column and ids of those whose answered pages hold what this person did: a customer's history is that of their
    browsers, and the other way round."""

    def has(self, event: Event) -> bool:
        """Whether an event goes."""
        column, ids = self.linked
        copy = event.name is DecisionName.PAGE_ANSWERED and getattr(event, column) in ids
        return copy or getattr(event, self.column) == self.id

    def among(self, rows: pa.Table) -> pa.ChunkedArray:
        """Which rows of the log go."""
        column, ids = self.linked
        answered = pc.equal(rows[schema.EVENT], DecisionName.PAGE_ANSWERED.value)
        copies = pc.and_(answered, pc.is_in(rows[column], value_set=pa.array([*ids], pa.string())))
        own = pc.fill_null(pc.equal(rows[self.column], pa.scalar(self.id, pa.string())), fill_value=False)
        return pc.or_(own, copies)


def erase(
    folder: ShopFolder,
    column: str,
    id_: str,
    linked: Collection[str] = (),
    *,
    now: datetime | None = None,
    leases: Leases | None = None,
    patience: float = PATIENCE_SECONDS,
) -> int:
    """Erase every event whose `column` is `id_`; returns how many rows went.

    Readers of the log are waited for; each of the days concerned is replaced as a whole. What other hosts have not
    shipped yet, and what was shipped and is not in the log, goes by its tombstone (:mod:`recommender.events.erased`).

    Args:
        folder: the shop's.
        column: `visitor_id` or `customer_id`.
        id_: the person.
        linked: customers of the browser, or browsers of the customer: their logged pages go, too, since these hold the
            history that they had in common.
        now: the moment; the clock's time if left out.
        leases: where several hosts share the log.
        patience: seconds for which another host is waited for.

    Raises:
        ConflictError: another host changes the log and does not end, or began meanwhile.
        StoreError: the store cannot be reached.
    """
    other = schema.CUSTOMER_ID if column == schema.VISITOR_ID else schema.VISITOR_ID
    person = _Person(column, id_, (other, linked))
    with changing(folder, now=now or datetime.now(UTC), leases=leases, alone=True, patience=patience):
        # The spools first: what a cut-short compaction left in both places must not be moved again.
        waiting = _from_spools(folder, lambda one: person.has(one.event))
        _from_rejects(folder.rejects, id_)
        return waiting + sum(files.drop(path, COLUMNS, person.among) for path in files.log_files(folder.log))


def erase_waiting(folder: ShopFolder, erased: Erased) -> int:
    """Erase from the spools of this home what is of persons who were erased elsewhere; returns how many rows went."""
    return _from_spools(folder, erased.has)


def erase_late(
    folder: ShopFolder,
    erased: Erased,
    *,
    now: datetime,
    leases: Leases | None = None,
    patience: float = PATIENCE_SECONDS,
) -> int:
    """Erase from the log what :func:`erase` could not because it was cut short, or the store was away.

    Raises:
        ConflictError: another host changes the log and does not end, or began meanwhile.
        StoreError: the store cannot be reached.
    """
    with changing(folder, now=now, leases=leases, alone=True, patience=patience):
        rows = _from_spools(folder, erased.has)
        return rows + sum(files.drop(path, erased.COLUMNS, erased.among) for path in files.log_files(folder.log))


def _from_spools(folder: ShopFolder, goes: Callable[[Received], bool]) -> int:
    rows = 0

    def erase_from(spool: Spool) -> None:
        nonlocal rows
        decoded = ((sequence, Received.decode(document)) for sequence, document in spool.pending())
        gone = {sequence: max(len(one.event.items), 1) for sequence, one in decoded if goes(one)}
        spool.erase([*gone])
        rows += sum(gone.values())

    visit(spools(folder.spools), erase_from)
    return rows


def _from_rejects(folder: Path, id_: str) -> None:
    """Drop refused rows that name the person, whatever they were refused for."""
    named = json.dumps(id_, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")
    for path in folder.glob("*"):
        lines = path.read_bytes().splitlines(keepends=True)
        rest = [line for line in lines if named not in line]
        if len(rest) < len(lines):
            replace(path, b"".join(rest))
