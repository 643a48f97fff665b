"""Cashback as a ledger: entries are only ever added, and the balance is their sum.

Money comes in by a credit, or by the reversal of a spending: each is a *lot* with an end of its own. It goes out of a
lot by spending, expiry, or the reversal of a credit. A reversal that finds the money spent leaves a debt, an entry
without a lot, which the next lot pays first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal()
GRACE = timedelta(days=30)
"""Money that comes back with a cancelled order can be spent at least so long."""


class EntryKind(StrEnum):
    """Why money came or went."""

    CREDIT = "credit"
    SPEND = "spend"
    EXPIRE = "expire"
    REVERSAL = "reversal"


@dataclass(frozen=True)
class Entry:
    """One line of somebody's ledger in one currency."""

    number: int
    """From 1, in the order of writing."""
    kind: EntryKind
    amount: Decimal
    """Negative where money goes."""
    at: datetime
    order_id: str | None = None
    campaign_id: str | None = None
    lot: int | None = None
    """The entry that brought the money that goes."""
    reverses: int | None = None
    """The entry that is taken back."""
    expires_at: datetime | None = None
    """Until when money that comes can be spent."""


@dataclass
class _Lot:
    entry: Entry
    left: Decimal


def balance(entries: Iterable[Entry]) -> Decimal:
    """The sum of all entries; negative where more was taken back than was left."""
    return sum((entry.amount for entry in entries), ZERO)


def spendable(entries: Sequence[Entry], now: datetime, order_id: str | None = None) -> Decimal:
    """What can be spent now, on an order that did not earn it itself."""
    return sum((lot.left for lot in _open(entries, now, order_id)), ZERO)


def credit(
    entries: Sequence[Entry], amount: Decimal, *, now: datetime, expires_at: datetime, order_id: str, campaign_id: str
) -> list[Entry]:
    """The entry of money that an order earned."""
    return _numbered(entries, [_entry(EntryKind.CREDIT, amount, now, order_id, campaign_id, expires_at=expires_at)])


def spend(entries: Sequence[Entry], amount: Decimal, *, now: datetime, order_id: str) -> list[Entry]:
    """The entries of paying with it, taken first from what ends first; never more than is spendable."""
    lots = _open(entries, now, order_id)
    return _numbered(entries, _take(lots, amount, EntryKind.SPEND, now, order_id)[0])


def expire(entries: Sequence[Entry], now: datetime) -> list[Entry]:
    """The entries of what has come to its end."""
    over = [lot for lot in _lots(entries) if lot.left > 0 and _ended(lot.entry, now)]
    found = [_entry(EntryKind.EXPIRE, -lot.left, lot.entry.expires_at or now, lot=lot.entry.number) for lot in over]
    return _numbered(entries, found)


def spent(entries: Sequence[Entry], order_id: str) -> Decimal:
    """What an order was paid with, as far as it was not given back."""
    return -sum((entry.amount for entry in _unreversed(entries, EntryKind.SPEND) if entry.order_id == order_id), ZERO)


def given_back(entries: Sequence[Entry], order_id: str) -> Decimal:
    """What came back when an order that had been paid with it was last cancelled."""
    back = [entry for entry in entries if _came_back(entry) and entry.order_id == order_id]
    return sum((entry.amount for entry in back if entry.at == back[-1].at), ZERO)


def first_end(entries: Sequence[Entry], now: datetime) -> datetime | None:
    """When the first of what can be spent ends."""
    return next((lot.entry.expires_at for lot in _open(entries, now)), None)


def give_back(entries: Sequence[Entry], *, now: datetime, order_id: str) -> list[Entry]:
    """The entries that reverse what was spent on an order; it can be spent again for a while, even if it had ended."""
    ends = {entry.number: entry.expires_at for entry in entries}
    found = [
        _entry(
            EntryKind.REVERSAL,
            -entry.amount,
            now,
            order_id,
            reverses=entry.number,
            expires_at=max(ends.get(entry.lot or 0) or now, now + GRACE),
        )
        for entry in _unreversed(entries, EntryKind.SPEND)
        if entry.order_id == order_id
    ]
    return _numbered(entries, found)


def take_back(entries: Sequence[Entry], *, now: datetime, order_id: str, campaign_id: str) -> list[Entry]:
    """The entries that reverse what an order earned: from its own lot, then from others, the rest as a debt."""
    found: list[Entry] = []
    for earned in _unreversed(entries, EntryKind.CREDIT):
        if (earned.order_id, earned.campaign_id) != (order_id, campaign_id):
            continue
        # What had ended before the order was taken back is gone already: it is not owed once more.
        gone = -sum((entry.amount for entry in entries if _expiry_of(entry, earned)), ZERO)
        lots = sorted(_open([*entries, *found], now), key=lambda lot: lot.entry.number != earned.number)
        taken, rest = _take(lots, earned.amount - gone, EntryKind.REVERSAL, now, order_id, reverses=earned.number)
        if rest > 0 or not taken:
            taken.append(_entry(EntryKind.REVERSAL, -rest, now, order_id, reverses=earned.number))
        found += _numbered([*entries, *found], taken)
    return found


def _came_back(entry: Entry) -> bool:
    return entry.kind is EntryKind.REVERSAL and entry.amount > 0


def _expiry_of(entry: Entry, earned: Entry) -> bool:
    return entry.kind is EntryKind.EXPIRE and entry.lot == earned.number


def _unreversed(entries: Sequence[Entry], kind: EntryKind) -> list[Entry]:
    reversed_ = {entry.reverses for entry in entries}
    return [entry for entry in entries if entry.kind is kind and entry.number not in reversed_]


def _lots(entries: Iterable[Entry]) -> list[_Lot]:
    """What is left of everything that came in."""
    lots: dict[int, _Lot] = {}
    debt = ZERO
    for entry in entries:
        if entry.amount > 0:
            paid = min(debt, entry.amount)
            debt -= paid
            lots[entry.number] = _Lot(entry, entry.amount - paid)
        elif entry.lot is not None:
            lots[entry.lot].left += entry.amount
        else:
            debt -= entry.amount
    return [*lots.values()]


def _open(entries: Sequence[Entry], now: datetime, order_id: str | None = None) -> list[_Lot]:
    """Lots with something left, the first to end first; not those that the order itself earned."""
    found = [
        lot
        for lot in _lots(entries)
        if lot.left > 0 and not _ended(lot.entry, now) and not (order_id and _earned(lot.entry, order_id))
    ]
    return sorted(found, key=lambda lot: (lot.entry.expires_at or now, lot.entry.number))


def _earned(entry: Entry, order_id: str) -> bool:
    return entry.kind is EntryKind.CREDIT and entry.order_id == order_id


def _ended(entry: Entry, now: datetime) -> bool:
    return entry.expires_at is not None and entry.expires_at <= now


def _take(
    lots: Iterable[_Lot], amount: Decimal, kind: EntryKind, now: datetime, order_id: str, reverses: int | None = None
) -> tuple[list[Entry], Decimal]:
    found = []
    for lot in lots:
        part = min(amount, lot.left)
        if part > 0:
            found.append(_entry(kind, -part, now, order_id, lot=lot.entry.number, reverses=reverses))
            amount -= part
    return found, amount


def _entry(
    kind: EntryKind,
    amount: Decimal,
    at: datetime,
    order_id: str | None = None,
    campaign_id: str | None = None,
    **more: object,
) -> Entry:
    return Entry(0, kind, amount, at, order_id, campaign_id, **more)  # type: ignore[arg-type]  # names of its own fields


def _numbered(entries: Sequence[Entry], new: Iterable[Entry]) -> list[Entry]:
    last = max((entry.number for entry in entries), default=0)
    return [
        Entry(
            number, one.kind, one.amount, one.at, one.order_id, one.campaign_id, one.lot, one.reverses, one.expires_at
        )
        for number, one in enumerate(new, last + 1)
    ]
