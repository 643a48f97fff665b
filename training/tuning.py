"""Tuning: settings that serve a shop better, found on days that end before those it is judged by.

The log is read as if it ended where the judged days begin, so nothing in those can influence what is chosen. Its own
last days set the cases, as in the evaluation.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from recommender.configuration import Configuration
from recommender.errors import ConflictError, TrainingError
from recommender.events.locking import FileLock
from recommender.events.log import EventLog
from recommender.metrics import bootstrap_interval
from recommender.models.models import Models
from recommender.models.threads import one_blas_thread
from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from training.budget import Budget
from training.cases import tasks
from training.evaluation import MIN_CASES, SHARE_OF_LOG
from training.exams import Exam, Measure, Scale, halves, joined
from training.fitting import Progress, fit, read
from training.interactions import Prepared
from training.remembering import RememberingSteps
from training.search_space import Dimension, Tuned, applied, dimensions, merged, uses_sessions
from training.steps import HeavySteps, LocalSteps
from training.studies import Settings, Study, opened

CASES = 4
"""Times as many cases as the evaluation draws: settings lie closer together than strategies, and half only confirm."""


@dataclass(frozen=True)
class Verdict:
    """How the best settings do beside the present ones, on cases by which they were not chosen."""

    tasks: list[dict[str, Any]]
    gain: float
    """As a share of what the present settings reach."""
    low: float
    high: float
    """Bounds of the gain, 95 % sure."""

    @property
    def better(self) -> bool:
        """Whether the gain is beyond chance."""
        return self.low > 0


@dataclass(frozen=True)
class TuningReport:
    """What came of tuning."""

    shop: str
    window: dict[str, Any]
    trials: dict[str, Any]
    """How many settings were judged, how many of these given up, and the value of each as a multiple of the first."""
    changes: dict[str, list[float]]
    """By path below `training`: the present value and the better one; empty when nothing better was found."""
    verdict: Verdict | None
    """None when no other settings came out best."""
    decision: str
    version: int | None
    """Of the configuration that was written; None when it was left alone."""

    def document(self) -> dict[str, Any]:
        """The report as JSON values."""
        found = self.verdict
        judged = {"tasks": found.tasks, "gain": found.gain, "low": found.low, "high": found.high} if found else None
        return {
            "shop": self.shop, "window": self.window, "trials": self.trials, "changes": self.changes,
            "confirmation": judged, "written": self.version is not None, "decision": self.decision,
            "configuration_version": self.version,
        }  # fmt: skip


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


def tune(
    folder: ShopFolder,
    records: Records,
    aim: Aim,
    budget: Budget,
    configuration: TrainingConfiguration | None = None,
    *,
    write: bool = True,
    fresh: bool = False,
    now: datetime | None = None,
    progress: Progress | None = None,
    steps: HeavySteps | None = None,
) -> TuningReport:
    """Search for better training settings of a shop, and write them into its configuration if they are.

    Args:
        folder: the shop's files.
        records: where its catalogue and configuration are kept.
        aim: what to tune, and by what measure.
        budget: how long.
        configuration: begin with it instead of the `training` section of the shop's configuration, and write it too.
        write: False leaves the configuration alone.
        fresh: forget what earlier runs on the same log have tried.
        now: the moment of tuning; an empty log ends there.
        progress: told what is being done and how much of the budget is gone.
        steps: who does the heavy work.

    Raises:
        NotFoundError: no such shop.
        ConfigurationError: its training configuration is not allowed.
        TrainingError: the log is too short, or holds too few cases of what is to be tuned.
        ConflictError: the shop is being tuned already, or its training settings were changed meanwhile.
    """
    report, shop = progress or _silent, folder.path.name
    records.shops.get(shop)
    section = records.configurations.get(shop)[1].get("training", {})
    base = section if configuration is None else configuration.model_dump(mode="json", exclude_unset=True)
    with _alone(folder), one_blas_thread():
        report("reading and cleaning the log", 0.0)
        bench = _bench(folder, records, TrainingConfiguration.parse(base), aim, now, steps or LocalSteps())
        report("fitting with the present settings", 0.0)
        strategies = aim.tuned.strategies
        varied = dimensions(strategies, bench.configuration, bench.models({}))
        study = opened(_study_file(folder, bench, aim, varied, fresh), varied, bench.configuration.seed)
        interrupted = _search(study, bench, budget, report)
        report("comparing on other cases", 1.0)
        changes, verdict = _confirmed(study, bench)
    trials = {"judged": study.judged, "given_up": study.given_up, "values": study.values()}
    version = None
    if verdict is not None and verdict.better and write:
        better = merged(base, {path: after for path, (_, after) in changes.items()})
        version = _written(records, shop, section, better)
    decision = _decision(study.judged, verdict, version, interrupted)
    return TuningReport(shop, bench.window(), trials, changes, verdict, decision, version)


def held_back(start: datetime | None, end: datetime, days: int) -> datetime | None:
    """From when on the last days of a log are kept to judge by, as in the evaluation; None for too short a log."""
    span = end - start if start is not None else timedelta(0)
    last = min(timedelta(days=days), span / SHARE_OF_LOG)
    return end - last if last >= timedelta(days=1) else None


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
    prepared = read(folder, records, configuration, now=now, steps=steps, before=cutoff)
    begin = held_back(prepared.data_start, prepared.data_end, days)
    if begin is None:
        raise too_short
    return prepared, begin


def _bench(
    folder: ShopFolder,
    records: Records,
    configuration: TrainingConfiguration,
    aim: Aim,
    now: datetime | None,
    steps: HeavySteps,
) -> Bench:
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


@contextmanager
def _alone(folder: ShopFolder) -> Iterator[None]:
    lock = FileLock(folder.tuning / "lock")
    if not lock.acquire(wait=False):
        raise ConflictError(f"{folder.path.name!r} is being tuned already; wait until that has ended")
    try:
        yield
    finally:
        lock.release()


def _study_file(folder: ShopFolder, bench: Bench, aim: Aim, varied: tuple[Dimension, ...], fresh: bool) -> Path:
    """Where this search is kept; searches on a log that has changed since are of no use any more and deleted."""
    log = _digest([bench.prepared.fingerprint, bench.search.now.isoformat()])
    fixed = merged(bench.configuration.document(), dict.fromkeys(one.path for one in varied))
    fixed = {name: value for name, value in fixed.items() if name != "publishing"}
    settings = _digest([fixed, [[one.path, one.bounds] for one in varied], metadata.version("vitrine")])
    name = f"{aim.tuned}-{aim.measure}"
    path = folder.tuning / f"{name}-{log}-{settings}.jsonl"
    for other in folder.tuning.glob(f"{name}-*.jsonl"):
        if (fresh and other == path) or not other.name.startswith(f"{name}-{log}-"):
            other.unlink()
    return path


def _digest(document: Any) -> str:
    return hashlib.blake2b(json.dumps(document, sort_keys=True).encode(), digest_size=6).hexdigest()


def _search(study: Study, bench: Bench, budget: Budget, report: Progress) -> bool:
    """Try settings until the budget is spent; True when somebody interrupted it."""
    try:
        study.begin()
        while not budget.spent(study.judged):
            report(_said(study, budget), budget.share(study.judged))
            _try(study, bench)
    except KeyboardInterrupt:
        return True
    return False


def _try(study: Study, bench: Bench) -> None:
    trial, settings = study.ask()
    scale, found = study.scale, []
    models = bench.models(settings)
    for number, portion in enumerate(bench.search.portions(models)):
        found.append(portion)
        if scale is not None:
            trial.report(scale.total(portion), number)
            if settings != study.present and trial.should_prune():
                study.tell(trial, None)
                return
    if scale is None:
        scale = Scale.of(joined(found))
        study.measure_by(scale)
        for number, portion in enumerate(found):
            trial.report(scale.total(portion), number)
    study.tell(trial, scale.total(joined(found)))


def _said(study: Study, budget: Budget) -> str:
    best = study.best()
    gained = "" if best is None else f"best {best[1] - 1:+.1%}"
    return ", ".join(part for part in (f"trial {study.judged + 1}", gained, budget.left(study.judged)) if part)


def _confirmed(study: Study, bench: Bench) -> tuple[dict[str, list[float]], Verdict | None]:
    """What the best settings change, and whether that helps on other cases."""
    best, scale = study.best(), study.scale
    if best is None or scale is None or best[0] == study.present:
        return {}, None
    before = bench.confirm.values(bench.models(study.present))
    after = bench.confirm.values(bench.models(best[0]))
    base = scale.total(before) or 1.0
    gains = (scale.each(after) - scale.each(before)) / base
    low, high = bootstrap_interval(gains, seed=study.seed)
    rows = [
        {
            "task": task.name,
            "by": task.strategies[0].value,
            "cases": len(task.cases),
            "before": round(float(before[task.name].mean()), 4),
            "after": round(float(after[task.name].mean()), 4),
        }
        for task in bench.confirm.tasks
    ]
    changes = {path: [study.present[path], value] for path, value in best[0].items() if value != study.present[path]}
    return changes, Verdict(rows, round(float(gains.mean()), 4), round(low, 4), round(high, 4))


def _written(records: Records, shop: str, begun: Mapping[str, Any], training: Mapping[str, Any]) -> int:
    """Put the settings into the configuration; its other sections stay as they are by now."""
    version, document = records.configurations.get(shop)
    if document.get("training", {}) != begun:
        raise ConflictError(
            f"the training settings of {shop!r} were changed during tuning; "
            "what was tried is kept: run it again to compare with the new ones"
        )
    document = {**document, "training": training}
    Configuration.parse(document)
    return records.configurations.put(shop, document, version)


def _decision(judged: int, verdict: Verdict | None, version: int | None, interrupted: bool) -> str:
    stopped = "interrupted; " if interrupted else ""
    if not judged:
        return f"{stopped}the present settings were not judged yet, so nothing was changed"
    if verdict is None:
        return f"{stopped}none of {judged} settings was better than the present ones; the configuration was left alone"
    if not verdict.better:
        return f"{stopped}the best of {judged} settings is not better beyond chance; the configuration was left alone"
    if version is None:
        return f"{stopped}the best of {judged} settings is better beyond chance; it was not to be written"
    return f"{stopped}the best of {judged} settings is better beyond chance; written as configuration version {version}"


def _silent(step: str, done: float) -> None:
    """Report to nobody."""
