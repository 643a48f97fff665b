"""Whose turn it is to change a shop's log: one process of a host by a file lock, one of all hosts by a lease.

Where the log lies in a store, whoever's turn it is first takes the place of those before (see `stored`) and brings the
copy here up to it; what was changed is published at the end, or undone by the next one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta
from socket import gethostname
from threading import Event, Thread
from typing import Final, Protocol
from uuid import uuid4

from recommender.disk import make_folder, replace
from recommender.errors import BusyError, ConflictError
from recommender.events import merging
from recommender.events.locking import FileLock, held
from recommender.workspace import ShopFolder, Workspace

LEASE_SECONDS: Final = 60.0
"""How long nobody can change the log after the one was killed, or was cut off, who did; it is renewed meanwhile."""
PATIENCE_SECONDS: Final = 600.0
"""How long somebody waits for other hosts who has to change it."""
PAUSE_SECONDS = 0.2


class Leases(Protocol):
    """Leases shared by all hosts; `recommender.records` has them."""

    def acquire(self, name: str, holder: str, seconds: float, now: datetime) -> bool:
        """Take or renew a lease; False when another holder has it."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Give it back."""
        ...


def lease_name(folder: ShopFolder) -> str:
    """The lease of whoever changes a shop's log, or wants it to stay as it is."""
    return f"compact:{folder.path.name}"


def host(workspace: Workspace) -> str:
    """The name of a home among those of all hosts; processes that share it never hold a lease against each other.

    A process that follows a killed one can thus go on at once: that one of them is at it, file locks see to.
    """
    if not workspace.host.exists():
        make_folder(workspace.home)
        with held(workspace.home / "host.lock"):
            if not workspace.host.exists():
                replace(workspace.host, f"{gethostname()} {uuid4().hex}".encode())
    return workspace.host.read_text("utf-8")


@contextmanager
def changing(
    folder: ShopFolder,
    *,
    now: datetime,
    leases: Leases | None = None,
    alone: bool = False,
    patience: float = PATIENCE_SECONDS,
    step: Callable[[str], None] = lambda _: None,
) -> Iterator[None]:
    """Change a shop's log, while nobody else does.

    Args:
        folder: the shop's.
        now: when leases are taken.
        leases: of all hosts; None: nobody else has this log.
        alone: wait until nobody reads the log here, either.
        patience: seconds for which other hosts are waited for; 0: processes of this host are not, either.
        step: told the name of each step when it is done.

    Raises:
        BusyError: somebody else is at it, and is not waited for any longer.
        ConflictError: somebody else began because it took too long here, or the log is a copy of one in a store that
            is not named; nothing was changed.
        StoreError: the store cannot be reached; nothing was changed, or it was and nobody could say so.
    """
    with ExitStack() as stack:
        if alone:
            stack.enter_context(held(folder.readers_lock))
        lock = FileLock(folder.log_lock)
        if not lock.acquire(wait=patience > 0):
            raise BusyError(f"another process changes the log of {folder.path.name!r}")
        stack.callback(lock.release)
        renew = stack.enter_context(_leased(folder, leases, now, patience)) if leases is not None else None
        merging.clean(folder.log)
        if folder.store is None:
            if folder.copied.exists():
                raise ConflictError(f"{folder.log} is a copy of the log in a store; set VITRINE_STORE")
            yield
        else:
            yield from _published(folder, now, renew, step, alone=alone)


def _published(
    folder: ShopFolder, now: datetime, renew: Callable[[], bool] | None, step: Callable[[str], None], *, alone: bool
) -> Iterator[None]:
    from recommender.events.adopting import adopted  # an extra brings what these need
    from recommender.events.stored import StoredLog

    log = StoredLog.of(folder)
    step("turn taken")
    claim = log.claim()
    step("log claimed")
    if renew is not None and not renew():
        raise BusyError(f"another host changes the log of {folder.path.name!r}")
    with adopted(log, claim.register, now, alone=alone):
        step("copy brought up")
        yield
        log.publish(claim)
        step("log published")


@contextmanager
def _leased(folder: ShopFolder, leases: Leases, now: datetime, patience: float) -> Iterator[Callable[[], bool]]:
    """Hold the lease for the block, however long that takes; yields what renews it."""
    name, holder, begun = lease_name(folder), host(folder.workspace), time.monotonic()

    def renew() -> bool:
        return leases.acquire(name, holder, LEASE_SECONDS, now + timedelta(seconds=time.monotonic() - begun))

    while not renew():
        if time.monotonic() >= begun + patience:
            raise BusyError(f"another host changes the log of {folder.path.name!r}; try again later")
        time.sleep(PAUSE_SECONDS)
    over = Event()
    renewing = Thread(target=_renew, args=(renew, over), name="lease", daemon=True)
    renewing.start()
    try:
        yield renew
    finally:
        over.set()
        renewing.join()
        leases.release(name, holder)


def _renew(renew: Callable[[], bool], over: Event) -> None:
    while not over.wait(LEASE_SECONDS / 3):
        with suppress(Exception):  # the database is away: the lease ends, and what is written then is refused
            if not renew():
                return
