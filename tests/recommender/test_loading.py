"""Modules are loaded by name, and the garbage collector is as it was."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recommender.loading import load


@pytest.fixture(params=[True, False])
def collector(request: pytest.FixtureRequest) -> Iterator[bool]:
    """Whether it is at work."""
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_what_is_named_is_found(collector: bool) -> None:
    assert load("recommender.loading:load") is load
    assert gc.isenabled() == collector


@pytest.mark.parametrize(("place", "error"), [("recommender.nowhere:x", ImportError), ("gc:nothing", AttributeError)])
def test_what_is_not_there_leaves_it_as_it_was(collector: bool, place: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        load(place)
    assert gc.isenabled() == collector


def test_nothing_is_looked_for_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "asked_while_loaded.py").write_text("import gc\nlooking = gc.isenabled()\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert load("asked_while_loaded:looking") is False


def test_a_package_that_is_left_out_is_missed_only_by_who_needs_it() -> None:
    code = """
from recommender.loading import leave_out
leave_out("pandas")
import pyarrow
print(pyarrow.array([1]).to_pylist())
import pandas
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[1]\n"
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: pandas is left out of this process"
