"""Two strategies in one carousel: visitors choose between them side by side, which tells sooner than two groups.

Team-draft interleaving (Radlinski, Kurup & Joachims 2008): in rounds, a coin says who picks first, and each side adds
its best item that is not there yet. A click counts for the side that added the item.
"""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Item = TypeVar("Item", bound=Hashable)

Thing = TypeVar("Thing")

FIRST, SECOND = 0, 1


@dataclass(frozen=True)
class Pairing(Generic[Thing]):
    """Two variants of a placement whose lists somebody sees in one."""

    experiment: str
    """Its id."""
    variants: tuple[str, str]
    """What they are called; the first is the control."""
    things: tuple[Thing, Thing]
    """The placement in both."""
    seed: int
    """Of the coin."""


@dataclass(frozen=True)
class Interleaved(Generic[Item]):
    """A list and who added what."""

    items: tuple[Item, ...]
    teams: tuple[int, ...]
    """0 or 1 for each item: the first list or the second."""

    def credit(self, clicked: Collection[Item]) -> tuple[int, int]:
        """Clicked items of the first list and of the second; an item counts once, one that is not shown never."""
        won = [team for item, team in zip(self.items, self.teams, strict=True) if item in clicked]
        return won.count(FIRST), won.count(SECOND)


def interleave(
    first: Sequence[Item], second: Sequence[Item], length: int, draw: np.random.Generator
) -> Interleaved[Item]:
    """Merge two lists into one of at most `length` items.

    Args:
        first: best first.
        second: likewise.
        length: of the merged list.
        draw: the coin; seeded by the request, so that the same request has the same list.
    """
    queues = (iter(first), iter(second))
    items: list[Item] = []
    teams: list[int] = []
    there: set[Item] = set()
    open_teams = {FIRST, SECOND}
    while open_teams and len(items) < length:
        starter = int(draw.integers(2))
        for team in (starter, 1 - starter):
            found = next((item for item in queues[team] if item not in there), None) if team in open_teams else None
            if found is None:
                open_teams.discard(team)
            elif len(items) < length:
                items.append(found)
                teams.append(team)
                there.add(found)
    return Interleaved(tuple(items), tuple(teams))
