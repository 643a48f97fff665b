"""A catalogue table in files, opened by memory map: a million items are read in no time, and once for all processes."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from errno import EEXIST, ENOTEMPTY
from pathlib import Path
from typing import Any
from uuid import uuid4

from recommender.catalog.documents import Documents
from recommender.catalog.labels import Labels
from recommender.catalog.table import CatalogTable
from recommender.errors import ArtifactError
from recommender.models.arrays import load_arrays, save_arrays
from recommender.models.identifiers import StoredIds
from recommender.sealing import File, compare, sealed
from recommender.vocabulary import Grown, Vocabulary

FORMAT = 3
COLUMNS = ("available", "known", "price", "sale_price", "added", "restocked")
LABELS = ("category", "brand", "group")
DOCUMENTS = ("cards", "extras")
DESCRIPTION = "table.json"
FEW_NAMES = 20_000
"""Names of categories or brands up to which they are read into memory, where they are found faster."""


def save(table: CatalogTable, folder: Path, origin: str, *, beside: Callable[[Path], None] = lambda _: None) -> None:
    """Write `table` to `folder`, whole or not at all.

    Args:
        table: of any artifact.
        folder: is replaced.
        origin: whose catalogue it is; what :func:`load` asks for.
        beside: writes what else belongs to this table and no other, into a folder that is to become this one.
    """
    workplace = folder.with_name(f".{folder.name}-{uuid4().hex}")
    try:
        save_arrays(workplace, **{name: getattr(table, name) for name in COLUMNS})
        for name in LABELS:
            labels: Labels = getattr(table, name)
            save_arrays(workplace / name, codes=labels.codes)
            StoredIds.build([*labels.names]).save(workplace / name / "names")
        for name in DOCUMENTS:
            documents: Documents = getattr(table, name).settled()
            save_arrays(workplace / name, starts=documents.starts, text=documents.text)
        beside(workplace)
        document = {
            "format": FORMAT,
            "origin": origin,
            "revision": table.revision,
            "later": [*table.ids.later],
            "files": {name: file.model_dump() for name, file in sealed(workplace).items()},
        }
        (workplace / DESCRIPTION).write_text(json.dumps(document, ensure_ascii=False), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        workplace.rename(folder)
    except OSError as error:
        if error.errno not in {EEXIST, ENOTEMPTY}:
            raise
        # Another process put its own there meanwhile; workers that start together do so at once.
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def load(folder: Path, vocabulary: Vocabulary, origin: str) -> CatalogTable:
    """Open what :func:`save` wrote; of large files only the sizes are compared.

    Args:
        folder: where it lies.
        vocabulary: of the artifact that the table was saved for.
        origin: whose catalogue it must be.

    Raises:
        ArtifactError: it is missing, damaged, of another format or of another catalogue.
    """
    try:
        document: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        if (document["format"], document["origin"]) != (FORMAT, origin):
            raise ArtifactError(f"{folder} holds another catalogue, or is of another format")
        compare(folder, {name: File(**file) for name, file in document["files"].items()}, whole=False)
        later, revision = [str(id_) for id_ in document["later"]], int(document["revision"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{folder / DESCRIPTION} cannot be read: {error}") from None
    ids = Grown(vocabulary).grown(later)
    columns = dict(zip(COLUMNS, load_arrays(folder, *COLUMNS), strict=True))
    if any(len(column) != len(ids) for column in columns.values()):
        raise ArtifactError(f"{folder} is of another artifact")
    parts: dict[str, Any] = {**columns, **{name: _labels(folder / name) for name in LABELS}}
    for name in DOCUMENTS:
        starts, text = load_arrays(folder / name, "starts", "text")
        parts[name] = Documents(len(ids), starts, text)
    return replace(CatalogTable.build(vocabulary), ids=ids, revision=revision, **parts).begun()


def _labels(folder: Path) -> Labels:
    (codes,) = load_arrays(folder, "codes")
    names = StoredIds.load(folder / "names")
    return Labels(codes, Grown(Vocabulary([*names]) if len(names) <= FEW_NAMES else names.vocabulary))
