"""Make a synthetic shop: `events.parquet` and `catalog.parquet`, and, if asked to, a home that serves it.

The same numbers and seed give the same bytes. Memory holds one block of rows, whatever the size.

python -m tests.benchmarks.synthetic --items 100_000 --events 1_000_000 --seed 7 FOLDER
python -m tests.benchmarks.synthetic --items 100_000 --events 1_000_000 --seed 7 FOLDER --home HOME
VITRINE_HOME=HOME vitrine serve     # its shop is called `benchmark`; the keys are in HOME/benchmark.json
"""

import argparse
import time
from pathlib import Path

from tests.benchmarks.synthetic.files import Size, write
from tests.benchmarks.synthetic.home import prepare


def main() -> None:
    """Write the files, then the home."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the files go")
    parser.add_argument("--items", type=int, default=10_000, help="of the catalogue, at least 100")
    parser.add_argument("--events", type=int, default=1_000_000, help="rows of the log, at least 1,000")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, help="import and train there, by the product's own commands")
    parser.add_argument("--config", type=Path, help="settings for `vitrine train`")
    options = parser.parse_args()
    try:
        size = Size(options.items, options.events, options.seed)
    except ValueError as error:
        parser.error(str(error))
    began = time.perf_counter()
    write(options.folder, size)
    print(f"{size} in {options.folder}: {time.perf_counter() - began:.0f} s")  # noqa: T201
    if options.home:
        prepare(options.home, options.folder, size, config=options.config)


if __name__ == "__main__":
    main()
