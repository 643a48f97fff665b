"""Benches: where settings are tried, on days that end before those of the evaluation.

The log is read as if it ended where the judged days begin, so nothing in those can influence what is chosen. Its own
last days set the cases, as in the evaluation.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from recommender.errors import TrainingError
from recommender.events.log import EventLog
from recommender.models.models import Models
from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from training.cases import tasks
from training.evaluation import MIN_CASES
from training.exams import Exam, Measure, halves
from training.fitting import fit, read
from training.interactions import Prepared
from training.remembering import RememberingSteps
from training.search_space import Tuned, applied, uses_sessions
from training.slices import held_back
from training.steps import HeavySteps, LocalSteps
from training.studies import Settings

CASES = 4
"""Times as many cases as the evaluation draws: settings lie closer together than strategies, and half only confirm."""


@dataclass(frozen=True)
class Aim:
    """What is tuned, and by what measure."""

    tuned: Tuned = Tuned.ALL
    measure: Measure = Measure.NDCG


@dataclass(frozen=True)
class Bench:
    """Where settings are tried: what was known at a moment, and what happened after it."""

    configuration: TrainingConfiguration
    """The present one."""
    prepared: Prepared
    """The log as if it ended before the judged days."""
    earlier: Prepared
    """The same as if it ended before the cases."""
    search: Exam
    confirm: Exam
    steps: RememberingSteps

    def models(self, settings: Settings) -> Models:
        """What is fitted with these settings."""
        configuration = applied(self.configuration, settings)
        return fit(self.earlier, configuration, self.steps, self.steps.content(self.earlier, configuration))

    def window(self) -> dict[str, Any]:
        """Which days the cases are of."""
        begin, end = self.search.now.isoformat(), self.prepared.data_end.isoformat()
        return {"from": begin, "to": end, "size": self.search.size, "metric": self.search.measure.value}


def validation(
    folder: ShopFolder,
    records: Records,
    configuration: TrainingConfiguration,
    *,
    now: datetime | None = None,
    steps: HeavySteps | None = None,
) -> tuple[Prepared, datetime]:
    """The log as if it ended where the evaluation's judged days begin, and since when its own last days are judged.

    Cut before it is cleaned and numbered: people, robots and items of the judged days are not known either.

    Raises:
        TrainingError: the log is too short to hold days back twice.
    """
    too_short = TrainingError(
        f"the log of {folder.path.name!r} is too short to tune by: days are held back twice, which takes a week"
    )
    days, window = configuration.evaluation.days, configuration.cleaning.window_days
    bounds = EventLog(folder).bounds()
    if bounds is None:
        raise too_short
    first, last = bounds
    cutoff = held_back(first if window is None else max(first, last - timedelta(days=window)), last, days)
    if cutoff is None:
        raise too_short
    steps = steps or LocalSteps()
    told = read(folder, records, configuration, now=now, steps=steps, before=cutoff)
    prepared, _ = steps.at_hand(told, configuration)
    begin = held_back(prepared.data_start, prepared.data_end, days)
    if begin is None:
        raise too_short
    return prepared, begin


def set_up(
    folder: ShopFolder,
    records: Records,
    configuration: TrainingConfiguration,
    aim: Aim,
    now: datetime | None,
    steps: HeavySteps,
) -> Bench:
    """The bench for a shop and an aim; see :func:`validation`.

    Raises:
        TrainingError: the log is too short, or holds too few cases of what is to be tuned.
    """
    prepared, begin = validation(folder, records, configuration, now=now, steps=steps)
    config, strategies = configuration.evaluation, aim.tuned.strategies
    posed = tasks(prepared, begin, max_cases=CASES * config.max_cases, seed=configuration.seed)
    search, confirm = (Exam(half, begin, config.size, aim.measure) for half in halves(posed, strategies))
    if not search.tasks:
        raise TrainingError(
            f"{aim.tuned} cannot be tuned: fewer than {2 * MIN_CASES} people, sessions or orders from "
            f"{begin:%Y-%m-%d} to {prepared.data_end:%Y-%m-%d} can be judged"
        )
    remembering = RememberingSteps(steps, sessions=uses_sessions(strategies))
    return Bench(configuration, prepared, prepared.until(begin), search, confirm, remembering)
