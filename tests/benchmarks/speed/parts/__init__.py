"""The parts of a run by their names; each can be run alone."""

from collections.abc import Callable

from tests.benchmarks.speed.bench import Bench
from tests.benchmarks.speed.parts.capacity import capacity
from tests.benchmarks.speed.parts.engine import engine
from tests.benchmarks.speed.parts.events import events
from tests.benchmarks.speed.parts.index import index
from tests.benchmarks.speed.parts.page import page, page_redis
from tests.benchmarks.speed.parts.scale import scale
from tests.benchmarks.speed.parts.shops import shops
from tests.benchmarks.speed.parts.similar import similar
from tests.benchmarks.speed.parts.start import start
from tests.benchmarks.speed.parts.swap import swap
from tests.benchmarks.speed.section import Section

PARTS: dict[str, Callable[[Bench], Section]] = {
    "similar": similar,
    "page": page,
    "page-redis": page_redis,
    "events": events,
    "swap": swap,
    "scale": scale,
    "start": start,
    "engine": engine,
    "shops": shops,
    "capacity": capacity,
    "index": index,
}
