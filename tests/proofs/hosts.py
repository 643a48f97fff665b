"""Hosts that share a store of models, each a process with a disk of its own: they publish, read, and are killed."""

import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any, Final, NamedTuple

from recommender.errors import ArtifactError
from recommender.forgotten import Forgotten
from recommender.objects import Objects
from recommender.shared import SharedStore
from recommender.workspace import Workspace
from tests.api.artifacts import add, people, publish

ACTS: Final = ("publish", "publish", "rollback", "prune", "rewrite")
CHANGES: Final = ("upload", "replace", "delete")
"""Calls that change a store: before and after any of them a host may be killed."""
GONE: Final = "gone meanwhile"
DEATH_SECONDS = 120.0


class Where(NamedTuple):
    """How a host finds the store."""

    url: str
    variables: Mapping[str, str]
    """Of its environment."""
    disks: Path
    """Where each host has a folder; those of hosts that are killed are left there."""


def processes() -> ForkServerContext:
    """Makes hosts from a process that has loaded everything and never spoken to a store."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


@contextmanager
def host(where: Where) -> Iterator[SharedStore]:
    """A host that has nothing on its disk yet."""
    os.environ.update(where.variables)
    home = Path(tempfile.mkdtemp(dir=where.disks))
    try:
        yield SharedStore.of(Workspace(home, where.url).shop("shop"))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def publish_only(where: Where, told: "Queue[Any]", ready: Barrier, name: str, models: int, turns: int) -> None:
    """Add models, and when everybody has, publish them one after the other again and again; tell in which order."""
    with host(where) as store:
        versions = [add(store, f"{name}-{number}").version for number in range(models)] * turns
        ready.wait(DEATH_SECONDS)
        for version in versions:
            store.publish(version)
        told.put((name, versions))


def do_anything(where: Where, told: "Queue[Any]", name: str, rounds: int, seed: int) -> None:
    """Publish, roll back, prune and write anew in any order, and tell how often."""
    draw, done = random.Random(f"{seed} {name}"), Counter[str]()
    with host(where) as store:
        for number in range(rounds):
            act = draw.choice(ACTS)
            try:
                _do(store, act, f"{name}-{number}")
            except ArtifactError as error:  # another host was there before
                if "there is no" not in str(error) and "is not whole in" not in str(error):
                    raise
                act = "come too late"
            done[act] += 1
        told.put((name, done))


def _do(store: SharedStore, act: str, name: str) -> None:
    if act == "publish":
        publish(store, name, **people(f"visitor:{name}", "visitor:bob"))
    elif act == "rollback":
        store.rollback()
    elif act == "prune":
        store.prune(2)
    elif current := store.current():
        models = store.open(current).models.without(Forgotten.of("secret", [f"visitor:{name}", "visitor:bob"]))
        store.rewrite(current, models, ["histories", "customers"])


def keep_reading(where: Where, told: "Queue[Any]", stop: Event) -> None:
    """Fetch and open what is in service, as a host that has nothing yet, until told to stop."""
    found = Counter[str]()
    while not stop.is_set():
        with host(where) as store:
            if current := store.current():
                found[_opened(store, current)] += 1
    told.put(found)


def _opened(store: SharedStore, current: str) -> str:
    """The version that was fetched and compared, unless it was deleted meanwhile: then another is in service."""
    before = store.register().versions.get(current)
    try:
        return store.open(current).version
    except ArtifactError:
        if before is not None and store.register().versions.get(current) == before:
            raise
        return GONE


def die_at(where: Where, step: int, late: bool) -> None:
    """Publish and prune, and be killed at the `step`th call that changes the store: before it, or after."""
    count = 0

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            nonlocal count
            count += 1
            mine = count == step
            if mine and not late:
                os.kill(os.getpid(), signal.SIGKILL)
            answer = call(*arguments)
            if mine:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return counting

    with host(where) as store:
        for name in CHANGES:
            setattr(Objects, name, counted(getattr(Objects, name)))
        publish(store, f"killed-{step}-{late}")
        store.prune(1)


def die_after(where: Where, number: int, seconds: float, items: int) -> None:
    """Upload a large model and be killed some time after that began."""
    upload, first = Objects.upload, threading.Lock()
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL))

    def timed(*arguments: Any) -> None:
        if first.acquire(blocking=False):
            timer.start()
        upload(*arguments)

    with host(where) as store:
        setattr(Objects, "upload", timed)  # noqa: B010 - in this process only
        publish(store, *(f"{number}-{item}" for item in range(items)))
        store.prune(1)
        timer.cancel()


def killed(process: BaseProcess) -> bool:
    """Whether a process was killed, or came to its end before."""
    process.start()
    process.join(DEATH_SECONDS)
    assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
    return process.exitcode != 0
