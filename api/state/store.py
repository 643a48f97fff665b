"""What a state store can do; memory and Redis keep the same promises (one contract suite runs over both)."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from api.state.people import Person, Reading, Row, Versions
from recommender.forgotten import Forgotten


class StateStore(Protocol):
    """Visitors' recent interactions, their links to customers, and the versions that processes announce.

    A person holds at most `MOST_ROWS` rows, the newest; a person untouched for `KEPT_SECONDS` is forgotten.
    """

    async def read(self, shop: str, people: Sequence[Person], *, answer_key: str | None = None) -> Reading:
        """All there is about `people`, and the cached answer under `answer_key`, in one round trip."""
        ...

    async def append(self, shop: str, rows: Mapping[Person, Sequence[Row]]) -> None:
        """Add interactions; a row that is there already stays once."""
        ...

    async def link(self, shop: str, visitor_id: str, customer_id: str, timestamp: float) -> None:
        """Record that the customer was logged in on this visitor's browser, in both directions."""
        ...

    async def announce(self, shop: str, versions: Versions) -> None:
        """Tell every process about new versions; None leaves a version as it was."""
        ...

    async def keep_answer(self, key: str, answer: bytes, seconds: int) -> None:
        """Keep an answer for `read(answer_key=…)`."""
        ...

    async def fill(self, seconds: Mapping[str, float]) -> Mapping[str, float]:
        """Fill buckets, which run dry by a second a second, and tell how full they are over all processes.

        Nothing is told of buckets about which other processes know nothing.
        """
        ...

    async def erase(self, shop: str, person: Person) -> None:
        """Forget a person and every link to them."""
        ...

    async def forget(self, shop: str, erased: Forgotten) -> None:
        """Forget everybody whom another process has erased; a shared store knew it from that one."""
        ...

    async def first_use(self, shops: Sequence[str]) -> Sequence[str]:
        """Those of the shops whose state is empty; told to one caller only, which shall fill it from the log."""
        ...

    async def ping(self) -> None:
        """Raise when the store cannot be reached."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
