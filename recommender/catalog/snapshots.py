"""Catalogues in an object store, as Parquet by revision: for jobs and tools that read the log there by URL, too.

They are copies. What a shop sells now the records say, which every process of Vitrine reaches by `VITRINE_DATABASE_URL`
and asks for much else; a training puts there what it has learned from.
"""

import json
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from recommender.objects import Objects
from recommender.records import Records
from recommender.workspace import ShopFolder

KEPT: Final = 2
"""Revisions that are kept, the newest ones: somebody may still read the one before."""
SCHEMA: Final = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("item", pa.string(), nullable=False)])
"""An item's id, and all that it says, as JSON in the fields of Google Merchant."""


def put(folder: ShopFolder, records: Records) -> str:
    """Put the catalogue into the store unless its revision is there; returns the object's name.

    Raises:
        StoreError: the store cannot be reached.
    """
    shop = folder.path.name
    objects = Objects.open(str(folder.store)).below(f"shops/{shop}/catalog")
    name = f"revision={records.catalog.revision(shop):012d}.parquet"
    there = sorted(one.name for one in objects.list() if one.name.endswith(".parquet"))
    if name not in there:
        found = records.catalog.documents(shop)
        rows = sorted((id_, json.dumps(item, ensure_ascii=False)) for id_, item in found)
        written = pa.BufferOutputStream()
        columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(2)]
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), written, compression="zstd")
        objects.upload(name, written.getvalue().to_pybytes())
    objects.delete(sorted({*there, name})[:-KEPT])
    return name
