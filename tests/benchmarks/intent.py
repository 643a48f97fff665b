"""How well the model behind `purchase_intent` tells buyers apart on UCI Online Shoppers, with and without `PageValues`.

python -m tests.benchmarks.intent --data ../shared/data

Ten-fold stratified cross-validation over the 12,330 sessions; areas are means over the parts, the calibration error is
of all foretold probabilities together. Everything that the model does beside reading this table is the product's.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.models.arrays import FloatArray
from recommender.models.intent.model import IntentConfig, IntentModel
from recommender.models.intent.quality import Quality, aupr, auroc

FILE = Path("online_shoppers") / "online_shoppers_intention.csv"
WORDS = ("Month", "VisitorType")
VALUES = "PageValues"
BOUGHT = "Revenue"
PARTS = 10
REPEATS = 2000


@dataclass(frozen=True)
class Table:
    """Sessions as the model takes them."""

    lines: FloatArray
    names: tuple[str, ...]
    bought: NDArray[np.bool_]

    def without(self, name: str) -> "Table":
        """The same with a column less."""
        kept = [place for place, known in enumerate(self.names) if known != name]
        return Table(self.lines[:, kept], tuple(self.names[place] for place in kept), self.bought)


def read(path: Path) -> Table:
    """The published file; words become one column for each of them."""
    frame = pl.read_csv(path, infer_schema_length=None)
    columns: dict[str, NDArray[np.float32]] = {}
    for name in frame.columns[:-1]:
        if name in WORDS:
            words = frame[name].unique().sort()
            columns |= {f"{name}_{word}": (frame[name] == word).to_numpy().astype(np.float32) for word in words}
        else:
            flags = str(frame[name][0]).lower() in {"true", "false"}
            columns[name] = (_flags(frame[name]) if flags else frame[name].to_numpy()).astype(np.float32)
    return Table(np.column_stack([*columns.values()]), tuple(columns), _flags(frame[BOUGHT]))


def _flags(column: pl.Series) -> NDArray[np.bool_]:
    return (column.cast(pl.String).str.to_lowercase() == "true").to_numpy()


def validated(table: Table, config: IntentConfig, parts: int = PARTS) -> Quality:
    """Foretell each part by a model of the others."""
    part_of = _stratified(table.bought, parts, config.seed)
    chances, areas = np.empty(len(table.bought)), []
    for part in range(parts):
        held = part_of == part
        model = IntentModel.fit(table.lines[~held], table.bought[~held], table.names, config)
        chances[held] = model.probabilities(table.lines[held])
        areas.append((auroc(table.bought[held], chances[held]), aupr(table.bought[held], chances[held])))
    found = Quality.of(table.bought, chances)
    mean_auroc, mean_aupr = np.mean(areas, axis=0)
    return found._replace(auroc=float(mean_auroc), aupr=float(mean_aupr))


def milliseconds(table: Table, config: IntentConfig) -> float:
    """Median time of one prediction for one session, in process."""
    model = IntentModel.fit(table.lines, table.bought, table.names, config)
    line, times = table.lines[:1], []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        model.probabilities(line)
        times.append(time.perf_counter() - begin)
    return float(np.median(times)) * 1000


def _stratified(bought: NDArray[np.bool_], parts: int, seed: int) -> NDArray[np.int64]:
    random, part_of = np.random.default_rng(seed), np.empty(len(bought), np.int64)
    for value in (False, True):
        places = random.permutation(np.flatnonzero(bought == value))
        part_of[places] = np.arange(len(places)) % parts
    return part_of


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help=f"folder that holds {FILE}")
    options = parser.parse_args()
    table, config = read(options.data / FILE), IntentConfig()
    print(f"{len(table.bought)} sessions, {int(table.bought.sum())} with an order")  # noqa: T201
    print(f"{'':24} {'AUROC':>7} {'AUPR':>7} {'ECE':>7} {'ms':>7}")  # noqa: T201
    for name, given in (("all columns", table), (f"without {VALUES}", table.without(VALUES))):
        found, took = validated(given, config), milliseconds(given, config)
        print(f"{name:24} {found.auroc:7.4f} {found.aupr:7.4f} {found.ece:7.4f} {took:7.4f}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
