"""Tuning: a search for settings that serve a shop better, written into its configuration if they surely do."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from recommender.bootstrap import bootstrap_interval
from recommender.configuration import Configuration
from recommender.errors import ConflictError
from recommender.events.locking import FileLock
from recommender.models.threads import one_blas_thread
from recommender.records import Records
from recommender.training import TrainingConfiguration
from recommender.workspace import ShopFolder
from training.benches import Aim, Bench, set_up
from training.budget import Budget
from training.exams import Scale, joined
from training.planning import Progress
from training.search_space import Dimension, dimensions, merged
from training.steps import HeavySteps, LocalSteps
from training.studies import Study, opened


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
        bench = set_up(folder, records, TrainingConfiguration.parse(base), aim, now, steps or LocalSteps())
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
