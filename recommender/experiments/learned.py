"""Weights that were learned: for each experiment the stretches of time in which they hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recommender.experiments.experiment import Experiment

NAMED = "%Y-%m-%dT%H:%MZ"


def began(name: str) -> datetime:
    """When the epoch of a name started."""
    return datetime.strptime(name, NAMED).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Epoch:
    """A stretch of time with the same weights."""

    starts: datetime
    """From here on, until the next one starts."""
    weights: Mapping[str, float]
    """By variant, adding up to 1: the probability of each."""

    @property
    def name(self) -> str:
        """What the draw and the log call it."""
        return f"{self.starts.astimezone(UTC):{NAMED}}"


Learned = Mapping[str, Sequence[Epoch]]
"""Epochs of each experiment by its id, the earliest first."""
NOTHING_LEARNED: Learned = {}


def present(experiment: Experiment, learned: Learned, now: datetime) -> Epoch | None:
    """The epoch at a moment; None: the document's weights hold, as nothing is learned, or not of these variants."""
    if experiment.learn is None:
        return None
    names = {one.name for one in experiment.variants}
    begun = (one for one in reversed(learned.get(experiment.id, ())) if one.starts <= now)
    return next((one for one in begun if set(one.weights) == names), None)


def drawn_by(experiments: Iterable[Experiment], learned: Learned, now: datetime) -> dict[str, dict[str, Any]]:
    """How often each variant is drawn at a moment, and by what, for every experiment that learns: as JSON values."""
    return {one.id: told(one, present(one, learned, now)) for one in experiments if one.learn is not None}


def told(experiment: Experiment, epoch: Epoch | None) -> dict[str, Any]:
    """The weights of an experiment at a moment, and their source: the document, or what was learned by when."""
    if epoch is None:
        return {"weights": experiment.chances, "source": "document"}
    return {"weights": dict(epoch.weights), "source": "learned", "since": epoch.starts}
