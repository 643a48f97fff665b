"""The API process stays small: what it imports does not bring Polars along."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "recommender.records",
        "recommender.events.compaction",
        "recommender.events.decoding",
        "recommender.events.erasure",
        "recommender.events.identity",
        "recommender.events.log",
        "recommender.events.spool",
    ],
)
def test_importing_it_does_not_import_polars(module: str) -> None:
    program = f"import sys, {module}; sys.exit('polars' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
