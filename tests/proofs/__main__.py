"""Run the long proofs: python -m tests.proofs [PART …] [--seed N]; without names all of them."""

import argparse
import sys
import time

from tests.proofs import coupons, storefront

PARTS = {"coupons": coupons.prove, "storefront": storefront.prove}


def main() -> None:
    """Run what is asked for; the first thing that does not hold ends it."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other claims")
    options = parser.parse_args()
    if unknown := [name for name in options.parts if name not in PARTS]:
        parser.error(f"{unknown[0]!r} is not a part; parts are {', '.join(PARTS)}")
    for name in options.parts or PARTS:
        start = time.monotonic()
        for line in PARTS[name](options.seed):
            print(f"{name}: {line}", flush=True)  # noqa: T201
        print(f"{name}: holds ({time.monotonic() - start:.0f} s)", flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
