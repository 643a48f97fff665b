"""Learning how likely a visit ends with an order, and whether that is better than knowing nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.bootstrap import bootstrap_interval
from recommender.models.intent.course import FEATURES, Lines
from recommender.models.intent.model import IntentConfig, IntentModel
from recommender.models.intent.quality import Quality


@dataclass(frozen=True)
class Learned:
    """The model if it is worth having, and what is known of it."""

    model: IntentModel | None
    reason: str
    """Why there is one, or none, in plain words."""
    quality: Quality | None = None
    """On visits after those learned from."""

    def document(self) -> dict[str, Any]:
        """What a manifest says of it."""
        measured = {} if self.quality is None else self.quality._asdict()
        found = {name: round(value, 4) for name, value in measured.items()}
        return {"kept": self.model is not None, "reason": self.reason, **found}


def learn(lines: Lines, config: IntentConfig, cutoff: datetime | None, seed: int) -> Learned:
    """Learn from all visits, if what earlier visits teach beats the usual chance on later ones.

    Args:
        lines: moments of visits.
        config: how, and from how many.
        cutoff: from when on visits are judged; None: the log is too short.
        seed: of every random choice.
    """
    visits, orders = _counted(lines)
    if visits < config.min_visits or orders < config.min_orders:
        told = f"the log holds {visits} visits with browsing, of which {orders} ended with an order"
        return Learned(None, f"{told}; {config.min_visits} with {config.min_orders} are needed")
    later = np.zeros(len(lines.moments), np.bool_) if cutoff is None else _begun(lines) >= cutoff.timestamp()
    before, after = _drawn(lines.at(~later), config, seed), _drawn(lines.at(later), config, seed)
    if min(_counted(before)[1], _counted(after)[1]) < config.folds or after.bought.all():
        return Learned(None, "too few orders on the days before, or on the last days, to learn and to judge")
    config = config.model_copy(update={"seed": seed})
    quality, gain = _judged(_fitted(before, config), before, after, seed)
    words = f"on visits since {datetime.fromtimestamp(float(after.moments.min()), UTC):%Y-%m-%d}"
    if gain <= 0:
        return Learned(None, f"{words} it foretold orders no better than the usual chance", quality)
    whole = _fitted(_drawn(lines, config, seed), config)
    return Learned(whole, f"learned from {visits} visits, {orders} with an order; judged {words}", quality)


def _fitted(lines: Lines, config: IntentConfig) -> IntentModel:
    return IntentModel.fit(lines.table, lines.bought, FEATURES, config, groups=lines.courses)


def _judged(model: IntentModel, before: Lines, after: Lines, seed: int) -> tuple[Quality, float]:
    """Quality on later visits, and by how much it is surely nearer to what happened than the usual chance."""
    chances = model.probabilities(after.table)
    nearer = (before.bought.mean() - after.bought) ** 2 - (chances - after.bought) ** 2
    _, places = np.unique(after.courses, return_inverse=True)
    low, _ = bootstrap_interval(np.bincount(places, nearer) / np.bincount(places), seed=seed)
    return Quality.of(after.bought, chances), low


def _begun(lines: Lines) -> NDArray[np.float64]:
    """When the course of each line began."""
    _, first, places = np.unique(lines.courses, return_index=True, return_inverse=True)
    begun: NDArray[np.float64] = lines.moments[first][places]
    return begun


def _counted(lines: Lines) -> tuple[int, int]:
    """Visits, and those that ended with an order."""
    return len(np.unique(lines.courses)), len(np.unique(lines.courses[lines.bought]))


def _drawn(lines: Lines, config: IntentConfig, seed: int) -> Lines:
    """Whole visits with at most as many moments as are learned from."""
    if len(lines.moments) <= config.max_moments:
        return lines
    names, places, sizes = np.unique(lines.courses, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    kept = np.zeros(len(names), np.bool_)
    kept[order[np.cumsum(sizes[order]) <= config.max_moments]] = True
    return lines.at(kept[places])
