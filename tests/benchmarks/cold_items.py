"""How well items are recommended that nobody had chosen in training, from what is said of them.

The history of a tenth of the items is hidden and their text kept; people with a history who bought some of them in the
days after are asked for, and only the hidden items are ranked: R@20 = hits / min(20, bought).

python -m tests.benchmarks.cold_items online_retail.csv.gz [--validation] [--draws 3]
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.engine.engine import recommend
from recommender.engine.newcomers import newcomers
from recommender.engine.request import NOBODY, Query, Visitor
from recommender.engine.situation import Situation
from recommender.engine.snapshot import Snapshot
from recommender.events import schema
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration
from tests.benchmarks.baskets import baskets
from tests.benchmarks.online_retail import TEST, VALIDATION, Split, fitted, split
from training.importing.online_retail import CUSTOMER

SHARE, SIZE = 0.1, 20
Scores = NDArray[np.float32]


def hidden(data: Split, seed: int) -> set[str]:
    """A tenth of the items that customers bought before."""
    items = sorted(data.known())
    return set(np.random.default_rng(seed).choice(items, int(SHARE * len(items)), replace=False).tolist())


def buyers(data: Split, cold: set[str]) -> Mapping[str, set[str]]:
    """Customers with a history of other items, and which of the hidden ones they bought after."""
    warm = data.earlier.filter(~pl.col(schema.ITEM_ID).is_in([*cold]))
    known = set(warm[CUSTOMER].drop_nulls().unique())
    found: dict[str, set[str]] = defaultdict(set)
    bought = data.later.filter(pl.col(schema.ITEM_ID).is_in([*cold]), pl.col(CUSTOMER).is_in([*known]))
    for customer, item in bought.select(CUSTOMER, schema.ITEM_ID).unique().sort(CUSTOMER).iter_rows():
        found[str(customer)].add(item)
    return found


def scores(snapshot: Snapshot, situation: Situation) -> dict[str, Scores]:
    """What each way to rank says of every row."""
    profile, size = situation.profile, len(snapshot.table)
    foretold = np.zeros(size, np.float32)
    rows, drawn = newcomers(snapshot, profile.rows, profile.weights)
    foretold[rows] = drawn
    everything, drawn_to = np.arange(size, dtype=np.int32), situation.affinity
    like = np.zeros(size, np.float32) if drawn_to.like is None else drawn_to.like(everything)
    return {"content kNN": like, "foretold": foretold, "for_you today": drawn_to.at(everything)}


def recalls(snapshot: Snapshot, data: Split, cold: set[str]) -> dict[str, list[float]]:
    """R@20 of every buyer."""
    rows = np.sort(snapshot.table.rows(cold))
    found: dict[str, list[float]] = defaultdict(list)
    for customer, bought in buyers(data, cold).items():
        situation = Situation(snapshot, Visitor(customer_id=customer), data.now)
        wanted = set(snapshot.table.rows(bought).tolist())
        for name, values in scores(snapshot, situation).items():
            best = rows[np.argsort(-values[rows], kind="stable")[:SIZE]]
            found[name].append(len(wanted & set(best.tolist())) / min(SIZE, len(wanted)))
    return found


def completed(snapshot: Snapshot, data: Split, cold: set[str], strategy: Strategy) -> list[bool]:
    """Whether the item taken out of a basket is found from a hidden one of the same basket, among the first ten."""
    return [
        basket.hidden in [item.item_id for item in recommend(snapshot, NOBODY, query, data.now).items]
        for basket in baskets(data, 0)
        for seed in sorted(cold.intersection(basket.rest))[:1]
        if basket.hidden not in cold
        for query in [Query(strategy, (seed,), limit=10)]
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--validation", action="store_true", help="the thirty days before the test")
    parser.add_argument("--draws", type=int, default=3, help="how often a tenth of the items is drawn")
    options = parser.parse_args()
    data = split(options.path, VALIDATION if options.validation else TEST)
    found: dict[str, list[float]] = defaultdict(list)
    for seed in range(options.draws):
        cold = hidden(data, seed)
        snapshot = fitted(data, TrainingConfiguration(), cold)
        for name, values in recalls(snapshot, data, cold).items():
            found[f"R@{SIZE}, {name}"].extend(values)
        for strategy in (Strategy.BEST_SELLERS, Strategy.SIMILAR, Strategy.BOUGHT_TOGETHER):
            found[f"HR@10 from a hidden item, {strategy.value}"] += completed(snapshot, data, cold, strategy)
    print(f"since {data.now:%Y-%m-%d}, {options.draws} draws")  # noqa: T201
    for name, values in found.items():
        print(f"{name:45} {len(values):6} {np.mean(values):8.4f}")  # noqa: T201


if __name__ == "__main__":
    main()
