"""A shop out of an archive: all of it, or nothing.

Everything is unpacked and compared beside the shops first. Then files are moved to their places, and back should the
one transaction fail that writes the rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table, delete, literal, select
from sqlalchemy.exc import DataError, IntegrityError

from recommender.archives.backup import Contents
from recommender.archives.bundle import Header, unpack
from recommender.archives.place import place
from recommender.archives.rows import ACCESS, load, number_on, numbers_given, own, tables
from recommender.artifact import ArtifactStore, artifacts
from recommender.disk import make_folder, sync
from recommender.errors import ArchiveError, ConflictError, StoreError
from recommender.events import files
from recommender.events.locking import held
from recommender.events.spooled import positions
from recommender.records import Records, ShopKeys
from recommender.records.shops import give_keys
from recommender.records.tables import KEY_ENDS, KEYS, SCHEMA_VERSION
from recommender.workspace import ShopFolder, Workspace, check_shop_name


@dataclass(frozen=True)
class Restored:
    """What was put back."""

    shop: str
    header: Header
    contents: Contents
    keys: ShopKeys | None
    """New ones, for a shop under another name: the old ones stay those of the shop that they were given to."""


def restore(
    workspace: Workspace, records: Records, archive: Path, *, now: datetime, shop: str | None = None
) -> Restored:
    """Put a shop back under its name or another one.

    Args:
        workspace: the files.
        records: the database.
        archive: what :func:`recommender.archives.backup.back_up` wrote.
        now: when new keys are made.
        shop: another name. A copy gets keys of its own, unless an empty shop of that name has some.

    Raises:
        ArchiveError: the archive is damaged, or of a newer Vitrine.
        ConflictError: there is a shop of that name that is not empty.
    """
    with place(workspace) as made:
        header = unpack(archive, made)
        if header.schema_version > SCHEMA_VERSION:
            known = f"this Vitrine knows {SCHEMA_VERSION}"
            raise ArchiveError(f"{archive} has records of schema version {header.schema_version}; {known}")
        name = check_shop_name(shop or header.shop)
        return _put_back(workspace.shop(name), records, header, made, archive, now)


def _put_back(
    folder: ShopFolder, records: Records, header: Header, made: Path, archive: Path, now: datetime
) -> Restored:
    name = folder.path.name
    try:
        with held(folder.readers_lock), held(folder.log_lock):
            _refuse(name, _files_there(folder))
            with _moved(made / "files", folder) as count, records.database.write() as connection:
                _refuse(name, _rows_there(connection, name))
                rows, keys = _rows(connection, made / "records", header.shop, name, now)
    except IntegrityError as error:
        raise ConflictError(f"{archive} cannot be put back beside what is there: {error.orig}") from None
    except DataError as error:
        raise ArchiveError(f"{archive} holds what the database does not take: {error.orig}") from None
    store = artifacts(folder)
    try:
        with held(folder.artifacts_lock):
            store.adopt(ArtifactStore(folder.artifacts))
        current = store.current()
    except StoreError as error:
        rest = f"`vitrine models share --shop {name}` brings its models to the store"
        raise StoreError(f"{name} is restored, and {rest} when it answers: {error}") from None
    return Restored(name, header, Contents(count, rows, current), keys)


def _refuse(name: str, there: list[str]) -> None:
    if there:
        listed = ", ".join(there)
        raise ConflictError(f"shop {name!r} is not empty ({listed}): restore under another name with --shop")


def _files_there(folder: ShopFolder) -> list[str]:
    models = [*folder.artifacts.glob("*"), *artifacts(folder).versions()]
    there = {"log": [*files.days(folder.log), *_stored(folder)], "spools": [*positions(folder)], "models": models}
    return [name for name, found in there.items() if found]


def _stored(folder: ShopFolder) -> list[str]:
    if folder.store is None:
        return []
    from recommender.events import pieces  # an extra brings what these need
    from recommender.events.stored import StoredLog

    return [*StoredLog.of(folder).register().files, *(one.name for one in pieces.waiting(pieces.of_shop(folder)))]


def _rows_there(connection: Connection, shop: str) -> list[str]:
    return [table.name for table in tables() if table not in ACCESS and _has(connection, table, shop)]


def _has(connection: Connection, table: Table, shop: str) -> bool:
    return (
        connection.execute(select(literal(1)).select_from(table).where(own(table, shop)).limit(1)).first() is not None
    )


def _rows(connection: Connection, made: Path, was: str, name: str, now: datetime) -> tuple[int, ShopKeys | None]:
    there, renamed = _has(connection, KEYS, name), was != name
    if not renamed:
        for table in (KEY_ENDS, KEYS):
            connection.execute(delete(table).where(own(table, name)))
    later, count = numbers_given(connection), 0
    for table in tables():
        path = made / f"{table.name}.jsonl"
        if path.exists() and not (renamed and table in {KEYS, KEY_ENDS}):
            with path.open(encoding="utf-8") as found:
                count += load(connection, table, found, name, later)
    number_on(connection)
    return count, give_keys(connection, name, now) if renamed and not there else None


@contextmanager
def _moved(made: Path, folder: ShopFolder) -> Iterator[int]:
    """The files where they belong for as long as the block goes well; gives their number."""
    moved: list[tuple[Path, Path]] = []
    try:
        for file in sorted(path for path in made.rglob("*") if path.is_file()):
            target = folder.path / file.relative_to(made)
            make_folder(target.parent)
            file.rename(target)
            sync(target.parent)
            moved.append((target, file))
        for leftover in folder.path.glob(f"{folder.event_ids.name}*"):
            leftover.unlink()  # of a log that had no event; it is made again from this one
        yield len(moved)
    except BaseException:
        for target, file in moved:
            target.rename(file)
        for emptied in sorted({target.parent for target, _ in moved}, reverse=True):
            with suppress(OSError):  # something else is in it
                emptied.rmdir()
        raise
