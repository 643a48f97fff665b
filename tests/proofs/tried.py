"""What was tried, how often, and what was lost: lines of the table in the README."""

from collections.abc import Iterable
from typing import NamedTuple

NOT_TRIED = "NOT TRIED"
"""How often, where the machine does not let us; then it says why instead of what was lost."""


class Tried(NamedTuple):
    """One line; that it is there at all means that nothing failed."""

    what: str
    often: str
    lost: str

    def __str__(self) -> str:
        return f"{self.what}: {self.often}; {self.lost}"


def table(lines: Iterable[tuple[str, Tried]]) -> str:
    """Markdown, of lines with the command that repeats each."""
    head = ["| tried | how often | lost | `python -m tests.proofs …` |", "|---|---|---|---|"]
    rows = [f"| {one.what} | {one.often} | {one.lost} | `{command}` |" for command, one in lines]
    return "\n".join([*head, *rows]) + "\n"
