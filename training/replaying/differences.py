"""What a candidate would have answered otherwise, counted."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Final

from recommender.replay.answer import Answer, Shown
from recommender.retention.reason import Reason

TOLD: Final = 5
"""Items of a placement that are named."""
ABSENT: Final = Reason.UNKNOWN_CAMPAIGN
Reasons = Mapping[str, Reason | None]


@dataclass
class Slot:
    """One placement."""

    pages: int = 0
    """That show it in either answer."""
    differ: int = 0
    titles: int = 0
    """Pages on which the same items stand under another title."""
    positions: int = 0
    moved: int = 0
    """Positions with another item, or with one more or less."""
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def count(self, before: Shown | None, after: Shown | None) -> None:
        """One page."""
        one, other = (() if shown is None else shown.items for shown in (before, after))
        self.pages += 1
        self.positions += max(len(one), len(other))
        self.moved += sum(left != right for left, right in zip_longest(one, other))
        self.gained.update({*other} - {*one})
        self.lost.update({*one} - {*other})
        retitled = before is not None and after is not None and one == other and before.title != after.title
        self.titles += retitled
        self.differ += retitled or one != other or (before is None) != (after is None)

    def document(self, placement: str) -> dict[str, Any]:
        """As JSON values."""
        return {
            "placement": placement,
            "pages": self.pages,
            "differ": self.differ,
            "other_title_only": self.titles,
            "positions": self.positions,
            "positions_differ": self.moved,
            "items_gained": self.gained.total(),
            "items_lost": self.lost.total(),
            "most_gained": dict(_most(self.gained)),
            "most_lost": dict(_most(self.lost)),
        }


@dataclass
class Opening:
    """One campaign."""

    before: Counter[str | None] = field(default_factory=Counter)
    """Pages by why it could not open; None: it could."""
    after: Counter[str | None] = field(default_factory=Counter)
    opened: int = 0
    """Pages on which it may open now, and might not before."""
    closed: int = 0

    def count(self, before: str | None, after: str | None) -> None:
        """One page."""
        self.before[before] += 1
        self.after[after] += 1
        self.opened += before is not None and after is None
        self.closed += before is None and after is not None

    def document(self, campaign: str) -> dict[str, Any]:
        """As JSON values."""
        return {
            "campaign": campaign,
            "armed": self.before[None],
            "would_be_armed": self.after[None],
            "newly": self.opened,
            "no_longer": self.closed,
            "not_armed": _reasons(self.before),
            "would_not_be_armed": _reasons(self.after),
        }


@dataclass
class Differences:
    """Over all pages that were answered in both ways."""

    pages: int = 0
    differ: int = 0
    """Pages of which anything that shoppers see in a showcase is otherwise."""
    slots: defaultdict[str, Slot] = field(default_factory=lambda: defaultdict(Slot))
    campaigns: defaultdict[str, Opening] = field(default_factory=lambda: defaultdict(Opening))

    def count(self, before: Answer, after: Answer, objected: Reasons, objects: Reasons) -> None:
        """One page.

        Args:
            before: its answer as it was.
            after: the candidate's.
            objected: why each campaign could not open; None: it could.
            objects: why it could not in the candidate.
        """
        self.pages += 1
        self.differ += not before.same_lists(after)
        one, other = _by_placement(before.shown), _by_placement(after.shown)
        for placement in {**one, **other}:
            self.slots[placement].count(one.get(placement), other.get(placement))
        for campaign in {**objected, **objects}:
            self.campaigns[campaign].count(objected.get(campaign, ABSENT), objects.get(campaign, ABSENT))

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "pages": self.pages,
            "differ": self.differ,
            "placements": [slot.document(id_) for id_, slot in self.slots.items()],
            "campaigns": [campaign.document(id_) for id_, campaign in self.campaigns.items()],
        }


def _by_placement(shown: Sequence[Shown]) -> dict[str, Shown]:
    return {one.placement: one for one in shown}


def _most(items: Counter[str]) -> list[tuple[str, int]]:
    return sorted(items.items(), key=lambda one: (-one[1], one[0]))[:TOLD]


def _reasons(counted: Counter[str | None]) -> dict[str, int]:
    return {str(reason): count for reason, count in sorted(counted.items(), key=str) if reason is not None}
