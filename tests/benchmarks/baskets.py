"""How often `bought_together` finds the item that was taken out of a basket, among its first ten.

python -m tests.benchmarks.baskets online_retail.csv.gz [--validation]
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from recommender.engine.engine import recommend
from recommender.engine.request import NOBODY, Query
from recommender.engine.snapshot import Snapshot
from recommender.events import schema
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration
from tests.benchmarks.online_retail import TEST, VALIDATION, Split, fitted, split
from training.importing.online_retail import CODE, INVOICE

SMALLEST, LARGEST, SIZE = 2, 50, 10
Answer = Callable[[tuple[str, ...]], list[str]]


@dataclass(frozen=True)
class Basket:
    """An order from which an item was taken."""

    hidden: str
    other: str
    """One random other item of it."""
    rest: tuple[str, ...]


def baskets(data: Split, seed: int) -> Iterator[Basket]:
    """Orders of the days after with two to fifty known items, one of them hidden."""
    known = data.known()
    orders = data.later.filter(pl.col(CODE).is_in([*known])).group_by(INVOICE).agg(schema.ITEM_ID).sort(INVOICE)
    for number, (_, found) in enumerate(orders.iter_rows()):
        items = np.random.default_rng([seed, number]).permutation(sorted(set(found))).tolist()
        if SMALLEST <= len(items) <= LARGEST:
            yield Basket(items[0], items[1], tuple(items[1:]))


def judged(name: str, answer: Answer, cases: list[Basket]) -> str:
    """One line of the table."""
    one = np.array([case.hidden in answer((case.other,))[:SIZE] for case in cases])
    rest = np.array([case.hidden in answer(case.rest)[:SIZE] for case in cases])
    return f"{name:32} {one.mean():8.4f} {rest.mean():8.4f}"


def asked(snapshot: Snapshot, data: Split, strategy: Strategy) -> Answer:
    """The list that the shop would show."""
    return lambda seeds: [
        item.item_id for item in recommend(snapshot, NOBODY, Query(strategy, seeds, limit=SIZE), data.now).items
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--validation", action="store_true", help="the thirty days before the test")
    parser.add_argument("--draws", type=int, default=1, help="how often an item of each basket is hidden")
    options = parser.parse_args()
    data = split(options.path, VALIDATION if options.validation else TEST)
    snapshot = fitted(data, TrainingConfiguration())
    cases = [case for seed in range(options.draws) for case in baskets(data, seed)]
    print(f"{len(cases)} baskets since {data.now:%Y-%m-%d}, HR@{SIZE}")  # noqa: T201
    print(f"{'':32} {'from one':>8} {'from rest':>8}")  # noqa: T201
    for strategy in (Strategy.BEST_SELLERS, Strategy.SIMILAR, Strategy.BOUGHT_TOGETHER):
        print(judged(strategy.value, asked(snapshot, data, strategy), cases), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
