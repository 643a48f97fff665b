"""Which files were imported, so that the same file twice changes nothing."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from recommender.records.database import Database, upsert
from recommender.records.tables import IMPORTS


class Imports:
    """Finished imports by their file's fingerprint."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, shop: str, fingerprint: str) -> dict[str, Any] | None:
        """The summary of the import of that file, or None when it was not imported."""
        query = select(IMPORTS.c.summary).where(IMPORTS.c.shop == shop, IMPORTS.c.fingerprint == fingerprint)
        with self._database.read() as connection:
            text = connection.scalar(query)
        return None if text is None else dict(json.loads(text))

    def add(
        self, shop: str, fingerprint: str, name: str, summary: Mapping[str, Any], now: datetime | None = None
    ) -> None:
        """Remember a finished import; a second one of the same file replaces the first."""
        row = {"name": name, "summary": json.dumps(summary), "imported_at": now or datetime.now(UTC)}
        with self._database.write() as connection:
            insert = upsert(connection, IMPORTS).values(shop=shop, fingerprint=fingerprint, **row)
            keys = [IMPORTS.c.shop, IMPORTS.c.fingerprint]
            connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=row))
