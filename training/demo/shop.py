"""Preparing the demo shop: its log, its catalogue and its models."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any

from recommender.artifact import artifacts
from recommender.errors import ArtifactError, NotFoundError
from recommender.events.log import EventLog
from recommender.records import Records
from recommender.workspace import ShopFolder, Workspace
from training.demo.compact import LOG
from training.demo.products import derive
from training.importing.events import EventOptions, import_events
from training.importing.source import Source
from training.importing.summary import ImportSummary

SHOP = "demo"
LAST_DAY = date(2011, 12, 9)
"""The last day of the published log."""
NOTE = "demo-shift"
"""Under this name the records keep by how many weeks the log was moved when it was first imported."""

Progress = Callable[[str, float, float], None]
Trainer = Callable[[ShopFolder, Records, datetime, Progress], str]
"""Trains and publishes a shop's models and returns their version."""


@dataclass(frozen=True)
class Prepared:
    """What preparing the demo shop did."""

    imported: ImportSummary
    items: int
    version: str
    trained: bool


def train_models(folder: ShopFolder, records: Records, now: datetime, progress: Progress) -> str:
    """Train and publish the shop's models; returns their version."""
    from training.fitting import train  # loads scipy and implicit: a demo that is ready starts without them

    report = train(folder, records, force=True, now=now, progress=lambda step, done: progress(step, done, 1))
    return report.artifact.version


def prepare_demo(
    workspace: Workspace,
    records: Records,
    now: datetime,
    progress: Progress | None = None,
    *,
    train: Trainer = train_models,
) -> Prepared:
    """Make the shop `demo`, import its log and catalogue, train and publish; what is there already is kept.

    The log is moved by whole weeks, so that weekdays stay, to end yesterday or up to six days before. How far is
    fixed by the first import: a demo started again later keeps its log, and the events that visitors added.

    Args:
        workspace: where files go.
        records: where the shop and its catalogue are kept.
        now: the moment; decides which day is yesterday.
        progress: told the step, and how much of it is done.
        train: makes the models.
    """
    told = progress or _silent
    folder = workspace.shop(SHOP)
    _ensure_shop(records, now)
    moved = _shift(records, folder, now)
    imported = import_demo_log(folder, records, now, moved, told)
    if not (imported.unchanged and records.catalog.count(SHOP)):
        told("catalogue", 0, 1)
        records.catalog.put(SHOP, derive(LOG, moved), now)
    version = None if imported.written else _published(folder)
    trained = version or train(folder, records, now, told)
    return Prepared(imported, records.catalog.count(SHOP), trained, trained=version is None)


def import_demo_log(
    folder: ShopFolder, records: Records, now: datetime, moved: timedelta, progress: Progress
) -> ImportSummary:
    """Import the shipped log into the shop `demo`."""
    source = Source(LOG, report=lambda done: progress("demo log", done, LOG.stat().st_size))
    options = EventOptions(shift=moved)
    return import_events(
        source, SHOP, folder=folder, records=records, now=now, options=options,
        on_day=lambda done, days: progress("demo log, day by day", done, days),
    )  # fmt: skip


def shift(today: date) -> timedelta:
    """How far to move the log: the most whole weeks after which it ends before today."""
    yesterday = today - timedelta(days=1)
    return timedelta(weeks=(yesterday - LAST_DAY).days // 7)


def _ensure_shop(records: Records, now: datetime) -> None:
    try:
        records.shops.get(SHOP)
    except NotFoundError:
        records.shops.create(SHOP, now=now)
        records.configurations.put(SHOP, configuration())


def configuration() -> dict[str, Any]:
    """What the demo shop begins with: a new shop's campaigns, with offers in them."""
    found: dict[str, Any] = json.loads(files("training.demo").joinpath("configuration.json").read_text("utf-8"))
    return found


def _shift(records: Records, folder: ShopFolder, now: datetime) -> timedelta:
    noted = records.imports.seen(SHOP, NOTE)
    if noted is not None and EventLog(folder).bounds() is not None:
        return timedelta(weeks=noted["weeks"])
    moved = shift(now.date())
    records.imports.add(SHOP, NOTE, LOG.name, {"weeks": moved // timedelta(weeks=1)}, now)
    return moved


def _published(folder: ShopFolder) -> str | None:
    """The version in service, if it can be opened."""
    store = artifacts(folder)
    try:
        version = store.current()
        return None if version is None else store.open(version).version
    except (ArtifactError, NotFoundError):
        return None


def _silent(_step: str, _done: float, _total: float) -> None:
    """Take a progress report and do nothing with it."""
