"""State in the process itself: for one worker."""

from bisect import insort
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter

from api.state.people import KEPT_SECONDS, MOST_ROWS, Person, Reading, Row, Versions
from recommender.forgotten import Forgotten

NO_VERSIONS = Versions()


@dataclass(slots=True)
class _Entry:
    touched: float
    rows: list[Row] = field(default_factory=list)
    links: dict[str, float] = field(default_factory=dict)

    def add(self, rows: Sequence[Row]) -> int:
        """Keep the newest; return by how many the entry grew."""
        before = len(self.rows)
        known = {row.told for row in self.rows}
        for row in rows:
            if row.told not in known:
                known.add(row.told)
                insort(self.rows, row, key=attrgetter("order"))
        del self.rows[:-MOST_ROWS]
        return len(self.rows) - before


class MemoryState:
    """A `StateStore` of dictionaries, bounded over all shops.

    Args:
        most_rows: interactions held over all people; whoever was unseen for longest goes first.
        clock: the time in Unix seconds.
    """

    def __init__(self, most_rows: int, clock: Callable[[], float]) -> None:
        self._entries: OrderedDict[tuple[str, Person], _Entry] = OrderedDict()
        self._versions: dict[str, Versions] = {}
        self._used: set[str] = set()
        self._most_rows = most_rows
        self._rows = 0
        self._clock = clock

    async def read(
        self,
        shop: str,
        people: Sequence[Person],
        *,
        answer_key: str | None = None,  # noqa: ARG002 - the protocol's
    ) -> Reading:
        """All there is about `people`; answers are not kept here but in the answer cache."""
        versions = self._versions.get(shop, NO_VERSIONS)
        known = {person: entry for person in people if (entry := self._living(shop, person))}
        if not known:
            return Reading(versions=versions)
        return Reading(
            rows={person: tuple(entry.rows) for person, entry in known.items()},
            links={person: dict(entry.links) for person, entry in known.items()},
            versions=versions,
        )

    async def append(self, shop: str, rows: Mapping[Person, Sequence[Row]]) -> None:
        """Add interactions; a row that is there already stays once."""
        for person, new in rows.items():
            self._rows += self._touch(shop, person).add(new)
        self._shrink()

    async def link(self, shop: str, visitor_id: str, customer_id: str, timestamp: float) -> None:
        """Record that the customer was logged in on this visitor's browser, in both directions."""
        self._touch(shop, Person.visitor(visitor_id)).links[customer_id] = timestamp
        self._touch(shop, Person.customer(customer_id)).links[visitor_id] = timestamp

    async def announce(self, shop: str, versions: Versions) -> None:
        """Remember new versions; None leaves a version as it was."""
        new = {name: value for name in Versions.__slots__ if (value := getattr(versions, name)) is not None}
        self._versions[shop] = replace(self._versions.get(shop, Versions()), **new)

    async def keep_answer(self, key: str, answer: bytes, seconds: int) -> None:
        """Nothing: within one process the answer cache keeps answers."""

    async def fill(self, seconds: Mapping[str, float]) -> Mapping[str, float]:  # noqa: ARG002 - the protocol's
        """Nothing: there is no other process."""
        return {}

    async def erase(self, shop: str, person: Person) -> None:
        """Forget a person and every link to them."""
        entry = self._entries.pop((shop, person), None)
        self._rows -= len(entry.rows) if entry else 0
        for other in entry.links if entry else ():
            if linked := self._entries.get((shop, other_side(person, other))):
                linked.links.pop(person.id, None)

    async def forget(self, shop: str, erased: Forgotten) -> None:
        """Forget everybody whom another process has erased."""
        for at, person in [key for key in self._entries if key[0] == shop and key[1].key in erased]:
            await self.erase(at, person)

    async def first_use(self, shops: Sequence[str]) -> Sequence[str]:
        """Those that were never asked about: a new process begins with nothing."""
        new = [shop for shop in shops if shop not in self._used]
        self._used.update(new)
        return new

    async def ping(self) -> None:
        """Nothing can be wrong with it."""

    async def close(self) -> None:
        """Nothing to let go of."""

    def _living(self, shop: str, person: Person) -> _Entry | None:
        entry = self._entries.get((shop, person))
        return entry if entry and entry.touched > self._clock() - KEPT_SECONDS else None

    def _touch(self, shop: str, person: Person) -> _Entry:
        now = self._clock()
        if self._living(shop, person) is None:
            self._drop((shop, person))
        entry = self._entries.setdefault((shop, person), _Entry(now))
        entry.touched = now
        self._entries.move_to_end((shop, person))
        return entry

    def _shrink(self) -> None:
        oldest_kept = self._clock() - KEPT_SECONDS
        while self._entries:
            key, entry = next(iter(self._entries.items()))
            if self._rows <= self._most_rows and entry.touched > oldest_kept:
                return
            self._drop(key)

    def _drop(self, key: tuple[str, Person]) -> None:
        if entry := self._entries.pop(key, None):
            self._rows -= len(entry.rows)


def other_side(person: Person, other_id: str) -> Person:
    """The visitor linked to a customer, or the customer linked to a visitor."""
    return Person.customer(other_id) if person.kind == "visitor" else Person.visitor(other_id)
