"""Leases: who may do what only one process may do at a time."""

from datetime import datetime

from sqlalchemy import delete, or_

from recommender.records.database import Database, upsert
from recommender.records.tables import LEASES


class Leases:
    """Named leases that end by themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, holder: str, seconds: float, now: datetime) -> bool:
        """Take or renew a lease until `seconds` after `now`; False while another holder has it."""
        until = {"holder": holder, "expires_at": now.timestamp() + seconds}
        with self._database.write() as connection:
            insert = upsert(connection, LEASES).values(name=name, **until)
            free = or_(LEASES.c.holder == holder, LEASES.c.expires_at <= now.timestamp())
            taken = insert.on_conflict_do_update(index_elements=[LEASES.c.name], set_=until, where=free)
            return connection.execute(taken.returning(LEASES.c.name)).one_or_none() is not None

    def release(self, name: str, holder: str) -> None:
        """Give a lease back; harmless when another holder has it."""
        with self._database.write() as connection:
            connection.execute(delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder))
