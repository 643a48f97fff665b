"""What visitors of a synthetic shop ask: other sessions than those of its log, by the same tastes."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tests.benchmarks.speed import calls
from tests.benchmarks.synthetic.files import Size
from tests.benchmarks.synthetic.visits import Visits
from tests.benchmarks.synthetic.world import World

SESSION = 5
"""Items of a session."""
BATCH = 10
"""Events of a call."""
LIMIT = 12
"""Items of a list, as in a placement by default."""
PLACEMENTS = ("product-similar", "product-bought-together", "home-for-you")
"""Of a new shop: a list from the page's item, one from orders, and one from the session with the learned ranker."""
SESSIONS_AT_ONCE = 20_000
EVENTS = ("view_item", "view_item", "view_item", "add_to_cart")


class Questions:
    """Calls for one shop; the same ones for the same shop."""

    def __init__(self, size: Size, key: str) -> None:
        self.world: World = size.world()
        self.key = key

    def similar(self, count: int, stream: int = 0) -> Iterator[bytes]:
        """Similar items for items of the whole catalogue, each as likely as any other."""
        random = np.random.default_rng([self.world.seed, 2, stream])
        for item in random.integers(0, self.world.items, count):
            yield calls.get(f"/v1/similar/i{item}?limit={LIMIT}", self.key)

    def sessions(self, count: int, stream: int = 0) -> Iterator[list[str]]:
        """Sessions of five views; the last one is the page's item."""
        random, given = np.random.default_rng([self.world.seed, 3, stream]), 0
        while given < count:
            visits = Visits.drawn(self.world, random, SESSIONS_AT_ONCE * 4, 0.0, 1.0)
            begins = np.cumsum(visits.lengths) - visits.lengths
            for begin in begins[visits.lengths >= SESSION][: count - given]:
                given += 1
                yield [f"i{item}" for item in visits.items[begin : begin + SESSION]]

    def pages(self, count: int, stream: int = 0) -> Iterator[bytes]:
        """Product pages with three showcases; every visitor comes once."""
        for number, session in enumerate(self.sessions(count, stream)):
            yield calls.post("/v1/page", page(session, f"visitor-{stream}-{number}"), self.key)

    def batches(self, count: int, stream: int = 0) -> Iterator[bytes]:
        """Batches of ten events."""
        random = np.random.default_rng([self.world.seed, 4, stream])
        for number in range(count):
            items = self.world.anywhere(random.random(BATCH))
            yield calls.post("/v1/events", batch(items.tolist(), f"{stream}-{number}"), self.key)


def page(session: list[str], visitor: str) -> dict[str, Any]:
    """The call of a product page."""
    return {
        "page": {"type": "product", "item_id": session[-1]},
        "visitor_id": visitor,
        "session": [{"item_id": item} for item in session],
        "placements": PLACEMENTS,
    }


def batch(items: list[int], name: str) -> list[dict[str, str]]:
    """Events of one visitor, in order."""
    return [
        {
            "event": EVENTS[place % len(EVENTS)],
            "visitor_id": f"visitor-{name}",
            "session_id": f"session-{name}",
            "item_id": f"i{item}",
        }
        for place, item in enumerate(items)
    ]
