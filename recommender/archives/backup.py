"""A shop into an archive, while it is served.

Files of the log and of models are never changed, so it is enough to take hold of them: they are linked while nobody
moves or deletes them, which takes a moment, and read afterwards. Records are read last and as of one moment: a code
that the log knows to be given is never free in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from recommender.archives.bundle import Header, packing
from recommender.archives.place import place
from recommender.archives.rows import lines, tables
from recommender.artifact import ArtifactStore, artifacts
from recommender.collecting import collect
from recommender.disk import link
from recommender.events import files
from recommender.events.changing import PATIENCE_SECONDS, changing
from recommender.events.locking import held
from recommender.events.spool import Spool, spools
from recommender.records import Records
from recommender.records.tables import SCHEMA_VERSION
from recommender.workspace import ShopFolder, Workspace

MADE_AGAIN: Final = frozenset(
    {"shelf", "staging", "rejects", "unfinished", "log", "spools", "artifacts", "copies", "own"}
)
"""What of a shop's folder is made again when it is missing, or is taken hold of in its own way."""


@dataclass(frozen=True)
class Contents:
    """What an archive holds, or what was put back."""

    files: int
    rows: int
    model: str | None
    """The version in service."""


def back_up(
    workspace: Workspace,
    records: Records,
    shop: str,
    to: Path,
    *,
    now: Callable[[], datetime],
    all_models: bool = False,
) -> Contents:
    """Write everything of a shop that cannot be made again into one file.

    Args:
        workspace: the files.
        records: the database.
        shop: whose.
        to: the archive; one that is there is replaced once the new one is whole.
        now: the wall clock.
        all_models: whether every model is kept, or the one in service.

    Raises:
        NotFoundError: no such shop.
        ConflictError: another host changes the shop's log and does not end.
        StoreError: the store cannot be reached.
    """
    records.shops.get(shop)
    folder = workspace.shop(shop)
    with place(workspace) as made:
        if folder.store is not None:  # what other hosts have shipped belongs to it, too
            collect(folder, records, now(), patience=PATIENCE_SECONDS)
        with changing(folder, now=now(), leases=records.leases, alone=True):
            _take_hold(folder, made / "files")
        with held(folder.artifacts_lock):
            model = _models(artifacts(folder), made / "files" / "artifacts", all_models=all_models)
        rows = _rows(records, shop, made / "records")
        packed = [file for file in sorted(made.rglob("*")) if file.is_file()]
        header = Header(shop=shop, made_at=now(), schema_version=SCHEMA_VERSION)
        with packing(to, header) as archive:
            for file in packed:
                archive.add(file.relative_to(made).as_posix(), file)
        return Contents(len(packed), rows, model)


def _take_hold(folder: ShopFolder, to: Path) -> None:
    for file in files.log_files(folder.log):
        link(file, to / file.relative_to(folder.path))
    for file in spools(folder.spools):
        _copy_spool(file, to / "spools" / file.name)
    for entry in sorted(folder.path.glob("*")):
        if entry.name not in MADE_AGAIN and entry.is_dir():
            for file in sorted(entry.rglob("*")):
                if file.is_file() and file.suffix != ".lock":
                    link(file, to / file.relative_to(folder.path))


def _copy_spool(file: Path, target: Path) -> None:
    spool = Spool.inspect(file)
    try:
        if spool.position()[0]:
            target.parent.mkdir(parents=True, exist_ok=True)
            spool.copy(target)
    finally:
        spool.close()


def _models(store: ArtifactStore, to: Path, *, all_models: bool) -> str | None:
    current, kept = store.current(), store.versions()
    if current is None:
        return None
    kept = kept if all_models else [current]
    for version in kept:
        for file in sorted(store.path(version).rglob("*")):
            if file.is_file():
                link(file, to / file.relative_to(store.folder))
    to.mkdir(parents=True, exist_ok=True)
    (to / "history").write_text("".join(f"{one}\n" for one in store.history() if one in kept), "utf-8")
    (to / "current").write_text(f"{current}\n", "utf-8")
    return current


def _rows(records: Records, shop: str, to: Path) -> int:
    to.mkdir(parents=True)
    count = 0
    with records.database.snapshot() as connection:
        for table in tables():
            with (to / f"{table.name}.jsonl").open("w", encoding="utf-8") as written:
                for line in lines(connection, table, shop):
                    written.write(f"{line}\n")
                    count += 1
    return count
