"""The faults: each breaks something of an installation, and leaves it broken until it is healed."""

import random
import time
from collections.abc import Callable
from contextlib import closing

from redis import Redis

from tests.proofs.faults.installation import Installation

Fault = Callable[[Installation, random.Random], None]
"""Breaks something, waits while shoppers meet it, and mends what does not mend itself."""

SHORT, LONG = 0.2, 1.2


def _meanwhile(draw: random.Random, breaks: Callable[[], object], mends: Callable[[], object] = lambda: None) -> None:
    breaks()
    time.sleep(draw.uniform(SHORT, LONG))
    mends()


def api(installation: Installation, draw: random.Random) -> None:
    """A process of the API is killed."""
    _meanwhile(draw, draw.choice(installation.services).kill)


def compactor(installation: Installation, draw: random.Random) -> None:
    """`vitrine compact` is killed."""
    _killed(installation, draw.uniform(0.3, 2.0), "compact", "--shop", "shop")


def trainer(installation: Installation, draw: random.Random) -> None:
    """`vitrine train` is killed."""
    _killed(installation, draw.uniform(0.2, 1.0) * installation.training_seconds, "train", "--shop", "shop")


def _killed(installation: Installation, seconds: float, *command: str) -> None:
    process = installation.command(*command)
    time.sleep(seconds)
    process.kill()
    process.wait()


def redis(installation: Installation, draw: random.Random) -> None:
    """Redis, or a node of the cluster, is killed, and comes back empty."""
    server = draw.choice(installation.redis)
    _meanwhile(draw, server.kill, server.start)


def redis_full(installation: Installation, draw: random.Random) -> None:
    """Redis takes nothing more into its memory."""
    with closing(Redis.from_url(installation.redis[0].url)) as client:
        _meanwhile(draw, lambda: client.config_set("maxmemory", "1"), lambda: client.config_set("maxmemory", "0"))


def postgres_full(installation: Installation, draw: random.Random) -> None:
    """The disk of PostgreSQL is full."""
    assert installation.database_disk is not None
    _meanwhile(draw, installation.database_disk.fill, installation.database_disk.clear)


def postgres(installation: Installation, draw: random.Random) -> None:
    """PostgreSQL is killed, and recovers."""
    assert installation.postgres is not None
    _meanwhile(draw, installation.postgres.kill, installation.postgres.start)


def store(installation: Installation, draw: random.Random) -> None:
    """The store is killed, and comes back with what it had acknowledged."""
    assert installation.store is not None
    _meanwhile(draw, installation.store.kill, installation.store.start)


def cut(installation: Installation, draw: random.Random) -> None:
    """The network to Redis is cut."""
    assert installation.relay is not None
    _meanwhile(draw, installation.relay.break_off, installation.relay.mend)


def silent(installation: Installation, draw: random.Random) -> None:
    """The network to Redis swallows everything."""
    assert installation.relay is not None
    _meanwhile(draw, installation.relay.silent.set, installation.relay.mend)


def slow(installation: Installation, draw: random.Random) -> None:
    """The network to Redis is slow."""
    assert installation.relay is not None
    installation.relay.delay = draw.uniform(0.02, 0.3)
    _meanwhile(draw, lambda: None, installation.relay.mend)


def full(installation: Installation, draw: random.Random) -> None:
    """The disk is full."""
    assert installation.disk is not None
    _meanwhile(draw, installation.disk.fill, installation.disk.clear)


def failing(installation: Installation, draw: random.Random) -> None:
    """The disk is read-only from one moment to the next, and is mended by a restart of the machine."""
    assert installation.disk is not None
    _meanwhile(draw, installation.disk.fail, installation.stop)
    installation.disk.unmount()
    installation.disk.mount()


READ_ONLY = "disk read-only"
STOPPING = ("API killed", READ_ONLY)
"""These end processes, which then leave calls without an answer; no other fault does."""

TRAINER = "trainer killed"
EVERYWHERE: dict[str, Fault] = {"API killed": api, "compactor killed": compactor, TRAINER: trainer}
OF_DISKS: dict[str, Fault] = {"disk full": full, READ_ONLY: failing}
OF_SERVERS: dict[str, Fault] = {"Redis killed": redis, "PostgreSQL killed": postgres}
OF_STORES: dict[str, Fault] = {"store killed": store}
OF_REDIS: dict[str, Fault] = {
    "Redis cut off": cut,
    "Redis silent": silent,
    "Redis slow": slow,
    "Redis full": redis_full,
}
OF_DATABASES: dict[str, Fault] = {"PostgreSQL's disk full": postgres_full}


def kinds(installation: Installation) -> dict[str, Fault]:
    """What can break here."""
    return {
        **EVERYWHERE,
        **(OF_DISKS if installation.disk is not None else {}),
        **(OF_SERVERS if installation.redis else {}),
        **(OF_STORES if installation.store is not None else {}),
        **(OF_DATABASES if installation.database_disk is not None else {}),
        **(OF_REDIS if installation.relay is not None else {}),
    }
