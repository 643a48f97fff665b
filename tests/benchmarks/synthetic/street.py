"""Many small shops in one home: a few are trained, the others are copies of them under names and keys of their own.

Files are copied, not linked: shops that share no memory in life must share none when memory is measured.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from recommender.artifact import MANIFEST, read_manifest
from recommender.catalog.item import Item
from recommender.disk import replace
from recommender.events.compaction import compact
from recommender.events.event import Event, EventItem
from recommender.events.names import EventName
from recommender.events.rows import Received
from recommender.events.spool import Spool
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace
from tests.benchmarks.shop import NAME
from tests.benchmarks.synthetic.files import Size, write
from tests.benchmarks.synthetic.home import prepare

CARD = "street.json"
"""Name, public key and number of items of each shop."""
EVENTS_AN_ITEM = 20
LIVE_DAYS, LIVE_EVENTS = 10, 20
"""Days of what the service itself has collected, and events of each: what a start fills the state from."""


@dataclass(frozen=True)
class House:
    """One shop of the street."""

    shop: str
    key: str
    items: int


def street(home: Path, shops: int, sizes: Sequence[int], patterns: Path) -> list[House]:
    """The shops of a home, made where they are missing.

    Args:
        home: becomes VITRINE_HOME.
        shops: how many.
        sizes: items of the shops that are trained; the others are copies of them in turns.
        patterns: folder of the homes of those, made where they are missing.

    Raises:
        FileExistsError: the home holds another number of shops.
    """
    if (home / CARD).exists():
        known = [House(**one) for one in json.loads((home / CARD).read_text())]
        if len(known) != shops:
            raise FileExistsError(f"{home} holds {len(known)} shops, not {shops}; name another folder")
        return known
    trained = [_pattern(pattern(patterns, items), items) for items in sizes]
    workspace = Workspace(home)
    records = Records.open(workspace.records_url)
    folders = [workspace.shop(f"shop-{number}") for number in range(shops)]
    houses = [_built(folder, records, one) for folder, one in zip(folders, cycle(trained), strict=False)]
    records.close()
    (home / CARD).write_text(json.dumps([asdict(one) for one in houses]))
    return houses


def pattern(patterns: Path, items: int) -> Path:
    """The home of the shop of which others with so many items are copies."""
    return patterns / str(items)


@dataclass(frozen=True)
class _Pattern:
    """A trained shop that others are copies of."""

    folder: ShopFolder
    catalogue: list[Item]


def _pattern(home: Path, items: int) -> _Pattern:
    size = Size(items, EVENTS_AN_ITEM * items, seed=items)
    write(home / "files", size)
    prepare(home, home / "files", size)
    workspace = Workspace(home)
    records = Records.open(workspace.records_url)
    catalogue = [Item.parse(document) for _, document in records.catalog.documents(NAME)]
    records.close()
    folder = workspace.shop(NAME)
    shutil.rmtree(folder.log)
    folder.event_ids.unlink(missing_ok=True)  # the events of another time have the same ids
    spool = Spool.create(folder.spools)
    spool.append([one.encode() for one in _collected(size)])
    spool.close()
    compact(folder)
    return _Pattern(folder, catalogue)


def _collected(size: Size) -> Iterator[Received]:
    """Views of the last days."""
    now = datetime.now(UTC)
    for number in range(LIVE_DAYS * LIVE_EVENTS):
        at = now - timedelta(hours=24 * number / LIVE_EVENTS)
        item = EventItem(f"i{number % size.items}", 1.0, None, {})
        event = Event(f"e{number}", EventName.VIEW_ITEM, at, visitor_id=f"v{number // 4}", items=(item,))
        yield Received(event, at, verified=False)


def _built(folder: ShopFolder, records: Records, pattern: _Pattern) -> House:
    name = folder.path.name
    keys = records.shops.create(name)
    records.catalog.put(name, pattern.catalogue)
    shutil.copytree(pattern.folder.log, folder.log)
    (origin,) = pattern.folder.artifacts.glob(f"*/{MANIFEST}")
    manifest: Any = read_manifest(origin.parent)
    own = manifest.model_copy(update={"shop": name})
    own = own.sealed(own.files)
    shutil.copytree(origin.parent, folder.artifacts / own.version)
    (folder.artifacts / own.version / MANIFEST).write_text(own.document())
    replace(folder.artifacts / "history", f"{own.version}\n".encode())
    replace(folder.artifacts / "current", f"{own.version}\n".encode())
    return House(name, keys.public_key, len(pattern.catalogue))
