"""Sending an audience to a receiver, batch after batch, and going on where an earlier attempt gave up."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from recommender.errors import DeliveryError
from training.audiences.audience import Audience
from training.audiences.webhook import Receiver

LONGEST_SECONDS: Final = 86_400.0
"""After so long an audience that was sent in part is not the same any more."""


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

    How far it came stands in a file, without any id. The same command goes on from there, with the audience as it was
    at the moment of the first attempt; with another model or another definition, or a day later, it begins anew.

    Args:
        audience: whom, as they are now.
        receiver: to where.
        folder: for the file.
        progress: told how many batches are sent, and of how many.

    Raises:
        DeliveryError: the receiver did not take one; those before it need not be sent again.
    """
    mark = _Mark.of(folder, audience, receiver.url)
    begun = mark.read(audience.population.now)
    audience = audience.at(begun.now)
    total = audience.count
    for number, body in enumerate(audience.batches()):
        if number < begun.sent:
            continue
        try:
            receiver.send(body)
        except DeliveryError as error:
            so_far = f"{number} of {total} batches are sent; the same command goes on"
            raise DeliveryError(f"{error} ({so_far})") from None
        mark.write(_Begun(begun.now, number + 1))
        if progress is not None:
            progress(number + 1, total)
    mark.clear()
    return Pushed(len(audience), total, begun.sent)


class _Begun(NamedTuple):
    """An attempt."""

    now: float
    """Its moment, Unix seconds."""
    sent: int
    """Batches that were taken."""


@dataclass(frozen=True)
class _Mark:
    """How far one audience came at one receiver."""

    file: Path
    about: str
    """What must be the same for an attempt to go on."""

    @classmethod
    def of(cls, folder: Path, audience: Audience, url: str) -> "_Mark":
        name = hashlib.sha256(f"{url}\n{audience.segment.name}\n{audience.whose}".encode()).hexdigest()[:24]
        about = f"{audience.model_version}\n{audience.definition}".encode()
        return cls(folder / f"push-{name}.json", hashlib.sha256(about).hexdigest())

    def read(self, now: float) -> _Begun:
        """The attempt that is to go on; one that begins now, where there is none."""
        try:
            found = json.loads(self.file.read_text("utf-8"))
        except (OSError, ValueError):
            return _Begun(now, 0)
        if found["about"] != self.about or now - found["now"] > LONGEST_SECONDS:
            return _Begun(now, 0)
        return _Begun(found["now"], found["sent"])

    def write(self, begun: _Begun) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        beside = self.file.with_suffix(".new")
        beside.write_text(json.dumps({"about": self.about, **begun._asdict()}), "utf-8")
        beside.replace(self.file)

    def clear(self) -> None:
        self.file.unlink(missing_ok=True)
