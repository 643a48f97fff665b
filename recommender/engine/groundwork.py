"""What is worked out of a whole shop before anybody asks, in files: for all processes, and for the next start."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from recommender.catalog.table import CatalogTable
from recommender.engine.kin import Beginnings, Kin
from recommender.engine.snapshot import Snapshot
from recommender.errors import ArtifactError
from recommender.models.arrays import load_arrays, save_arrays
from recommender.models.compiling import sealed

FORMAT = 1
"""Is raised when something of this comes to be worked out in another way; each release makes it anew."""
FOLDER = "groundwork"
DESCRIPTION = "groundwork.json"
PARTS = (
    "described", "popularity", "trending", "familiarity", "by_popularity", "by_trend", "on_sale", "arrived", "arrivals",
    "category_bonds",
)  # fmt: skip
"""Properties of a snapshot that are one array."""


def save(snapshot: Snapshot, folder: Path) -> None:
    """Write what is known of `snapshot`; what was not asked for yet is worked out.

    Args:
        snapshot: all of whose table lies in `folder`.
        folder: where the table lies.
    """
    place, beginnings = folder / FOLDER, snapshot.kin.beginnings
    save_arrays(place, **{name: getattr(snapshot, name) for name in PARTS})
    order, starts = snapshot.by_category
    save_arrays(place / "filed", order=order, starts=starts)
    save_arrays(place / "kin", **beginnings._asdict())
    (place / DESCRIPTION).write_text(json.dumps(_made(snapshot.table)), "utf-8")


def known(snapshot: Snapshot, folder: Path) -> Snapshot:
    """The same shop, with what is kept of it; without, where nothing is or where another release worked it out.

    Args:
        snapshot: whose table was opened from `folder`.
        folder: where the table lies.
    """
    place = folder / FOLDER
    if not are_kept(snapshot.table, folder):
        return snapshot
    try:
        found: dict[str, Any] = dict(zip(PARTS, load_arrays(place, *PARTS), strict=True))
        found["by_category"] = load_arrays(place / "filed", "order", "starts")
        beginnings = Beginnings(*map(sealed, load_arrays(place / "kin", *Beginnings._fields)))
    except ArtifactError:  # another process replaces the folder
        return snapshot
    if len(beginnings.slots):
        found["kin"] = Kin(beginnings)
    snapshot.__dict__.update(found)
    return snapshot


def are_kept(table: CatalogTable, folder: Path) -> bool:
    """Whether anything of use lies beside `table`."""
    try:
        made: object = json.loads((folder / FOLDER / DESCRIPTION).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return made == _made(table)


def _made(table: CatalogTable) -> dict[str, object]:
    return {"format": FORMAT, "release": metadata.version("vitrine"), "revision": table.revision}
