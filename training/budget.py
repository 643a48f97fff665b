"""Budgets: how long tuning goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Budget:
    """Time, trials or both; whichever ends first ends it, but never before the first trial."""

    seconds: float | None = None
    """From now on."""
    trials: int | None = None
    """In all, those of earlier runs included."""
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def spent(self, trials: int) -> bool:
        """Whether it is over after so many trials."""
        return trials > 0 and self.share(trials) >= 1

    def share(self, trials: int) -> float:
        """How much of it is gone, from 0 to 1."""
        by_trials = trials / self.trials if self.trials else 0.0
        by_time = self._elapsed() / self.seconds if self.seconds else 0.0
        return min(max(by_trials, by_time), 1.0)

    def left(self, trials: int) -> str:
        """How much time is left, in words; without a limit it is guessed from the pace so far."""
        share = self.share(trials)
        if not share:
            return ""
        seconds = self._elapsed() * (1 - share) / share
        return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"

    def _elapsed(self) -> float:
        return self.clock() - self.began
