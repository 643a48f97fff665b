"""Who was erased: a tombstone each, by which every process forgets them before all files are written anew."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, select, update

from recommender.events.erased import NOBODY, Erased
from recommender.forgotten import Forgotten
from recommender.records.database import Database, upsert
from recommender.records.tables import ERASED_EVENTS, ERASURES, SHOPS


class Erasures:
    """Tombstones by shop. They hold digests made with the shop's signing key, and no id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, shop: str, keys: Iterable[str], now: datetime, events: Iterable[str] = ()) -> Forgotten:
        """Remember that the persons with these keys were erased now; who was erased before is erased again.

        Args:
            shop: whose.
            keys: of whom models know nothing any more.
            now: the moment.
            events: of those among them all of whose events go, also where they are found later.
        """
        erased = Forgotten.of(self.secret(shop), keys)
        at = {"erased_at": now, "rewritten_at": None}
        with self._database.write() as connection:
            for digest in sorted(erased.digests):
                row = upsert(connection, ERASURES).values(shop=shop, digest=digest, **at)
                connection.execute(row.on_conflict_do_update(index_elements=["shop", "digest"], set_=at))
            for digest in sorted(erased.digest(key) for key in events):
                late = {"erased_at": now, "gone_at": None}
                row = upsert(connection, ERASED_EVENTS).values(shop=shop, digest=digest, **late)
                connection.execute(row.on_conflict_do_update(index_elements=["shop", "digest"], set_=late))
        return erased

    def of_events(self, shop: str) -> Erased:
        """Whose events go that are found where erasing did not look: in spools and pieces of other hosts."""
        with self._database.read() as connection:
            events, pages = (_moments(connection, table, table.c.shop == shop) for table in (ERASED_EVENTS, ERASURES))
        return Erased(self.secret(shop), events, pages) if events else NOBODY

    def late(self, shop: str) -> Erased:
        """Those of them whose events the log may still hold: erasing was cut short, or could not reach it."""
        with self._database.read() as connection:
            late = (ERASED_EVENTS.c.shop == shop, ERASED_EVENTS.c.gone_at.is_(None))
            events = _moments(connection, ERASED_EVENTS, *late)
            pages = _moments(connection, ERASURES, ERASURES.c.shop == shop) if events else {}
        return Erased(self.secret(shop), events, pages) if events else NOBODY

    def shops_late(self) -> set[str]:
        """Shops with such persons."""
        with self._database.read() as connection:
            query = select(ERASED_EVENTS.c.shop).where(ERASED_EVENTS.c.gone_at.is_(None))
            return {*connection.scalars(query.distinct())}

    def gone(self, shop: str, events: Mapping[str, datetime], now: datetime) -> None:
        """Note that the log holds nothing any more of those who were erased at these moments, and not again since."""
        with self._database.write() as connection:
            for digest, erased_at in sorted(events.items()):
                theirs = (ERASED_EVENTS.c.shop == shop, ERASED_EVENTS.c.digest == digest)
                done = update(ERASED_EVENTS).where(*theirs, ERASED_EVENTS.c.erased_at == erased_at)
                connection.execute(done.values(gone_at=now))

    def pending(self, shop: str) -> Forgotten:
        """Those whom artifacts may still hold."""
        return self._those(shop, ERASURES.c.rewritten_at.is_(None))

    def since(self, shop: str, moment: datetime) -> Forgotten:
        """Those who were erased since a moment: what was read before may hold them."""
        return self._those(shop, ERASURES.c.erased_at >= moment)

    def waiting(self, shop: str) -> dict[str, datetime]:
        """The digests of those whom artifacts may still hold, and when they were erased; the first come first."""
        query = select(ERASURES.c.digest, ERASURES.c.erased_at).where(
            ERASURES.c.shop == shop, ERASURES.c.rewritten_at.is_(None)
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(ERASURES.c.erased_at, ERASURES.c.digest)).all()
        return {row.digest: row.erased_at for row in rows}

    def rewritten(self, shop: str, persons: Forgotten, now: datetime) -> None:
        """Note that no artifact holds these any more; who was erased again since then goes on waiting."""
        theirs = (ERASURES.c.shop == shop, ERASURES.c.erased_at <= now)
        with self._database.write() as connection:
            for digest in sorted(persons.digests):
                done = update(ERASURES).where(*theirs, ERASURES.c.digest == digest)
                connection.execute(done.values(rewritten_at=now))

    def _those(self, shop: str, condition: ColumnElement[bool]) -> Forgotten:
        query = select(ERASURES.c.digest).where(ERASURES.c.shop == shop, condition)
        with self._database.read() as connection:
            digests = frozenset(connection.scalars(query))
        return Forgotten(self.secret(shop) if digests else "", digests)

    def secret(self, shop: str) -> str:
        """What the shop's digests are made with."""
        with self._database.read() as connection:
            return str(connection.scalar(select(SHOPS.c.signing_key).where(SHOPS.c.name == shop)))


def _moments(connection: Connection, table: Table, *which: ColumnElement[bool]) -> dict[str, datetime]:
    rows = connection.execute(select(table.c.digest, table.c.erased_at).where(*which))
    return {row.digest: row.erased_at for row in rows}
