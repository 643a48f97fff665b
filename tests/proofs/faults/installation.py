"""Vitrine as a shop runs it, in real processes that can be killed and started again."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

from api.settings import Settings
from recommender.records import Records, ShopKeys
from recommender.workspace import ShopFolder, Workspace
from tests import services
from tests.proofs.faults.disk import Disk, NoDisksError, small_disk
from tests.proofs.faults.relay import Relay
from tests.services import Server, free_port

SHOP = "shop"
COMMAND = Path(sys.executable).with_name("vitrine")


@dataclass
class Installation:
    """Everything that a shop runs."""

    name: str
    homes: Sequence[Path]
    """One, or one of each process: then they have their log in a store."""
    keys: ShopKeys
    environment: dict[str, str]
    services: list[Server]
    disk: Disk | None = None
    database_disk: Disk | None = None
    redis: Sequence[Server] = ()
    """One, or the nodes of a cluster."""
    postgres: Server | None = None
    relay: Relay | None = None
    """The way to Redis."""
    store: Server | None = None
    training_seconds: float = 0.0
    """What a training took here."""

    @property
    def folder(self) -> ShopFolder:
        """The shop's, in the first home."""
        return self.folders[0]

    @property
    def folders(self) -> list[ShopFolder]:
        """The shop's, in each home."""
        return [Workspace(home, self.environment.get("VITRINE_STORE")).shop(SHOP) for home in self.homes]

    def records(self) -> Records:
        """The records, as commands open them."""
        given = {"home": self.homes[0], "database_url": self.environment.get("VITRINE_DATABASE_URL")}
        return Settings.load(**given).records()

    def command(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """Run `vitrine …` beside the service, in a group of its own; it prints where the service does."""
        with (self.services[0].folder / "output").open("ab") as output:
            return subprocess.Popen(
                [COMMAND, *arguments], env=self.environment, stdout=output, stderr=output, start_new_session=True
            )

    def heal(self) -> None:
        """Start what does not run, and wait until everything is whole."""
        single = [one for one in (self.postgres, self.store) if one is not None]
        parts = (*self.redis, *single, *self.services)
        for server in parts:
            if not server.running:
                server.spawn()
        for server in parts:
            server.wait()

    def stop(self) -> None:
        """Kill every process of the service."""
        for service in self.services:
            service.kill()


def service(place: Path, environment: dict[str, str], *, whole: bool = True) -> Server:
    """One process of the API; what it says is not on the disk that fails.

    Args:
        place: where a folder of its own is made.
        environment: its variables.
        whole: whether it is waited for until nothing is missing.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def answers() -> None:
        found = httpx.get(f"{url}/readyz", timeout=5).raise_for_status()
        if whole and found.json()["degraded"]:
            raise httpx.HTTPError("it goes on with less")

    folder = place / f"service-{port}"
    folder.mkdir()
    return Server(url, [COMMAND, "serve", "--port", str(port)], folder, answers, environment=environment)


@contextmanager
def embedded(place: Path) -> Iterator[Installation]:
    """One process with SQLite and its own memory."""
    with ExitStack() as stack:
        yield stack.enter_context(_installed(stack, "one process, everything embedded", place, 1, {}))


@contextmanager
def distributed(place: Path) -> Iterator[Installation]:
    """Two processes with Redis, behind a way that can be cut, and PostgreSQL."""
    with ExitStack() as stack:
        redis = stack.enter_context(services.redis_process())
        disk = _disk(stack, place, "database")
        postgres = stack.enter_context(services.postgres_process(disk and disk.folder))
        relay = Relay(redis.url)
        stack.callback(relay.close)
        settings = {
            "VITRINE_REDIS_URL": relay.url,
            "VITRINE_REDIS_TIMEOUT": "0.1",
            "VITRINE_DATABASE_URL": services.new_database(postgres.url, "faults"),
        }
        parts = {"redis": [redis], "postgres": postgres, "relay": relay, "database_disk": disk}
        yield stack.enter_context(_installed(stack, "two processes, Redis and PostgreSQL", place, 2, settings, **parts))


@contextmanager
def spread(place: Path) -> Iterator[Installation]:
    """Three processes with a Redis Cluster of three nodes, and PostgreSQL."""
    with ExitStack() as stack:
        settings, parts = _spread(stack)
        name = "three processes, three nodes of a Redis Cluster and PostgreSQL"
        yield stack.enter_context(_installed(stack, name, place, 3, settings, **parts))


@contextmanager
def replicated(place: Path) -> Iterator[Installation]:
    """The same as if each process had a machine of its own: homes of their own, and an S3 store in common."""
    with ExitStack() as stack:
        settings, parts = _spread(stack)
        store = stack.enter_context(services.s3_process())
        variables = services.s3_variables(store)
        stack.enter_context(mock.patch.dict(os.environ, variables))
        settings |= {
            "VITRINE_STORE": f"s3://vitrine/{services.port_of(store.url)}",
            "VITRINE_SHIPPING_SECONDS": "0.2",
            **variables,
        }
        name = "three replicas with homes of their own, a Redis Cluster, PostgreSQL and an S3 store"
        replicas = {"homes": 3, "store": store}
        yield stack.enter_context(_installed(stack, name, place, 3, settings, **parts, **replicas))


def _spread(stack: ExitStack) -> tuple[dict[str, str], dict[str, Any]]:
    nodes = stack.enter_context(services.redis_cluster())
    postgres = stack.enter_context(services.postgres_process())
    hosts = ",".join(f"127.0.0.1:{services.port_of(node.url)}" for node in nodes)
    settings = {
        "VITRINE_REDIS_URL": f"redis+cluster://{hosts}",
        "VITRINE_REDIS_TIMEOUT": "0.1",
        "VITRINE_DATABASE_URL": services.new_database(postgres.url, "faults"),
    }
    return settings, {"redis": nodes, "postgres": postgres}


@contextmanager
def replicas(place: Path, processes: int) -> Iterator[Installation]:
    """So many processes with Redis and PostgreSQL, which nothing happens to; they drain until they are interrupted."""
    with ExitStack() as stack:
        redis = stack.enter_context(services.redis_process())
        postgres = stack.enter_context(services.postgres_process())
        settings = {
            "VITRINE_REDIS_URL": redis.url,
            "VITRINE_DATABASE_URL": services.new_database(postgres.url, "upgrade"),
            "VITRINE_DRAIN_SECONDS": "60",
        }
        name = f"{processes} processes, Redis and PostgreSQL"
        yield stack.enter_context(_installed(stack, name, place, processes, settings, redis=[redis], postgres=postgres))


@contextmanager
def _installed(
    stack: ExitStack, name: str, place: Path, processes: int, settings: dict[str, str], *, homes: int = 1, **parts: Any
) -> Iterator[Installation]:
    disk = _disk(stack, place, "disk")
    there = [(disk.folder if disk else place) / f"home-{number}" for number in range(homes)]
    for home in there:
        home.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VITRINE_")},
        "PYTHONFAULTHANDLER": "1",
        "VITRINE_HOME": str(there[0]),
        "VITRINE_HOLDOUT": "0",
        "VITRINE_RATE_CODES": "1000000",
        "VITRINE_RATE_VISITOR": "1000000",
        "VITRINE_COMPACTION_SECONDS": "1",
        "VITRINE_RETENTION_DAYS": "0",
        **settings,
    }
    own = [environment | {"VITRINE_HOME": str(there[number % homes])} for number in range(processes)]
    found = [service(place, one) for one in own]
    installation = Installation(name, there, ShopKeys(SHOP, "", ""), environment, found, disk, **parts)
    records = installation.records()
    installation.keys = records.shops.create(SHOP)
    records.close()
    try:
        installation.heal()
        yield installation
    finally:
        installation.stop()


def _disk(stack: ExitStack, place: Path, name: str) -> Disk | None:
    """One that can break, where the machine lets us make it."""
    place.chmod(0o711)  # PostgreSQL runs as somebody else
    with suppress(NoDisksError):
        return stack.enter_context(small_disk(place, name))
    return None
