"""What visitors take in Redis, and items in PostgreSQL: real servers, written to by the service's own code."""

import asyncio
import time
import uuid
from pathlib import Path

import redis
from sqlalchemy import text

from api.state.people import Person, Row
from api.state.redis import RedisState
from recommender.catalog.item import Item
from recommender.records import Records
from recommender.workspace import Workspace
from tests.benchmarks.shop import NAME
from tests.services import postgres_server, redis_server

AT_ONCE = 200
"""Visitors written in one round trip."""
ITEMS = 10_000
"""Items of a shop that are put into PostgreSQL."""


def visitor_bytes(visitors: int, events: int) -> float:
    """Memory of Redis for each visitor with so many events."""
    with redis_server() as url:
        client = redis.Redis.from_url(url)
        before = client.info("memory")["used_memory"]
        asyncio.run(_tell(url, visitors, events))
        after = client.info("memory")["used_memory"]
        client.close()
    return float(after - before) / visitors


async def _tell(url: str, visitors: int, events: int) -> None:
    state, now = RedisState.connect(url, 30.0), time.time()
    people = [Person.visitor(f"visitor-{number:08}") for number in range(visitors)]
    rows = [
        Row(now + 60.0 * one, str(uuid.uuid4()), 0, f"item-{one}", "view_item", 1.0, None, 9.5) for one in range(events)
    ]
    for first in range(0, visitors, AT_ONCE):
        await state.append(NAME, dict.fromkeys(people[first : first + AT_ONCE], rows))
    await state.close()


def item_bytes(home: Path) -> float:
    """Room in PostgreSQL for each item of a shop, indexes included."""
    here = Records.open(Workspace(home).records_url)
    items = [Item.parse(document) for _, document in here.catalog.documents(NAME)][:ITEMS]
    here.close()
    with postgres_server() as url:
        there = Records.open(url)
        there.shops.create(NAME)
        there.catalog.put(NAME, items)
        with there.database.read() as connection:
            size = connection.scalar(text("SELECT pg_total_relation_size('items')"))
        there.close()
    return float(size or 0) / len(items)
