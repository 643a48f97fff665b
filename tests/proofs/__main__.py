"""Run the long proofs: python -m tests.proofs [PART …] [--seed N] [--data FOLDER]; without names all of them."""

import argparse
import sys
import time
from pathlib import Path

from tests.proofs import coupons, engines, experiments, inputs, policies, privacy, soak, storage, storefront, upgrade
from tests.proofs.faults import rounds
from tests.proofs.tried import Tried, table

PARTS = {
    "faults": lambda options: rounds.prove(options.seed),
    "replicas": lambda options: rounds.replicas(options.seed),
    "soak": lambda options: soak.prove(options.seed),
    "coupons": lambda options: coupons.prove(options.seed),
    "privacy": lambda options: privacy.prove(options.seed),
    "storage": lambda options: storage.prove(options.seed),
    "upgrade": lambda options: upgrade.prove(options.seed),
    "engines": lambda options: engines.prove(options.seed),
    "storefront": lambda options: storefront.prove(options.seed),
    "inputs": lambda options: inputs.prove(options.seed),
    "experiments": lambda options: experiments.prove(options.seed, options.data),
    "policies": lambda options: policies.prove(options.seed, options.data),
}


def main() -> None:
    """Run what is asked for; the first thing that does not hold ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other claims")
    parser.add_argument(
        "--data", type=Path, help="folder with online_retail/ and obd/; without it the demo shop's orders"
    )
    parser.add_argument("--to", type=Path, default=Path("build/prove"), help="folder for the table, as Markdown")
    options = parser.parse_args()
    if unknown := [name for name in options.parts if name not in PARTS]:
        parser.error(f"{unknown[0]!r} is not a part; parts are {', '.join(PARTS)}")
    options.to.mkdir(parents=True, exist_ok=True)
    tried = []
    for name in options.parts or PARTS:
        start = time.monotonic()
        for line in PARTS[name](options):
            print(f"{name}: {line}", flush=True)  # noqa: T201
            if isinstance(line, Tried):
                tried.append((f"{name} --seed {options.seed}", line))
        print(f"{name}: holds ({time.monotonic() - start:.0f} s)", flush=True)  # noqa: T201
        (options.to / "tried.md").write_text(table(tried))


if __name__ == "__main__":
    sys.exit(main())
