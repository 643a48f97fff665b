"""The models of customers' lifetimes on CDNOW, beside what was published of it.

The tenth of the customers that Fader, Hardie and Lee (2005) use goes through `vitrine import events` into a shop of its
own, and `vitrine report clv` fits them up to 1997-09-30 and holds them to the 39 weeks after it.

python -m tests.benchmarks.cdnow --data ../shared/data
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

SHOP = "cdnow"
CALIBRATION_END = "1997-09-30"
PUBLISHED = {
    "bgnbd": {"r": 0.2426, "alpha": 4.4135, "a": 0.7929, "b": 2.4258, "log_likelihood": -9582.43},
    "gamma_gamma": {"p": 6.25, "q": 3.74, "v": 15.45},
    "pareto_nbd": {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669, "log_likelihood": -9595.0},
}


def events(sample: Path, to: Path) -> int:
    """Write the sample as a CSV file of events, and return how many there are."""
    lines = [line.split() for line in sample.read_text("ascii").splitlines() if line.strip()]
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["event", "timestamp", "customer_id", "order_id", "value", "currency"])
        for number, (_, customer, day, _, dollars) in enumerate(lines, 1):
            moment = datetime.strptime(day, "%Y%m%d").strftime("%Y-%m-%dT12:00:00Z")
            writer.writerow(["purchase", moment, customer, f"{SHOP}-{number}", dollars, "USD"])
    return len(lines)


def measured(data: Path, home: Path) -> dict[str, Any]:
    """What `vitrine report clv` says of a shop that was just made of the sample."""
    file = home / "events.csv"
    events(data / "cdnow" / "CDNOW_sample.txt", file)
    environment = {**os.environ, "VITRINE_HOME": str(home)}

    def vitrine(*arguments: str) -> str:
        command = [sys.executable, "-m", "recommender.command", *arguments]
        return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout

    vitrine("shops", "create", SHOP)
    vitrine("import", "events", str(file), "--shop", SHOP)
    return dict(json.loads(vitrine("report", "clv", "--shop", SHOP, "--json", "--calibration-end", CALIBRATION_END)))


def main() -> None:
    """Print both side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds cdnow/CDNOW_sample.txt")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        found = measured(options.data, Path(home))
    print(f"{found['customers']:,} customers, {found['repeaters']:,} of whom bought again")  # noqa: T201
    for model, parameters in PUBLISHED.items():
        for name, published in parameters.items():
            print(f"{model:12} {name:15} {found[model][name]:12.4f}   published {published}")  # noqa: T201
    for name, one in found["models"].items():
        off = one["predicted"] / one["actual"] - 1
        print(f"{name:12} MAE {one['mae']:.4f}, RMSE {one['rmse']:.4f}, total {off:+.1%} of {one['actual']:,.0f}")  # noqa: T201
    print(f"nearest to the total: {found['best_total']}")  # noqa: T201


if __name__ == "__main__":
    main()
