"""Sending an audience to a receiver, batch after batch, and going on where an earlier attempt gave up."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recommender.errors import DeliveryError
from training.audiences.audience import Audience
from training.audiences.webhook import Receiver


@dataclass(frozen=True)
class Pushed:
    """What became of it."""

    members: int
    batches: int
    resumed: int
    """Batches that an earlier attempt had sent."""


def push(
    audience: Audience, receiver: Receiver, folder: Path, progress: Callable[[int, int], None] | None = None
) -> Pushed:
    """Send every batch that was not taken yet.

    How far it came stands in a file, without any id. It counts only for the very same audience; with another model or
    another definition it begins anew.

    Args:
        audience: whom.
        receiver: to where.
        folder: for the file.
        progress: told how many batches are sent, and of how many.

    Raises:
        DeliveryError: the receiver did not take one; those before it need not be sent again.
    """
    bodies = [*audience.batches()]
    mark = _Mark.of(folder, audience, receiver.url, bodies)
    resumed = mark.sent()
    for number, body in enumerate(bodies[resumed:], start=resumed):
        try:
            receiver.send(body)
        except DeliveryError as error:
            raise DeliveryError(
                f"{error} ({number} of {len(bodies)} batches are sent; the same command goes on)"
            ) from None
        mark.write(number + 1)
        if progress is not None:
            progress(number + 1, len(bodies))
    mark.clear()
    return Pushed(len(audience), len(bodies), resumed)


@dataclass(frozen=True)
class _Mark:
    """How far one audience came at one receiver."""

    file: Path
    digest: str
    """Of everything that is to be sent."""

    @classmethod
    def of(cls, folder: Path, audience: Audience, url: str, bodies: list[bytes]) -> "_Mark":
        name = hashlib.sha256(f"{url}\n{audience.segment.name}\n{audience.whose}".encode()).hexdigest()[:24]
        digest = hashlib.sha256()
        for body in bodies:
            digest.update(body)
        return cls(folder / f"push-{name}.json", digest.hexdigest())

    def sent(self) -> int:
        try:
            found = json.loads(self.file.read_text("utf-8"))
        except (OSError, ValueError):
            return 0
        return int(found["sent"]) if found.get("digest") == self.digest else 0

    def write(self, sent: int) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_suffix(".new")
        beside.write_text(json.dumps({"digest": self.digest, "sent": sent}), "utf-8")
        beside.replace(self.file)

    def clear(self) -> None:
        self.file.unlink(missing_ok=True)
