"""Making the log of a shop from what all hosts have, as their common records say who may and who was erased."""

import sqlite3
from datetime import datetime
from typing import Final

from pyarrow import ArrowException
from sqlalchemy.exc import SQLAlchemyError

from recommender.errors import VitrineError
from recommender.events.compaction import Summary, compact
from recommender.events.erasure import erase_late
from recommender.records import Records
from recommender.workspace import ShopFolder

FAILURES: Final = (VitrineError, OSError, SQLAlchemyError, sqlite3.Error, ArrowException)
"""What may go wrong with the files of one shop or with the records; it holds up no other shop."""


def collect(folder: ShopFolder, records: Records, now: datetime, *, patience: float = 0) -> Summary:
    """Move what waits into the log, without who was erased; nothing while somebody else is at it.

    Args:
        folder: the shop's.
        records: of all hosts.
        now: the moment.
        patience: seconds for which other hosts are waited for; 0: nobody is.

    Raises:
        VitrineError: a spool or a piece cannot be read, or the store cannot be reached.
    """
    shop = folder.path.name
    erased = records.erasures.of_events(shop)
    summary = compact(folder, now=now, leases=records.leases, erased=erased, patience=patience)
    late = records.erasures.late(shop)
    if late and not summary.busy:
        erase_late(folder, late, now=now, leases=records.leases, patience=patience)
        records.erasures.gone(shop, late.events, now)
    return summary


def gather(folder: ShopFolder, records: Records, now: datetime, *, patience: float = 0) -> None:
    """Have here what all hosts have of a shop's log, but for what they acknowledged a moment ago; see :func:`collect`.

    Without a store it is here anyway.
    """
    if folder.store is not None:
        from recommender.events.stored import bring_up  # an extra brings what it needs

        collect(folder, records, now, patience=patience)
        bring_up(folder, now)
