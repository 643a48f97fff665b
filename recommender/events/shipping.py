"""Shipping: what waits in the spools of a home goes to the store as pieces, of which one host makes the log.

An event leaves its spool once a piece with it is in the store. A piece's boundary is recorded in the spool before, so
that who is killed in between, or hears no answer, sends the same piece again.
"""

from collections.abc import Callable

from recommender.events import pieces
from recommender.events.locking import FileLock
from recommender.events.pieces import Piece
from recommender.events.spool import Spool, remove_if_dead, spools, visit
from recommender.workspace import ShopFolder

BATCH = 5_000
"""Events in a piece."""


def ship(folder: ShopFolder, *, batch: int = BATCH, step: Callable[[str], None] = lambda _: None) -> int | None:
    """Ship what waits in the spools of this home, living processes' and dead ones'.

    Args:
        folder: the shop's.
        batch: most events in a piece; bounds memory.
        step: told the name of each step when it is done.

    Returns:
        How many pieces were sent; None: another process of this home is at it.

    Raises:
        StoreError: the store cannot be reached; what was not sent waits.
        VitrineError: a spool cannot be read; the others were shipped.
    """
    lock = FileLock(folder.path / "shipping.lock")
    if not lock.acquire(wait=False):
        return None
    try:
        return _ship_all(folder, batch, step)
    finally:
        lock.release()


def _ship_all(folder: ShopFolder, batch: int, step: Callable[[str], None]) -> int:
    objects, sent = pieces.of_shop(folder), 0

    def send(spool: Spool) -> None:
        nonlocal sent
        while (last := spool.begin_batch(batch)) is not None:
            step("batch begun")
            pieces.write(objects, Piece(spool.writer, last), spool.pending(last=last))
            step("piece sent")
            spool.end_batch(last)
            step("batch ended")
            sent += 1

    found = spools(folder.spools)
    visit(found, send)
    for path in found:
        remove_if_dead(path)
    return sent
