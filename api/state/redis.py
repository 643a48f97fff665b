"""State in Redis: for any number of workers and hosts.

Keys: `vitrine:SHOP:KIND:{ID}:rows` sorted set of rows by time, `…:links` hash, `vitrine:SHOP:versions` hash,
`vitrine:SHOP:filled` marker, `vitrine:answer:KEY` cached answers, `vitrine:limit:BUCKET` when a bucket runs dry. The
braces are a hash tag: all of a person lies in one slot of a cluster, so that a node is asked once for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson
from redis.asyncio import Redis, RedisCluster
from redis.asyncio.client import Pipeline
from redis.asyncio.cluster import ClusterPipeline

from api.state.clients import client, close
from api.state.memory import other_side
from api.state.people import KEPT_SECONDS, MOST_ROWS, Person, Reading, Row, Versions
from recommender.forgotten import Forgotten

FILL = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local dry = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + tonumber(ARGV[1])
redis.call('SET', KEYS[1], string.format('%.6f', dry), 'PX', math.ceil((dry - now) * 1000))
return string.format('%.6f', dry - now)
"""


KNOWN: Final = len(Row._fields) - 1
"""Values of a row beside its time."""


class RedisState:
    """A `StateStore` in Redis; a request reads it in one pipeline.

    Args:
        redis: a client whose socket timeouts are short: answers do not wait for it.
    """

    def __init__(self, redis: "Redis | RedisCluster") -> None:
        self._redis = redis

    @classmethod
    def connect(cls, url: str, timeout: float) -> "RedisState":
        """A store at `url`; nothing is sent yet.

        Raises:
            ValueError: the URL is none of :data:`api.state.clients.FORMS`.
        """
        return cls(client(url, timeout))

    def _pipeline(self) -> "Pipeline | ClusterPipeline":
        """Calls that go out together; those to one node of a cluster in one round trip, to several side by side."""
        return self._redis.pipeline(transaction=False)

    async def read(self, shop: str, people: Sequence[Person], *, answer_key: str | None = None) -> Reading:
        """All there is about `people`, and the cached answer under `answer_key`, in one round trip."""
        pipeline = self._pipeline()
        pipeline.hgetall(f"vitrine:{shop}:versions")
        for person in people:
            pipeline.zrange(rows_key(shop, person), 0, -1, withscores=True)
            pipeline.hgetall(links_key(shop, person))
        if answer_key is not None:
            pipeline.get(f"vitrine:answer:{answer_key}")
        found = await pipeline.execute()
        cells = found[1 : 1 + 2 * len(people)]
        return Reading(
            rows={person: _rows(rows) for person, rows in zip(people, cells[::2], strict=True)},
            links={person: _links(links) for person, links in zip(people, cells[1::2], strict=True)},
            versions=_versions(found[0]),
            answer=found[-1] if answer_key is not None else None,
        )

    async def append(self, shop: str, rows: Mapping[Person, Sequence[Row]]) -> None:
        """Add interactions; a row that is there already stays once."""
        pipeline = self._pipeline()
        for person, new in rows.items():
            key = rows_key(shop, person)
            pipeline.zadd(key, {orjson.dumps(row.told): row.timestamp for row in new}, nx=True)
            pipeline.zremrangebyrank(key, 0, -MOST_ROWS - 1)
            pipeline.expire(key, KEPT_SECONDS)
            pipeline.expire(links_key(shop, person), KEPT_SECONDS)
        await pipeline.execute()

    async def link(self, shop: str, visitor_id: str, customer_id: str, timestamp: float) -> None:
        """Record that the customer was logged in on this visitor's browser, in both directions."""
        pipeline = self._pipeline()
        visitor, customer = Person.visitor(visitor_id), Person.customer(customer_id)
        for person, other in ((visitor, customer_id), (customer, visitor_id)):
            pipeline.hset(links_key(shop, person), other, repr(timestamp))
            pipeline.expire(links_key(shop, person), KEPT_SECONDS)
        await pipeline.execute()

    async def announce(self, shop: str, versions: Versions) -> None:
        """Tell every process about new versions; None leaves a version as it was."""
        new: dict[Any, Any] = {
            name: value for name in Versions.__slots__ if (value := getattr(versions, name)) is not None
        }
        if new:
            await self._redis.hset(f"vitrine:{shop}:versions", mapping=new)

    async def keep_answer(self, key: str, answer: bytes, seconds: int) -> None:
        """Keep an answer for `read(answer_key=…)`."""
        await self._redis.set(f"vitrine:answer:{key}", answer, ex=seconds)

    async def fill(self, seconds: Mapping[str, float]) -> Mapping[str, float]:
        """Fill buckets, which run dry by a second a second of Redis's clock, and tell how full they are."""
        pipeline = self._pipeline()
        for name, more in seconds.items():
            pipeline.eval(FILL, 1, f"vitrine:limit:{name}", repr(more))
        found = await pipeline.execute()
        return {name: float(filled) for name, filled in zip(seconds, found, strict=True)}

    async def erase(self, shop: str, person: Person) -> None:
        """Forget a person and every link to them, also what an older version of Vitrine left of them."""
        reading, erasing = self._pipeline(), self._pipeline()
        for _, links_at in SPELLINGS:
            reading.hgetall(links_at(shop, person))
        for (rows_at, links_at), links in zip(SPELLINGS, await reading.execute(), strict=True):
            erasing.delete(rows_at(shop, person))
            erasing.delete(links_at(shop, person))
            for other in _links(links):
                erasing.hdel(links_at(shop, other_side(person, other)), person.id)
        await erasing.execute()

    async def forget(self, shop: str, erased: Forgotten) -> None:
        """Nothing: who erased somebody has told this store."""

    async def first_use(self, shops: Sequence[str]) -> Sequence[str]:
        """Those without state; told to one caller of all processes."""
        pipeline = self._pipeline()
        for shop in shops:
            pipeline.set(f"vitrine:{shop}:filled", 1, nx=True)
        return [shop for shop, new in zip(shops, await pipeline.execute(), strict=True) if new]

    async def ping(self) -> None:
        """Raise when Redis cannot be reached."""
        await self._redis.ping()

    async def close(self) -> None:
        """Let go of connections."""
        await close(self._redis)


def rows_key(shop: str, person: Person) -> str:
    """Where a person's interactions are kept."""
    return f"vitrine:{shop}:{person.kind}:{{{person.id}}}:rows"


def links_key(shop: str, person: Person) -> str:
    """Where a person's links are kept."""
    return f"vitrine:{shop}:{person.kind}:{{{person.id}}}:links"


def older_rows_key(shop: str, person: Person) -> str:
    """Where they were kept before persons had a slot of their own; nothing is read there, and it expires."""
    return f"vitrine:{shop}:{person.kind}:rows:{person.id}"


def older_links_key(shop: str, person: Person) -> str:
    """Where links were kept then."""
    return f"vitrine:{shop}:{person.kind}:links:{person.id}"


SPELLINGS: Final = ((rows_key, links_key), (older_rows_key, older_links_key))
"""Keys of a person's rows and links, those of older versions last."""


def _rows(found: Iterable[tuple[bytes, float]]) -> tuple[Row, ...]:
    """Rows as they were told; of what a newer Vitrine adds at the end of one nothing is known here."""
    told = ((timestamp, orjson.loads(member)) for member, timestamp in found)
    return tuple(Row(timestamp, *row[:KNOWN]) for timestamp, row in told if isinstance(row, list))


def _links(found: Mapping[Any, Any]) -> dict[str, float]:
    return {other.decode(): float(timestamp) for other, timestamp in found.items()}


def _versions(found: Mapping[Any, Any]) -> Versions:
    text = {name.decode(): value.decode() for name, value in found.items()}
    catalog, configuration = text.get("catalog"), text.get("configuration")
    return Versions(
        catalog=int(catalog) if catalog else None,
        configuration=int(configuration) if configuration else None,
        model=text.get("model"),
    )
