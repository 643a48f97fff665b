"""Models in a real S3 server: whoever publishes, reads, or is killed at once, there is always one valid version."""

import random
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Any, NamedTuple
from unittest import mock

from recommender.artifact import verify
from recommender.errors import StoreError
from recommender.shared import SharedStore
from recommender.workspace import Workspace
from tests import services
from tests.api.artifacts import publish
from tests.api.processes import Served, new_shop, serving
from tests.proofs import hosts
from tests.proofs.hosts import Where, host, killed, processes
from tests.proofs.tried import Tried
from tests.services import wait_until

MODELS = 10
"""Published while replicas answer."""
END_SECONDS = 600
"""How long all may take who work at once."""
LATEST_SECONDS = 1.0
"""How long an upload goes on at most before it is ended."""


class Size(NamedTuple):
    """How much is tried."""

    publishers: int = 4
    readers: int = 2
    models: int = 5
    """Of each, when all publish and do nothing else ..."""
    turns: int = 20
    """... this often."""
    acts: int = 40
    """Of each, when all do anything."""
    every: int = 1
    """Of how many steps one is that a publisher is killed at."""
    uploads: int = 40
    """That are ended."""
    items: int = 200_000
    """In a model whose upload is ended."""


def prove(seed: int) -> Iterator[Tried]:
    """The long form."""
    with services.s3_process() as server, tempfile.TemporaryDirectory() as disks:
        where = Where("s3://vitrine", services.s3_variables(server), Path(disks))
        for part in (raced, mixed, stepped, halved):
            yield part(where._replace(url=f"{where.url}/{part.__name__}"), Size(), seed)
        yield served(where._replace(url=f"{where.url}/served"), server, MODELS)


def raced(where: Where, size: Size, seed: int) -> Tried:
    """All publish at once; what anybody published is in the history, in the order of its publisher."""
    ready = processes().Barrier(size.publishers)
    found, seen = _at_once(where, size, lambda name: (hosts.publish_only, (ready, name, size.models, size.turns)))
    with host(where) as store:
        history = store.history()
        assert len(history) == sum(map(len, found.values()))
        assert len(store.versions()) == size.publishers * size.models
        for name, versions in found.items():
            assert [one for one in history if one in versions] == versions, name
    _check(where)
    often = f"{len(history)} publications; {sum(seen.values())} fetched and compared, {len(seen)} different ones"
    return Tried(f"{size.publishers} hosts publish at once and {size.readers} read: S3", often, "0 lost, 0 invalid")


def mixed(where: Where, size: Size, seed: int) -> Tried:
    """All publish, roll back, prune and write anew at once; readers always find one that is whole."""
    found, seen = _at_once(where, size, lambda name: (hosts.do_anything, (name, size.acts, seed)))
    _check(where)
    gone = seen.pop(hosts.GONE, 0)
    acts = sum(found.values(), Counter[str]())
    done = ", ".join(f"{number} {act}" for act, number in sorted(acts.items()))
    often = f"{done}; {sum(seen.values())} fetched and compared, {gone} replaced while they were fetched"
    return Tried(f"{size.publishers} hosts change everything at once and {size.readers} read: S3", often, "0 invalid")


def stepped(where: Where, size: Size, seed: int) -> Tried:
    """A publisher is killed before and after each call that changes the store."""
    _begin(where)
    tried, step, dies = 0, 1 + seed % size.every, True
    while dies:
        for late in (False, True):
            dies = killed(processes().Process(target=hosts.die_at, args=(where, step, late)))
            tried += dies
            _check(where)
        step += size.every
    often = f"{tried} times, before and after each call that changes the store; {_swept(where)} objects left and swept"
    return Tried("a host is killed at every step of publishing and pruning: S3", often, "0 invalid")


def halved(where: Where, size: Size, seed: int) -> Tried:
    """A publisher is killed at any moment of an upload."""
    _begin(where)
    draw, ended = random.Random(seed), 0
    for number in range(size.uploads):
        arguments = (where, number, draw.uniform(0.0, LATEST_SECONDS), size.items)
        ended += killed(processes().Process(target=hosts.die_after, args=arguments))
        _check(where)
    often = f"{ended} of {size.uploads} uploads; {_swept(where)} objects left and swept"
    return Tried("a host is killed at any moment of an upload: S3", often, "0 invalid")


def served(where: Where, server: services.Server, models: int) -> Tried:
    """Two replicas answer while models are published, while the store is away, and after it came back."""
    stop = threading.Event()
    with host(where) as store, ExitStack() as stack:
        homes = [Path(tempfile.mkdtemp(dir=where.disks)) for _ in range(2)]
        keys = new_shop(homes[0])
        shared = {"VITRINE_STORE": where.url, "VITRINE_DATABASE_URL": Workspace(homes[0]).records_url}
        replicas = [stack.enter_context(serving(home, keys, **shared)) for home in homes]
        pool = stack.enter_context(ThreadPoolExecutor())
        stack.callback(stop.set)
        answered = [pool.submit(_ask, replica, stop) for replica in replicas]
        for number in range(models):
            last = publish(store, f"model-{number}")
            _wait(replicas, lambda replica, expected=last: _version(replica) == expected)
        server.kill()
        _wait(replicas, _is_degraded)
        server.start()
        wait_until(lambda: _publishes(store, "again"))
        again = str(store.current())
        _wait(replicas, lambda replica: _version(replica) == again)
        stop.set()
        seen = [one.result() for one in answered]
    assert all(again in one and len(one) > models for one in seen)
    often = f"{sum(sum(one.values()) for one in seen):,} pages while {models} models came and the store was killed once"
    return Tried("two replicas answer, each with its own copies: S3", often, "0 failed")


def _publishes(store: SharedStore, name: str) -> bool:
    """Whether it does: a server that has just started answers before it knows its objects."""
    with suppress(StoreError):
        return bool(publish(store, name))
    return False


def _ask(replica: Served, stop: threading.Event) -> Counter[str]:
    """How many pages each model answered."""
    found = Counter[str]()
    while not stop.is_set():
        found[_version(replica)] += 1
    return found


def _version(replica: Served) -> str:
    response = replica.http.post("/v1/page", json={"page": {"type": "home"}}, headers=replica.public)
    response.raise_for_status()
    return str(response.json()["model_version"])


def _is_degraded(replica: Served) -> bool:
    return "model" in replica.http.get("/readyz").raise_for_status().json()["shops"]["shop"].get("problems", {})


def _wait(replicas: Iterable[Served], holds: Callable[[Served], bool]) -> None:
    for replica in replicas:
        wait_until(lambda replica=replica: holds(replica))


def _begin(where: Where) -> None:
    with host(where) as store:
        publish(store, "first")


def _at_once(
    where: Where, size: Size, work: Callable[[str], tuple[Callable[..., None], tuple[Any, ...]]]
) -> tuple[dict[str, Any], Counter[str]]:
    """Let publishers work while readers read; what each publisher told, and what was read how often."""
    context = processes()
    told, read, stop = context.Queue(), context.Queue(), context.Event()
    names = [f"p{number}" for number in range(size.publishers)]
    writers = [context.Process(target=target, args=(where, told, *rest)) for target, rest in map(work, names)]
    readers = [context.Process(target=hosts.keep_reading, args=(where, read, stop)) for _ in range(size.readers)]
    for one in (*readers, *writers):
        one.start()
    try:
        found = dict(_told(told, [*writers, *readers]) for _ in writers)
        stop.set()
        seen = sum((_told(read, readers) for _ in readers), Counter[str]())
    finally:
        for one in (*readers, *writers):
            one.join(10)
            one.kill()
    assert [one.exitcode for one in (*readers, *writers)] == [0] * (size.readers + size.publishers)
    return found, seen


def _told(queue: "Queue[Any]", running: list[BaseProcess]) -> Any:
    """What one of them tells, unless one of them ended otherwise."""
    for _ in range(END_SECONDS):
        with suppress(Empty):
            return queue.get(timeout=1)
        assert not any(one.exitcode for one in running), [one.exitcode for one in running]
    raise AssertionError("they do not end")


def _check(where: Where) -> None:
    """Whatever the store names is whole, and one of them is in service."""
    with host(where) as store:
        assert store.current() in store.versions()
        for version in store.versions():
            artifact = store.open(version)
            verify(artifact.path, artifact.manifest)


def _swept(where: Where) -> int:
    """How many objects nobody named; they go, and nothing else does."""
    with host(where) as store:
        named = {entry.place for entry in store.register().versions.values()}
        left = [one.name for one in store.objects.list() if "/" in one.name and one.name.split("/")[0] not in named]
        with mock.patch("recommender.objects.ABANDONED_SECONDS", -60):
            store.prune(len(named))
        assert {one.name.split("/")[0] for one in store.objects.list() if "/" in one.name} == named
    _check(where)
    return len(left)
