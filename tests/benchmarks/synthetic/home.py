"""A home in which a synthetic shop is ready to be served, made by the product's own commands."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from tests.benchmarks.shop import NAME, Shop, Used
from tests.benchmarks.synthetic.files import CATALOGUE, EVENTS, Size

CARD = "benchmark.json"
"""Size of the shop, its keys, how long each step took, and what training used."""
IMPORT, TRAINING = "import of the events", "training"
BRIEF = Path(__file__).with_name("brief.json")
"""Settings that train a large shop in bounded time: nothing is left to be chosen, and few cases are judged. What an
answer costs stays the same: vectors, lists and rankers have their default sizes."""
ROWS_A_FILE = 4_000_000
"""Events imported at once: bounds the room that their CSV takes on the disk."""


def prepare(home: Path, folder: Path, size: Size, config: Path | None = None) -> dict[str, Any]:
    """Import the files of `folder` and train; what was done before is not done again.

    Args:
        home: becomes VITRINE_HOME.
        folder: holds the files.
        size: of the shop in them.
        config: settings for `vitrine train`.

    Returns:
        The card: size, keys, and seconds by step.

    Raises:
        FileExistsError: the home holds another shop.
        subprocess.CalledProcessError: a command failed; why went to the error output.
    """
    imported(home, folder, size)
    shop = Shop(home)
    train = ["train", *(["--config", str(config)] if config else [])]
    return _done(home, size, {TRAINING: lambda: shop.used(*train)})


def imported(home: Path, folder: Path, size: Size) -> dict[str, Any]:
    """As :func:`prepare`, without training."""
    shop = Shop(home)
    steps: dict[str, Callable[[], object]] = {
        "import of the catalogue": lambda: _import(shop, "catalog", folder / CATALOGUE, None),
        IMPORT: lambda: _import(shop, "events", folder / EVENTS, ROWS_A_FILE),
    }
    return _done(home, size, steps)


def ready(home: Path, step: str = TRAINING) -> Size | None:
    """The size of the shop in a home; None where there is none of which this step was done."""
    if not (home / CARD).exists():
        return None
    card = json.loads((home / CARD).read_text())
    return Size(**card["size"]) if step in card["seconds"] else None


def _done(home: Path, size: Size, steps: Mapping[str, Callable[[], object]]) -> dict[str, Any]:
    card = _card(home, size)
    for name, step in steps.items():
        if name not in card["seconds"]:
            began = time.perf_counter()
            used = step()
            card["seconds"][name] = round(time.perf_counter() - began, 1)
            if isinstance(used, Used):
                card["used"] = {**card.get("used", {}), name: used._asdict()}
            (home / CARD).write_text(json.dumps(card, indent=2))
            print(f"{name}: {card['seconds'][name]:.0f} s", flush=True)  # noqa: T201
    return card


def _card(home: Path, size: Size) -> dict[str, Any]:
    """What is known of a home; the shop is created in an empty one."""
    if (home / CARD).exists():
        card: dict[str, Any] = json.loads((home / CARD).read_text())
        if card["size"] != asdict(size):
            raise FileExistsError(f"{home} holds a shop of {Size(**card['size'])}, not of {size}; name another folder")
        return card
    home.mkdir(parents=True, exist_ok=True)
    card = {"size": asdict(size), "keys": created(home), "seconds": {}}
    (home / CARD).write_text(json.dumps(card, indent=2))
    return card


def created(home: Path) -> dict[str, str]:
    """Create the shop in a home without one; its keys."""
    command = [sys.executable, "-m", "recommender.command", "shops", "create", NAME, "--json"]
    environment = {**os.environ, "VITRINE_HOME": str(home)}
    made = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    keys: dict[str, str] = json.loads(made)
    return keys


def _import(shop: Shop, what: str, path: Path, most_rows: int | None) -> None:
    for piece in pieces(path, shop.home, most_rows):
        shop.run("import", what, str(piece))


def pieces(path: Path, folder: Path, most_rows: int | None = None) -> Iterator[Path]:
    """The rows of a Parquet file as CSV files of about `most_rows`; each is gone when the next one is asked for."""
    file = pq.ParquetFile(path)
    groups = range(file.num_row_groups)
    step = len(groups) if most_rows is None else max(1, most_rows // file.metadata.row_group(0).num_rows)
    plain = pa_csv.WriteOptions(quoting_style="none")  # no cell holds a comma; empty ones stay empty
    for first in groups[::step]:
        piece = folder / f"{path.stem}-{first}.csv"
        with pa_csv.CSVWriter(piece, file.schema_arrow, write_options=plain) as csv:
            for group in groups[first : first + step]:
                csv.write_table(file.read_row_group(group))
        yield piece
        piece.unlink()
