"""The records: what must be the same for all processes and survive them."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import text

from recommender.breaker import Breaker
from recommender.records.cashback import Cashback
from recommender.records.catalog import Catalog
from recommender.records.changes import Changes
from recommender.records.configurations import Configurations
from recommender.records.coupons import Coupons
from recommender.records.database import Database
from recommender.records.erasures import Erasures
from recommender.records.imports import Imports
from recommender.records.leases import Leases
from recommender.records.persons import Persons
from recommender.records.pool import Pool
from recommender.records.popups import Popups
from recommender.records.shops import Shops
from recommender.records.weights import Weights


@dataclass(frozen=True)
class Records:
    """Open records of one installation; usable from several threads."""

    database: Database
    shops: Shops
    catalog: Catalog
    configurations: Configurations
    imports: Imports
    leases: Leases
    popups: Popups
    coupons: Coupons
    pool: Pool
    cashback: Cashback
    persons: Persons
    weights: Weights
    erasures: Erasures
    changes: Changes

    @classmethod
    def open(cls, url: str, *, breaker: Breaker | None = None, silence: float | None = None) -> Self:
        """Connect to `sqlite:///…` or `postgresql://…`; missing tables are made.

        Args:
            url: which database.
            breaker: leaves a database alone that fails.
            silence: seconds after which PostgreSQL is given up.

        Raises:
            ConfigurationError: the URL cannot be used, or nothing answers there.
        """
        database = Database.open(url, breaker=breaker, silence=silence)
        return cls(
            database,
            Shops(database),
            Catalog(database),
            Configurations(database),
            Imports(database),
            Leases(database),
            Popups(database),
            Coupons(database),
            Pool(database),
            Cashback(database),
            Persons(database),
            Weights(database),
            Erasures(database),
            Changes(database),
        )

    def ping(self) -> None:
        """Ask the database for a sign of life; any exception means that there is none."""
        with self.database.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close all connections."""
        self.database.close()
