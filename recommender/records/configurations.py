"""Each shop's configuration document and its version, and the documents before it."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from recommender.errors import ConflictError, NotFoundError
from recommender.records.database import Database, upsert
from recommender.records.tables import CONFIGURATIONS, PAST_CONFIGURATIONS, SHOPS

KEPT = 1000
"""Documents of a shop that are kept after they were replaced; the newest ones."""


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

    def at(self, shop: str, version: int) -> dict[str, Any]:
        """The document of an earlier version, or of the present one.

        Raises:
            NotFoundError: it was never there, or is no longer kept.
        """
        present, document = self.get(shop)
        if version in {0, present}:
            return document if version == present else {}
        past = PAST_CONFIGURATIONS.c
        with self._database.read() as connection:
            found = connection.scalar(select(past.document).where(past.shop == shop, past.version == version))
        if found is None:
            raise NotFoundError(f"configuration {version} of shop {shop!r} is not kept")
        earlier: dict[str, Any] = json.loads(found)
        return earlier

    def before(self, shop: str, version: int) -> tuple[int, dict[str, Any]] | None:
        """The version before another one, with its document; None where none is kept."""
        past = PAST_CONFIGURATIONS.c
        query = select(past.version, past.document).where(past.shop == shop, past.version < version)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(past.version.desc()).limit(1)).one_or_none()
        return None if row is None else (row.version, json.loads(row.document))

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
            there = connection.execute(select(CONFIGURATIONS).where(CONFIGURATIONS.c.shop == shop)).one_or_none()
            version = 0 if there is None else there.version
            if expected_version not in {None, version}:
                raise ConflictError(f"configuration is at version {version}, not {expected_version}; read it again")
            if there is not None:
                _keep(connection, shop, version, there.document)
            row = {"version": version + 1, "document": json.dumps(document, ensure_ascii=False)}
            insert = upsert(connection, CONFIGURATIONS).values(shop=shop, **row)
            connection.execute(insert.on_conflict_do_update(index_elements=[CONFIGURATIONS.c.shop], set_=row))
        return int(version) + 1


def _keep(connection: Connection, shop: str, version: int, document: str) -> None:
    past = PAST_CONFIGURATIONS.c
    connection.execute(insert(PAST_CONFIGURATIONS).values(shop=shop, version=version, document=document))
    connection.execute(delete(PAST_CONFIGURATIONS).where(past.shop == shop, past.version <= version - KEPT))
