"""The parsers under atheris: bytes are changed, and kept where they reach branches that none has reached before.

Run as a program it fuzzes one parser, in a process of its own because libFuzzer never returns:
python -m tests.proofs.guided "events in CSV" FOLDER -runs=1000 -seed=1
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
INSTRUMENTED: Final = ("recommender.events", "recommender.catalog", "recommender.retention", "training.importing")
"""Packages whose branches count; instrumenting takes longer than a thousand runs."""
ALONE: Final = {
    "segments": ("recommender.retention.grammar", "recommender.retention.expression"),
    "tokens": ("recommender.tokens", "recommender.retention.arm"),
    "filters": ("recommender.engine.filter", "recommender.catalog"),
    "configurations": ("recommender.configuration", "recommender.rules", "recommender.retention"),
    "cookies": ("api.demo.basket",),
    "codes": ("api.commands.coupons", "recommender.cells"),
    "cases to evaluate": ("training.given", "training.importing.source"),
}
"""The same for parsers that need others."""
LIMITS: Final = ("-max_len=4096", "-timeout=60", "-rss_limit_mb=4096")
COVERED: Final = re.compile(r"cov: (\d+)")
DONE: Final = re.compile(r"Done (\d+) (?:runs )?in")


def available() -> bool:
    """Whether this Python has atheris; it comes for Linux on x86-64 only."""
    return find_spec("atheris") is not None


def tried(names: Mapping[str, int], number: int) -> Iterator[tuple[str, int, int, int]]:
    """Fuzz each named parser for so many runs.

    Yields:
        Its name, the runs, and how many branches were reached at first and at last.

    Raises:
        AssertionError: one failed, hung or took all memory; says how.
    """
    for name, runs in names.items():
        yield name, runs, *_run(name, runs, number)


def _run(name: str, runs: int, number: int) -> tuple[int, int]:
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.proofs.guided", name, folder, f"-runs={runs}", f"-seed={number}"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    covered = [int(found) for found in COVERED.findall(done.stderr)]
    ended = done.returncode == 0 and DONE.search(done.stderr) is not None
    assert ended, f"{name}: {done.stderr[-4000:]}"
    return covered[0], covered[-1]


def main(name: str, folder: str, *options: str) -> None:
    """Fuzz one parser, beginning with its examples."""
    import atheris

    with atheris.instrument_imports(include=[*ALONE.get(name, INSTRUMENTED)], enable_loader_override=False):
        from tests.proofs.parsers import PIECES, parsers, refused

        parser = parsers()[name]
        for place, example in enumerate(parser.examples):
            refused(parser, example)  # imports what it has not imported yet
            (Path(folder) / f"example-{place}").write_bytes(example)
    words = Path(folder).with_suffix(".words")
    words.write_text("".join(f'"{_escaped(piece)}"\n' for piece in PIECES if piece))

    def read(data: bytes) -> None:
        refused(parser, data)

    atheris.Setup([sys.argv[0], folder, f"-dict={words}", f"-artifact_prefix={folder}/", *LIMITS, *options], read)
    atheris.Fuzz()


def _escaped(piece: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in piece)


if __name__ == "__main__":
    main(*sys.argv[1:])
