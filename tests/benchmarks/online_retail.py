"""The protocol on UCI Online Retail: models fitted before a day, asked for what was bought in the days after it.

Only purchases of real products count: quantity and price above 0, codes that begin with five digits.
"""

import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from recommender.catalog.item import Item
from recommender.catalog.table import CatalogTable
from recommender.configuration import Configuration
from recommender.engine.snapshot import Snapshot
from recommender.events import schema
from recommender.events.names import EventName
from recommender.models.threads import one_blas_thread
from recommender.training import TrainingConfiguration
from training.cleaning import COLUMNS
from training.demo.compact import compact
from training.demo.products import derive
from training.fitting import fit, fit_content
from training.importing.online_retail import (
    CUSTOMER,
    DATE,
    INVOICE,
    PRICE,
    QUANTITY,
    is_product,
    item_id,
    read_parquet,
)
from training.importing.source import Source
from training.interactions import Prepared
from training.steps import LocalSteps

TEST = datetime(2011, 10, 10, tzinfo=UTC)
"""First day that is judged; what comes before it is learned from."""
DAYS = timedelta(days=30)
VALIDATION = TEST - DAYS
"""The same for choosing defaults, so that nothing is chosen on the days that are judged."""


@dataclass(frozen=True)
class Split:
    """What is known before a day, and the sales of the thirty days after it."""

    now: datetime
    earlier: pl.DataFrame
    later: pl.DataFrame
    catalogue: Sequence[Item]
    """Everything sold before, as the shop would list it then, all of it in stock."""

    def known(self) -> set[str]:
        """Items that customers with an account bought before."""
        return set(self.earlier.filter(pl.col(CUSTOMER).is_not_null())[schema.ITEM_ID].unique())

    def prepared(self, hidden: Collection[str] = ()) -> Prepared:
        """What training reads: the log before the day without the history of `hidden`, and the whole catalogue."""
        seen = self.earlier.filter(~pl.col(schema.ITEM_ID).is_in([*hidden]))
        log = seen.with_row_index("place").select(
            pl.format("row-{}", "place").alias(schema.EVENT_ID),
            pl.lit(0).alias(schema.ITEM_INDEX),
            pl.lit(EventName.PURCHASE.value).alias(schema.EVENT),
            pl.col(DATE).dt.replace_time_zone("UTC").dt.cast_time_unit("us").alias(schema.TIMESTAMP),
            pl.when(pl.col(CUSTOMER).is_null()).then(pl.format("invoice-{}", INVOICE)).alias(schema.VISITOR_ID),
            pl.col(CUSTOMER).cast(pl.String).alias(schema.CUSTOMER_ID),
            pl.lit(None, pl.String).alias(schema.SESSION_ID),
            pl.col(schema.ITEM_ID),
            pl.col(QUANTITY).cast(pl.Float64).alias(schema.QUANTITY),
            pl.col(PRICE).alias(schema.PRICE),
            pl.col(INVOICE).alias(schema.ORDER_ID),
            pl.lit(True).alias(schema.VERIFIED),
        )
        documents = {item.id: item.document() for item in self.catalogue}
        configuration = TrainingConfiguration()
        return LocalSteps().prepare(log.select(COLUMNS).lazy(), documents, configuration=configuration, now=self.now)


@dataclass(frozen=True)
class Change:
    """An item put into the catalogue."""

    item_id: str
    item: Item
    revision: int = 1
    added_at: datetime | None = None


def split(published: Path, now: datetime) -> Split:
    """Cut the published CSV file at `now`."""
    with tempfile.TemporaryDirectory() as folder:
        whole, log = Path(folder) / "whole.parquet", Path(folder) / "log.parquet"
        compact(published, whole)
        rows = pl.concat(read_parquet(Source(whole)))
        moment = now.replace(tzinfo=None)
        rows.filter(pl.col(DATE) < moment).write_parquet(log)
        catalogue = [
            item.model_copy(update={"availability": None, "created_at": None}) for item in derive(log, timedelta())
        ]
    sold = (pl.col(QUANTITY) > 0) & (pl.col(PRICE) > 0)
    sales = rows.filter(is_product() & sold).with_columns(item_id().alias(schema.ITEM_ID))
    later = sales.filter(pl.col(DATE) >= moment, pl.col(DATE) < moment + DAYS)
    return Split(now, sales.filter(pl.col(DATE) < moment), later, catalogue)


def fitted(data: Split, configuration: TrainingConfiguration, hidden: Collection[str] = ()) -> Snapshot:
    """The shop as it would be served, fitted with `configuration`."""
    with one_blas_thread():
        prepared = data.prepared(hidden)
        models = fit(prepared, configuration, LocalSteps(), fit_content(prepared, configuration))
    changes = [Change(item.id, item) for item in data.catalogue]
    return Snapshot(models, CatalogTable.build(models.items, changes), Configuration(), "benchmark")
