"""The records: what must be the same for all processes and survive them."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import text

from recommender.records.catalog import Catalog
from recommender.records.configurations import Configurations
from recommender.records.database import Database
from recommender.records.imports import Imports
from recommender.records.leases import Leases
from recommender.records.shops import Shops


@dataclass(frozen=True)
class Records:
    """Open records of one installation; usable from several threads."""

    database: Database
    shops: Shops
    catalog: Catalog
    configurations: Configurations
    imports: Imports
    leases: Leases

    @classmethod
    def open(cls, url: str) -> Self:
        """Connect to `sqlite:///…` or `postgresql://…`; missing tables are made.

        Raises:
            ConfigurationError: the URL cannot be used, or nothing answers there.
        """
        database = Database.open(url)
        return cls(
            database,
            Shops(database),
            Catalog(database),
            Configurations(database),
            Imports(database),
            Leases(database),
        )

    def ping(self) -> None:
        """Ask the database for a sign of life; any exception means that there is none."""
        with self.database.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections."""
        self.database.close()
