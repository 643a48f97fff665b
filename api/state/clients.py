"""Which Redis a URL means: one server, a cluster, or whichever server sentinels name."""

from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError

CLUSTER: Final = ("redis+cluster", "rediss+cluster")
SENTINEL: Final = ("redis+sentinel", "rediss+sentinel")
FORMS: Final = (
    "redis://host:6379/0, rediss://host:6379/0 (TLS), unix:///path/to/redis.sock,"
    " redis+cluster://host:7000,host:7001 or redis+sentinel://host:26379,host:26379/service/0;"
    " with TLS to all of them rediss+cluster:// and rediss+sentinel://"
)
MOST_CONNECTIONS: Final = 64
FAILURES: Final = (RedisError, RedisClusterException, OSError)
"""What calls raise where Redis is away, slow or full; of a cluster of which no node answers, it is no `RedisError`."""


def client(url: str, timeout: float) -> "Redis | RedisCluster":
    """A client for `url`; nothing is sent yet.

    Args:
        url: one of `FORMS`, with `user:password@` before the hosts where they are needed.
        timeout: seconds that each call, and each connection, may take.

    Raises:
        ValueError: it is none of these.
    """
    parts = urlsplit(url)
    # A connection that died with the old server is replaced at once.
    options: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "max_connections": MOST_CONNECTIONS,
        "retry": Retry(NoBackoff(), 1),
    }
    if parts.scheme in CLUSTER:
        nodes = [ClusterNode(host, port) for host, port in _hosts(parts, 6379)]
        return RedisCluster(startup_nodes=nodes, require_full_coverage=False, **options, **_login(parts))
    if parts.scheme in SENTINEL:
        service, _, database = parts.path.strip("/").partition("/")
        if not service:
            raise ValueError("the name of the service is missing")
        asking = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout")} | _encrypted(parts)
        sentinels = Sentinel(_hosts(parts, 26379), sentinel_kwargs=asking)  # type: ignore[no-untyped-call]
        found: Redis = sentinels.master_for(service, db=int(database or 0), **options, **_login(parts))
        return found
    return Redis.from_url(url, **options)


async def close(redis: "Redis | RedisCluster") -> None:
    """Let go of all its connections, those to sentinels included."""
    await redis.aclose()
    pool = None if isinstance(redis, RedisCluster) else redis.connection_pool
    if isinstance(pool, SentinelConnectionPool):
        await pool.disconnect()
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def _hosts(parts: SplitResult, usual: int) -> list[tuple[str, int]]:
    """The hosts between user and path, which `urlsplit` reads as one."""
    found = [urlsplit(f"//{one}") for one in parts.netloc.rpartition("@")[2].split(",")]
    if any(one.hostname is None for one in found):
        raise ValueError("a host is missing")
    return [(str(one.hostname), one.port or usual) for one in found]


def _login(parts: SplitResult) -> dict[str, Any]:
    given, at, _ = parts.netloc.rpartition("@")
    user, _, password = given.partition(":")
    login = {"username": unquote(user) or None, "password": unquote(password) or None} if at else {}
    return login | _encrypted(parts)


def _encrypted(parts: SplitResult) -> dict[str, Any]:
    return {"ssl": True} if parts.scheme.startswith("rediss") else {}
