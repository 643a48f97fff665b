"""Studies: what Optuna knows of the settings tried so far, kept on the disk so that it can go on another day."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from recommender.errors import TrainingError
from training.exams import Scale
from training.pruning import PairedPruner
from training.search_space import Dimension

STARTUP_TRIALS = 10
"""Tried near the present settings before the sampler begins to draw its conclusions."""
SCALE = "scale"
Settings = Mapping[str, float]
"""Values by path."""


@dataclass(frozen=True)
class Study:
    """One search for better settings."""

    dimensions: tuple[Dimension, ...]
    seed: int
    _study: optuna.Study
    """In memory."""
    _kept: optuna.Study
    """On the disk: what was judged, so that nothing half done is found there."""

    @property
    def judged(self) -> int:
        """How many settings were tried, to the end or until they were given up."""
        return len(self._in(TrialState.COMPLETE, TrialState.PRUNED))

    @property
    def given_up(self) -> int:
        """How many of them were given up."""
        return len(self._in(TrialState.PRUNED))

    @property
    def present(self) -> Settings:
        """What the shop has set."""
        return {dimension.path: dimension.present for dimension in self.dimensions}

    @property
    def scale(self) -> Scale | None:
        """What values are measured by; None before the first settings were judged."""
        reached = self._study.user_attrs.get(SCALE)
        return None if reached is None else Scale(reached)

    def measure_by(self, scale: Scale) -> None:
        """Remember what values are measured by."""
        for study in (self._study, self._kept):
            study.set_user_attr(SCALE, dict(scale.reached))

    def begin(self) -> None:
        """See to it that the present settings are judged first, unless they were."""
        if not any(trial.params == self.present for trial in self._in(TrialState.COMPLETE)):
            self._study.enqueue_trial(dict(self.present))

    def ask(self) -> tuple[Trial, Settings]:
        """What to try next.

        Every trial has a sampler of its own, so that a search that was interrupted goes on like one that was not.
        """
        seed = (self.seed * 1_000_003 + self.judged) % 2**32
        self._study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
        if self.judged < STARTUP_TRIALS and not self._in(TrialState.WAITING):
            draw = np.random.default_rng(seed)
            self._study.enqueue_trial({dimension.path: dimension.near(draw) for dimension in self.dimensions})
        trial = self._study.ask()
        return trial, self._read({dimension.path: _suggested(trial, dimension) for dimension in self.dimensions})

    def tell(self, trial: Trial, value: float | None) -> None:
        """Keep what came of a trial; None: it was given up."""
        self._kept.add_trial(
            self._study.tell(trial, value, state=TrialState.PRUNED if value is None else TrialState.COMPLETE)
        )

    def best(self) -> tuple[Settings, float] | None:
        """The best settings so far and their value; None when none were judged to the end."""
        if not self._in(TrialState.COMPLETE):
            return None
        best = self._study.best_trial
        return self._read(best.params), float(best.value or 0.0)

    def values(self) -> list[float | None]:
        """The value of every trial in turn; None where it was given up."""
        return [
            trial.value if trial.state is TrialState.COMPLETE else None
            for trial in self._in(TrialState.COMPLETE, TrialState.PRUNED)
        ]

    def _read(self, params: Mapping[str, Any]) -> Settings:
        return {dimension.path: dimension.rounded(params[dimension.path]) for dimension in self.dimensions}

    def _in(self, *states: TrialState) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=states)


def opened(path: Path, dimensions: tuple[Dimension, ...], seed: int) -> Study:
    """The study kept at `path`, or a new one; whoever opens it is the only one who does.

    Raises:
        TrainingError: the file is damaged.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _mend(path)
        storage = JournalStorage(JournalFileBackend(str(path)))
        kept = optuna.create_study(storage=storage, study_name=path.stem, direction="maximize", load_if_exists=True)
        return Study(dimensions, seed, _copied(kept), kept)
    except (ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{path} is damaged ({error}); begin anew with --fresh") from None


def _mend(path: Path) -> None:
    """Cut off the last line if a crash has left it incomplete."""
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)


def _copied(kept: optuna.Study) -> optuna.Study:
    study = optuna.create_study(direction="maximize", pruner=PairedPruner())
    study.add_trials(kept.get_trials(deepcopy=False))
    for name, value in kept.user_attrs.items():
        study.set_user_attr(name, value)
    return study


def _suggested(trial: Trial, dimension: Dimension) -> float:
    low, high, log = dimension.bounds
    if dimension.whole:
        return trial.suggest_int(dimension.path, int(low), int(high), log=log)
    return trial.suggest_float(dimension.path, low, high, log=log)
