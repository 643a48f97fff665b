"""How `online_retail.parquet` was made out of the published CSV file.

python -m training.demo.compact online_retail.csv.gz
"""

import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from training.importing.online_retail import (
    CODE,
    COLUMNS,
    COUNTRY,
    CUSTOMER,
    DATE,
    DESCRIPTION,
    INVOICE,
    PRICE,
    QUANTITY,
)

LOG = Path(__file__).with_name("online_retail.parquet")
TYPES = {
    INVOICE: pa.string(),
    CODE: pa.string(),
    DESCRIPTION: pa.string(),
    QUANTITY: pa.int32(),
    DATE: pa.timestamp("s"),  # by the shop's clock, as published
    PRICE: pa.float64(),
    CUSTOMER: pa.int32(),
    COUNTRY: pa.string(),
}


def compact(published: Path, target: Path = LOG) -> None:
    """Write every row of the published CSV file, in its order, as small as Parquet gets."""
    text = pl.read_csv(published, infer_schema=False, columns=list(COLUMNS))
    typed = text.with_columns(
        pl.col(QUANTITY, CUSTOMER).cast(pl.Int32),
        pl.col(PRICE).cast(pl.Float64),
        pl.col(DATE).str.to_datetime("%m/%d/%Y %H:%M", time_unit="ms"),
    )
    table = typed.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.schema(TYPES))
    smallest = {"compression": "zstd", "compression_level": 22, "write_statistics": False}
    pq.write_table(table, target, row_group_size=len(typed), **smallest)


if __name__ == "__main__":
    compact(Path(sys.argv[1]))
