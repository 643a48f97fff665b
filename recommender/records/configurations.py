"""Each shop's configuration document and its version."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from recommender.errors import ConflictError, NotFoundError
from recommender.records.database import Database, upsert
from recommender.records.tables import CONFIGURATIONS, SHOPS


class Configurations:
    """One versioned JSON document a shop."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, shop: str) -> tuple[int, dict[str, Any]]:
        """Version and document; 0 and an empty one while none was set."""
        query = select(CONFIGURATIONS).where(CONFIGURATIONS.c.shop == shop)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return (0, {}) if row is None else (row.version, json.loads(row.document))

    def put(self, shop: str, document: Mapping[str, Any], expected_version: int | None = None) -> int:
        """Replace the document and return its new version.

        Args:
            shop: whose.
            document: JSON values.
            expected_version: the version that the writer saw; None replaces any.

        Raises:
            NotFoundError: no such shop.
            ConflictError: another writer was faster.
        """
        with self._database.write() as connection:
            # The shop's row is locked, not the document's: at first there is none.
            if connection.scalar(select(SHOPS.c.name).where(SHOPS.c.name == shop).with_for_update()) is None:
                raise NotFoundError(f"no shop {shop!r}")
            query = select(CONFIGURATIONS.c.version).where(CONFIGURATIONS.c.shop == shop)
            version = connection.scalar(query) or 0
            if expected_version not in {None, version}:
                raise ConflictError(f"configuration is at version {version}, not {expected_version}; read it again")
            row = {"version": version + 1, "document": json.dumps(document, ensure_ascii=False)}
            insert = upsert(connection, CONFIGURATIONS).values(shop=shop, **row)
            connection.execute(insert.on_conflict_do_update(index_elements=[CONFIGURATIONS.c.shop], set_=row))
        return int(version) + 1
