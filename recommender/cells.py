"""Cells of CSV files that people open in a spreadsheet: what would begin a formula is kept from doing so."""

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula; the last four are the signs as wide as Chinese ones."""


def guarded(cell: str) -> str:
    """The text of a cell, which no spreadsheet evaluates: an apostrophe stands before what could be a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unguarded(cell: str) -> str:
    """The text before :func:`guarded`."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell
