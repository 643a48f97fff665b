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
INSTRUMENTED: Final = [
    "recommender.events",
    "recommender.catalog",
    "recommender.retention",
    "recommender.engine.filter",
]
INSTRUMENTED_TOO: Final = ["recommender.configuration", "recommender.tokens", "recommender.rules", "training.importing"]
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

    with atheris.instrument_imports(include=[*INSTRUMENTED, *INSTRUMENTED_TOO], enable_loader_override=False):
        from recommender.errors import VitrineError
        from tests.proofs.parsers import PIECES, parsers

    parser = parsers()[name]
    for place, example in enumerate(parser.examples):
        (Path(folder) / f"example-{place}").write_bytes(example)
    words = Path(folder).with_suffix(".words")
    words.write_text("".join(f'"{_escaped(piece)}"\n' for piece in PIECES if piece))

    def read(data: bytes) -> None:
        try:
            parser.read(data)
        except VitrineError:
            return

    atheris.Setup([sys.argv[0], folder, f"-dict={words}", f"-artifact_prefix={folder}/", *LIMITS, *options], read)
    atheris.Fuzz()


def _escaped(piece: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in piece)


if __name__ == "__main__":
    main(*sys.argv[1:])
