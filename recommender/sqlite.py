"""How every SQLite file of Vitrine is opened: safe against power cuts, readable while it is written."""

import sqlite3
import time

WAIT_SECONDS = 30.0
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PAUSE = 0.01


def set_up(connection: sqlite3.Connection) -> None:
    """Bring a fresh connection to WAL, full synchronisation and transactions that begin where the caller says."""
    connection.isolation_level = None
    _wait(connection, WAIT_SECONDS)
    _to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # erased means gone from the file, not only from its tables


def settle(connection: sqlite3.Connection) -> None:
    """Move the write-ahead log into the file, in which nothing is left of what was deleted.

    Nobody is waited for, since writers would have to wait, too: while somebody reads what is older, the log stays.
    """
    _wait(connection, 0)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in BUSY:
            raise
    finally:
        _wait(connection, WAIT_SECONDS)


def _wait(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def _to_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait its busy timeout here: of processes that open a new file together, all but one would fail.
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)
        else:
            return
