"""Studies: what Optuna knows of the settings tried so far, kept on the disk so that it can go on another day."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError

from recommender.errors import TrainingError
from training.exams import Scale
from training.pruning import PairedPruner
from training.search_space import Dimension

STARTUP_TRIALS = 10
"""Tried at random before the sampler believes to know where to look."""
SCALE = "scale"
Settings = Mapping[str, float]
"""Values by path."""


@dataclass(frozen=True)
class Study:
    """One search for better settings."""

    dimensions: tuple[Dimension, ...]
    seed: int
    _study: optuna.Study

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
        self._study.set_user_attr(SCALE, dict(scale.reached))

    def begin(self) -> None:
        """Clear away what an earlier run left unfinished, and see to it that the present settings are judged first."""
        self.abandon()
        tried = self._in(TrialState.COMPLETE, TrialState.WAITING)
        if not any(self._fixed(trial) == self.present for trial in tried):
            self._study.enqueue_trial(dict(self.present))

    def abandon(self) -> None:
        """Give up what is being tried, as if it had not been."""
        for trial in self._in(TrialState.RUNNING):
            self._study.tell(trial.number, state=TrialState.FAIL)

    def ask(self) -> tuple[Trial, Settings]:
        """What to try next.

        Every trial has a sampler of its own, so that a search that was interrupted goes on like one that was not.
        """
        number = len(self._study.get_trials(deepcopy=False))
        seed = (self.seed * 1_000_003 + number) % 2**32
        self._study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP_TRIALS)
        trial = self._study.ask()
        return trial, self._read({dimension.path: _suggested(trial, dimension) for dimension in self.dimensions})

    def tell(self, trial: Trial, value: float | None) -> None:
        """Keep what came of a trial; None: it was given up."""
        self._study.tell(trial, value, state=TrialState.PRUNED if value is None else TrialState.COMPLETE)

    def best(self) -> tuple[Settings, float] | None:
        """The best settings so far and their value; None when none were judged to the end."""
        if not self._in(TrialState.COMPLETE):
            return None
        best = self._study.best_trial
        return self._read(best.params), float(best.value or 0.0)

    def values(self) -> list[float | None]:
        """What became of every trial in turn: its value, or None."""
        return [
            trial.value if trial.state is TrialState.COMPLETE else None
            for trial in self._study.get_trials(deepcopy=False)
        ]

    def _read(self, params: Mapping[str, Any]) -> Settings:
        return {dimension.path: dimension.rounded(params[dimension.path]) for dimension in self.dimensions}

    def _in(self, *states: TrialState) -> list[FrozenTrial]:
        return self._study.get_trials(deepcopy=False, states=states)

    def _fixed(self, trial: FrozenTrial) -> Settings:
        return trial.params or trial.system_attrs.get("fixed_params", {})


@contextmanager
def opened(path: Path, dimensions: tuple[Dimension, ...], seed: int) -> Iterator[Study]:
    """The study kept at `path`, or a new one.

    Raises:
        TrainingError: the file is damaged, or of a version of Optuna that this one cannot read.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        storage = RDBStorage(URL.create("sqlite", database=str(path)).render_as_string())
    except (RuntimeError, DatabaseError, OptunaError) as error:
        raise TrainingError(f"{path} cannot be read ({error}); begin anew with --fresh") from None
    try:
        study = optuna.create_study(
            storage=storage, study_name=path.stem, direction="maximize", pruner=PairedPruner(), load_if_exists=True
        )
        yield Study(dimensions, seed, study)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _suggested(trial: Trial, dimension: Dimension) -> float:
    low, high, log = dimension.bounds
    if dimension.whole:
        return trial.suggest_int(dimension.path, int(low), int(high), log=log)
    return trial.suggest_float(dimension.path, low, high, log=log)
