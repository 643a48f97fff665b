"""What is newest of all shops, found by one look: who serves thousands cannot ask about each."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Self

from sqlalchemy import select

from recommender.records.database import Database
from recommender.records.tables import CONFIGURATIONS, ERASURES, SHOPS


@dataclass(frozen=True)
class Newest:
    """The newest versions by shop."""

    catalogs: Mapping[str, int]
    configurations: Mapping[str, int]
    """Of those that were set."""
    erased: Set[str]
    """Shops with erased persons whom artifacts may still hold."""

    @classmethod
    def read(cls, database: Database) -> Self:
        """Look at all shops."""
        erased = select(ERASURES.c.shop).where(ERASURES.c.rewritten_at.is_(None)).distinct()
        with database.read() as connection:
            catalogs = connection.execute(select(SHOPS.c.name, SHOPS.c.catalog_revision)).all()
            configurations = connection.execute(select(CONFIGURATIONS.c.shop, CONFIGURATIONS.c.version)).all()
            return cls(
                {row.name: row.catalog_revision for row in catalogs},
                {row.shop: row.version for row in configurations},
                frozenset(connection.scalars(erased)),
            )

    def differs(self, shop: str, catalog: int, configuration: int) -> bool:
        """Whether a shop's catalogue is newer than this revision, or its configuration another one."""
        return self.catalogs.get(shop, 0) > catalog or self.configurations.get(shop, 0) != configuration
