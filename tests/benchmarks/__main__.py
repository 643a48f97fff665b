"""Measure how fast the service is: real processes under load, beside controls of the same run.

{parts}

Without names all parts are run. What they find goes to results.json, results.md and results.svg.

python -m tests.benchmarks similar page --to build/bench
python -m tests.benchmarks capacity --costs recommender/capacity/costs.json
python -m tests.benchmarks --quick            # small shops and short rounds: whether it works, not how fast it is
"""

import argparse
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from tests.benchmarks.speed import loads, report
from tests.benchmarks.speed.bench import FULL, QUICK, Bench, Effort
from tests.benchmarks.speed.machine import machine
from tests.benchmarks.speed.parts import PARTS
from tests.benchmarks.speed.section import Section
from tests.benchmarks.synthetic.files import Size
from tests.benchmarks.synthetic.home import ready


def main() -> None:
    """Run the parts that are asked for."""
    options = _options()
    effort, given = _shops(options)
    known, sections = machine(), dict[str, Section]()
    if not loads.has_wrk():
        print(f"NOTE: {loads.MISSING}", file=sys.stderr)  # noqa: T201
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(effort, options.homes or options.to / "homes", Path(scratch), given, options.costs)
        for name in options.parts or PARTS:
            sections[name] = PARTS[name](bench)
            print(sections[name].markdown(), flush=True)  # noqa: T201
            report.write(options.to, known, asdict(effort), sections)
    print(f"{options.to}: {report.RESULTS}, {report.TABLE}, {report.PICTURE}")  # noqa: T201


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    listed = "\n".join(f"  {name:12} {part.__doc__}" for name, part in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__.format(parts=listed),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--to", type=Path, default=Path("build/bench"), help="folder of the results")
    parser.add_argument("--homes", type=Path, help="folder of the shops, made where missing; default: TO/homes")
    parser.add_argument("--home", type=Path, help="a ready shop (tests.benchmarks.synthetic --home) for most parts")
    parser.add_argument("--large-home", type=Path, help="one for scale, start and engine")
    parser.add_argument("--quick", action="store_true", help="small shops and short rounds; says nothing of speed")
    parser.add_argument("--small-home", type=Path, help="one for capacity, which takes all three")
    parser.add_argument("--costs", type=Path, help="where capacity writes what it measured; see recommender/capacity")
    parser.add_argument("--rounds", type=int, help="rounds of a contest")
    parser.add_argument("--seconds", type=float, help="seconds of a round")
    options = parser.parse_args()
    if unknown := [name for name in options.parts if name not in PARTS]:
        parser.error(f"{unknown[0]!r} is not a part; parts are {', '.join(PARTS)}")
    for name in ("rounds", "seconds"):
        if getattr(options, name) is not None and getattr(options, name) <= 0:
            parser.error(f"--{name}: {getattr(options, name)} is not allowed; use more than 0")
    for home in (options.small_home, options.home, options.large_home):
        if home is not None and ready(home) is None:
            parser.error(f"{home} is no ready shop; make one with python -m tests.benchmarks.synthetic … --home {home}")
    return options


def _shops(options: argparse.Namespace) -> tuple[Effort, dict[Size, Path]]:
    """The effort, and the homes that stand elsewhere."""
    effort, given = QUICK if options.quick else FULL, {}
    for name in ("rounds", "seconds"):
        if getattr(options, name) is not None:
            effort = replace(effort, **{name: getattr(options, name)})
    for name, home in (("small", options.small_home), ("usual", options.home), ("large", options.large_home)):
        if home is not None and (size := ready(home)) is not None:
            effort, given[size] = replace(effort, **{name: size}), home
    return effort, given


if __name__ == "__main__":
    main()
