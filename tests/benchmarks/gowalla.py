"""What people visit who visited something before, on the split of Gowalla that LightGCN published.

Every user is asked for; all items but those of the training file are ranked. R@20 = hits / all that is right, NDCG with
the ideal list cut at twenty.

python -m tests.benchmarks.gowalla FOLDER   # with train.txt.gz and test.txt.gz
"""

import argparse
import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.shop import line, opened

END, DAYS = 1_748_736_000, 365
"""When the log ends, and how long it is: the file tells no times, so they are drawn by chance."""


def lists(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Users and their items."""
    with gzip.open(path, "rt") as file:
        for text in file:
            user, *items = text.split()
            if items:
                yield f"user-{user}", items


def events(path: Path, seed: int) -> Iterator[tuple[str, int, str, str]]:
    """One view for each item of a user."""
    draw = np.random.default_rng(seed)
    for user, items in lists(path):
        for item, ago in zip(items, draw.integers(DAYS * 86_400, size=len(items)).tolist(), strict=True):
            yield "view_item", END - ago, user, item


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1, help="of the times")
    options = parser.parse_args()
    header = ("event", "timestamp", "customer_id", "item_id")
    line("", "at least", "measured")
    with opened() as shop:
        seconds, peak = shop.train(header, events(options.folder / "train.txt.gz", options.seed))
        line("import and train", "", f"{seconds / 60:.1f} min, {peak:.1f} GB")
        told = lists(options.folder / "test.txt.gz")
        asked = ({"customer_id": user, "relevant": items, "allow_seen": False} for user, items in told)
        (found, *_) = shop.judged(asked, "--recall-of", "all")
        line("R@20 / NDCG@20", ".185 / .152", f"{found['recall']:.4f} / {found['ndcg']:.4f}")


if __name__ == "__main__":
    main()
