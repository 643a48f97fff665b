"""Cells that a spreadsheet would run are kept from it, and read back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.cells import guarded, unguarded


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff20SUM(A1)"])
def test_what_begins_a_formula_is_guarded(cell: str) -> None:
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "a=1", "1", "'tis", " =1", "O'Neil"])
def test_everything_else_stays(cell: str) -> None:
    assert guarded(cell) == cell


@given(st.text())
def test_a_guarded_cell_reads_back(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell or cell.startswith("'")
