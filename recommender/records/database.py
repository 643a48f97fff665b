"""The connection to SQLite or PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.schema import CreateColumn, Table

from recommender.breaker import Breaker
from recommender.errors import ConfigurationError
from recommender.records.tables import METADATA, OLDEST_VERSION, SCHEMA_VERSION, VERSION
from recommender.sqlite import WAIT_SECONDS, set_up, settle

_CREATION_LOCK = 0x7669747269  # any number, the same for all processes of one database
OURS: Final = {"version": SCHEMA_VERSION, "oldest": OLDEST_VERSION}


FAILURES: Final = (OperationalError, InterfaceError, NoConnectionError)
"""What is raised where a database is away, slow or full, or all connections to it are taken."""


class AwayError(SQLAlchemyError):
    """The database failed a moment ago, and was not asked."""


class Database:
    """Transactions on either database; usable from several threads.

    Args:
        engine: the connections.
        breaker: leaves a database alone that fails.
    """

    def __init__(self, engine: Engine, breaker: Breaker | None = None) -> None:
        self._engine = engine
        self._breaker = breaker

    @classmethod
    def open(cls, url: str, *, breaker: Breaker | None = None, silence: float | None = None) -> "Database":
        """Connect, and make the tables if they are missing.

        Args:
            url: which database.
            breaker: leaves it alone when it fails; without one every call asks it.
            silence: seconds after which PostgreSQL is given up; without a limit calls wait for ever.

        Raises:
            ConfigurationError: the URL cannot be used, nothing answers there, or the tables are of a newer Vitrine that
                shares them with none as old as this.
        """
        parsed = _parse(url)
        shown = parsed.render_as_string(hide_password=True)
        database = cls(_engine(parsed, silence), breaker)
        try:
            database._prepare(shown)
        except Exception as error:
            database.close()
            if not isinstance(error, SQLAlchemyError):
                raise
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise ConfigurationError(f"database {shown} cannot be used: {reason}") from error
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection; each query sees one state of the data."""
        with self._guarded(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose queries all see the data as they were at the first of them."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of the block happens, or nothing."""
        with (
            self._guarded(),
            self._engine.connect().execution_options(vitrine_writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    def settle(self) -> None:
        """Let nothing stay on the disk of what was deleted: SQLite moves its write-ahead log into the file.

        Where a reader is in the way the next one to settle does it. PostgreSQL's autovacuum needs no reminder.
        """
        if self._engine.dialect.name == "sqlite":
            with closing(self._engine.raw_connection()) as connection:
                settle(connection.driver_connection)  # type: ignore[arg-type]  # of SQLite

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @property
    def away(self) -> bool:
        """Whether the database is left alone now."""
        return self._breaker is not None and self._breaker.open

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        if self._breaker is None:
            yield
            return
        if not self._breaker.allows():
            raise AwayError("the database failed a moment ago, and is asked again in a moment")
        try:
            yield
        except AwayError:
            raise
        except FAILURES:
            self._breaker.failed()
            raise
        except BaseException:
            self._breaker.succeeded()  # it answered; what was asked is another matter
            raise
        self._breaker.succeeded()

    def _prepare(self, shown: str) -> None:
        with self._alone() as connection:
            METADATA.create_all(connection, [VERSION])
            _add_columns(connection, VERSION)
            found = connection.execute(select(VERSION)).one_or_none()
            if found is not None and found.version >= SCHEMA_VERSION:
                _refuse_incompatible(shown, found.version, found.oldest or found.version)
                return  # tables of a newer Vitrine are left as they are
            METADATA.create_all(connection)
            if found is None:
                connection.execute(insert(VERSION).values(**OURS))
                return
            for table in METADATA.sorted_tables:
                _add_columns(connection, table)
        # By itself: whoever adds a column keeps everybody else from the table until the transaction ends.
        with self._alone() as connection:
            for index in (index for table in METADATA.sorted_tables for index in table.indexes):
                index.create(connection, checkfirst=True)
            older = VERSION.c.version < SCHEMA_VERSION  # or somebody newer was here meanwhile
            connection.execute(update(VERSION).where(older).values(**OURS))

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A transaction of the only process that makes tables now.

        Indexes of large tables take their time, also for those who wait until another process has made them.
        """
        with self.write() as connection:
            if connection.dialect.name != "postgresql":
                yield connection
                return
            from recommender.records.patience import unhurried  # with the driver, which nobody else needs

            with unhurried(connection.connection.driver_connection):
                # Several workers may start at once; CREATE TABLE IF NOT EXISTS alone does not stand that.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATION_LOCK})
                yield connection


def _refuse_incompatible(shown: str, version: int, oldest: int) -> None:
    if oldest > SCHEMA_VERSION:
        works = f"which works with Vitrine from version {oldest} on" if oldest < version else "of a newer Vitrine"
        known = f"this Vitrine knows {SCHEMA_VERSION}"
        raise ConfigurationError(f"database {shown} has schema version {version}, {works}; {known}: use a newer one")


def _add_columns(connection: Connection, table: Table) -> None:
    """Add what the table lacks of ours; rows that are there have null in it, and older processes write none."""
    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    for column in table.columns:
        if column.name not in there:
            written = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {written}")


def lock(connection: Connection, *names: str) -> None:
    """Wait until no other transaction holds a lock of these names; they are free again when this one ends.

    SQLite has one writer at a time anyway. Who locks twice in one transaction names persons first, then the campaign,
    then a ledger: so nobody waits in a circle.
    """
    if connection.dialect.name == "postgresql":
        for name in sorted(names):
            key = int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def upsert(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, in the database's own dialect."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def _parse(url: str) -> URL:
    allowed = "use sqlite:///path or postgresql://user:password@host/database"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigurationError(f"database URL cannot be read; {allowed}") from None
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ConfigurationError(f"database {parsed.get_backend_name()} is not supported; {allowed}")
    return parsed


def _engine(url: URL, silence: float | None) -> Engine:
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
        if silence is not None:
            from recommender.records.patience import patient

            connect = patient(silence)
            event.listen(engine, "do_connect", lambda _, __, given, named: connect(*given, **named))
        return engine
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    set_up(connection)
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A writer that began as a reader could not wait for its turn: it would fail at once.
    writes = connection.get_execution_options().get("vitrine_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
