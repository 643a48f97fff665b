"""Which of two interleaved strategies visitors prefer, by their clicks; see :mod:`.interleaving`."""

from collections.abc import Iterable
from dataclasses import dataclass

from recommender.experiments.difference import ALPHA, Effect, Interval


@dataclass(frozen=True)
class Preference:
    """How often the second list wins."""

    first: int
    second: int
    ties: int
    """Both got as many clicks, most often none: they say nothing."""
    effect: Effect
    """Share of wins of the second list, less a half; above 0 it is preferred."""

    def interval(self, alpha: float = ALPHA) -> Interval:
        """For one look; for daily ones ask :mod:`.sequential` with the number of wins."""
        return self.effect.interval(alpha)


def preference(clicks: Iterable[tuple[int, int]]) -> Preference:
    """Count wins over visitors, who choose independently of each other; a visitor's requests are added up before.

    Args:
        clicks: for the first and the second list.
    """
    signs = [1 if second > first else -1 if second < first else 0 for first, second in clicks]
    won, lost = signs.count(1), signs.count(-1)
    decided = won + lost
    if not decided:
        return Preference(lost, won, len(signs), Effect(float("nan"), float("nan")))
    share = won / decided
    # The error under a share of a half, which also holds where one side has won every time.
    return Preference(lost, won, signs.count(0), Effect(share - 0.5, 0.5 / decided**0.5))
