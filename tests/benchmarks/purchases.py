"""What customers buy in the next thirty days, among everything and among what they never bought before.

The strategies of the shop beside personal frequency with popular items, and EASE on who bought what; differences to the
better of the two with their paired bootstrap interval. R@20 = hits / min(20, bought).

python -m tests.benchmarks.purchases online_retail.csv.gz [--validation]
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.bootstrap import bootstrap_interval
from recommender.engine.engine import recommend
from recommender.engine.request import Query, Visitor
from recommender.events import schema
from recommender.metrics import hits, ndcg, recall
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration
from tests.benchmarks.online_retail import TEST, VALIDATION, Split, fitted, split
from training.importing.online_retail import CUSTOMER, DATE, INVOICE

SIZE, RECENT_DAYS, RIDGE = 20, 30, 200.0
Lists = Mapping[str, list[str]]


def bought(sales: pl.DataFrame) -> dict[str, set[str]]:
    """Customers with an account, and what they bought."""
    found: dict[str, set[str]] = defaultdict(set)
    told = sales.drop_nulls(CUSTOMER).select(CUSTOMER, schema.ITEM_ID).unique()
    for customer, item in told.iter_rows():
        found[str(customer)].add(item)
    return dict(sorted(found.items()))


class Baselines:
    """Personal frequency topped up with popular items, and EASE (Steck 2019), from the sales before."""

    def __init__(self, data: Split) -> None:
        sales = data.earlier.drop_nulls(CUSTOMER).with_columns(pl.col(CUSTOMER).cast(pl.String))
        self.items = sorted(sales[schema.ITEM_ID].unique())
        self.customers = sorted(sales[CUSTOMER].unique())
        orders = sales.select(CUSTOMER, schema.ITEM_ID, INVOICE).unique()
        self.times = self._counted(orders)
        recent = sales.filter(pl.col(DATE) >= sales[DATE].max() - pl.duration(days=RECENT_DAYS))
        self.popular = (self._counted(recent) > 0).sum(axis=0)
        held = (self.times > 0).astype(np.float64)
        inverse = np.linalg.inv(held.T @ held + RIDGE * np.eye(len(self.items)))
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        self.foretold = held @ weights

    def _counted(self, rows: pl.DataFrame) -> NDArray[np.float64]:
        counts = np.zeros((len(self.customers), len(self.items)))
        np.add.at(
            counts,
            (np.searchsorted(self.customers, rows[CUSTOMER]), np.searchsorted(self.items, rows[schema.ITEM_ID])),
            1,
        )
        return counts

    def lists(self, customers: Lists, *, new: bool) -> dict[str, Lists]:
        """The first items for each customer, by each method."""
        rest = self.popular / (1.0 + self.popular.max())
        scores = {"personal frequency": self.times + rest, "EASE": self.foretold.copy()}
        found: dict[str, Lists] = {}
        for name, values in scores.items():
            if new:
                values[self.times > 0] = -np.inf
            rows = {one: values[np.searchsorted(self.customers, one)] for one in customers}
            found[name] = {one: [self.items[row] for row in np.argsort(-row)[:SIZE]] for one, row in rows.items()}
        return found


def judged(lists: Lists, wanted: Mapping[str, set[str]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Recall and NDCG of each customer's list."""
    found = [(hits(lists[one], items, SIZE), len(items)) for one, items in wanted.items()]
    recalls = np.array([float(recall(hit, count)) for hit, count in found])
    return recalls, np.array([float(ndcg(hit, count)) for hit, count in found])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--validation", action="store_true", help="the thirty days before the test")
    options = parser.parse_args()
    data = split(options.path, VALIDATION if options.validation else TEST)
    snapshot, baselines = fitted(data, TrainingConfiguration()), Baselines(data)
    before, after = bought(data.earlier), bought(data.later)
    everything = {one: items for one, items in after.items() if one in before}
    discovered = {one: items - before[one] for one, items in everything.items() if items - before[one]}
    for title, wanted, new, asked in (
        ("all purchases", everything, False, (Strategy.FOR_YOU, Strategy.BUY_AGAIN)),
        ("new items only", discovered, True, (Strategy.FOR_YOU,)),
    ):
        print(f"\n{title}: {len(wanted)} customers since {data.now:%Y-%m-%d}")  # noqa: T201
        lists = baselines.lists({one: [] for one in wanted}, new=new)
        best = max((judged(found, wanted)[0] for found in lists.values()), key=lambda found: float(found.mean()))
        for strategy in asked:
            query = Query(strategy, limit=SIZE, allow_seen=not new)
            lists[strategy.value] = {
                one: [item.item_id for item in recommend(snapshot, Visitor(customer_id=one), query, data.now).items]
                for one in wanted
            }
        print(f"{'':24} {'R@20':>8} {'NDCG@20':>8}   R@20 - best baseline")  # noqa: T201
        for name, found in lists.items():
            recalls, gains = judged(found, wanted)
            low, high = bootstrap_interval(recalls - best, seed=7)
            difference = f"{recalls.mean() - best.mean():+.4f} [{low:+.4f}, {high:+.4f}]"
            print(f"{name:24} {recalls.mean():8.4f} {gains.mean():8.4f}   {difference}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
