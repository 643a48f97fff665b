"""Weights for the next stretch of time, for every experiment that learns, from what its visitors did so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from recommender.configuration import Configuration
from recommender.events import schema
from recommender.events.log import EventLog
from recommender.experiments.experiment import Experiment, Goal
from recommender.experiments.learned import Epoch, Learned
from recommender.experiments.learning import Knowledge, known, next_epoch
from recommender.experiments.winsor import cap, winsorised
from recommender.records import Records
from recommender.workspace import ShopFolder
from training.measuring.attribution import CLICKED, PLACE, clicks
from training.measuring.currencies import Currencies
from training.measuring.groups import ENTERED, EXPERIMENT, groups
from training.measuring.orders import orders
from training.measuring.outcomes import outcomes, visits
from training.measuring.robots import robots, without
from training.measuring.stretches import UNTIL, stretches
from training.measuring.variants import moments

COLUMNS = {Goal.CONVERSION: "converted", Goal.PROFIT: "profit", Goal.CLICKS: "clicked"}


@dataclass(frozen=True)
class Lesson:
    """What an experiment's log says of its weights."""

    experiment: Experiment
    visitors: int
    """Whom it rests on."""
    found: Knowledge | None
    """What is known of each variant; None: too little."""
    epoch: Epoch | None
    """Weights that are to hold from a moment on; None: those that hold stay."""

    def document(self) -> dict[str, Any]:
        """The lesson as JSON values."""
        changed = self.epoch
        return {
            "experiment": self.experiment.id,
            "metric": self.experiment.learn and self.experiment.learn.metric.value,
            "visitors": self.visitors,
            "known": None if self.found is None else {name: one._asdict() for name, one in self.found.items()},
            "weights": None if changed is None else dict(changed.weights),
            "from": None if changed is None else changed.starts,
        }


def learn(folder: ShopFolder, records: Records, now: datetime) -> list[Lesson]:
    """Learn a shop's weights, and keep those that change; every process takes them over when they start.

    Args:
        folder: the shop's files.
        records: its configuration and catalogue; where weights are kept.
        now: the moment.

    Raises:
        NotFoundError: no such shop.
    """
    shop = folder.path.name
    records.shops.get(shop)
    configuration = Configuration.parse(records.configurations.get(shop)[1])
    learning = [one for one in configuration.experiments if one.learn is not None and one.runs(now)]
    if not learning:
        return []
    log = EventLog(folder)
    most = configuration.training.cleaning.max_events_a_day
    with log.reading():
        costs = Currencies.of(log.scan()).costs(records.catalog.documents(shop))
        found = lessons(log.scan(), learning, records.weights.of(shop), costs, now, most)
    for one in found:
        if one.epoch is not None:
            records.weights.add(shop, one.experiment.id, one.epoch)
    return found


def lessons(
    log: pl.LazyFrame,
    experiments: Sequence[Experiment],
    learned: Learned,
    costs: Mapping[str, float],
    now: datetime,
    most_events_a_day: int,
) -> list[Lesson]:
    """What a log says of the weights of experiments.

    Args:
        log: the event log.
        experiments: those that learn.
        learned: the weights so far.
        costs: what one piece of each item costs the shop, in the usual currency, where that is known.
        now: the moment.
        most_events_a_day: whoever browses more is a robot.
    """
    rows = log.filter(pl.col(schema.TIMESTAMP) <= now)
    entered = without(groups(rows), robots(rows, most_events_a_day))
    bought = Currencies.of(rows).in_one(orders(rows, costs)).orders
    clicked = clicks(rows) if any(one.learn and one.learn.metric is Goal.CLICKS for one in experiments) else None
    did, found = Done(bought, visits(rows, entered), clicked), []
    for one in experiments:
        own = entered.filter(pl.col(EXPERIMENT) == one.layer)
        told = None if own.is_empty() or one.learn is None else _known(one, own, did)
        before = learned.get(one.id)
        epoch = next_epoch(one, before[-1] if before else None, told, now)
        found.append(Lesson(one, len(own), told, epoch))
    return found


class Done(NamedTuple):
    """What the visitors of all experiments did."""

    bought: pl.DataFrame
    seen: pl.DataFrame
    clicked: pl.DataFrame | None
    """None: nobody asks."""


def _known(experiment: Experiment, entered: pl.DataFrame, did: Done) -> Knowledge | None:
    goal = experiment.learn.metric if experiment.learn is not None else Goal.CONVERSION
    met = stretches(experiment.layer, entered)
    done = outcomes(met.visitors, did.bought, did.seen)
    done = done.with_columns(pl.lit(winsorised(done["profit"], cap([done["profit"]]))).alias("profit"))
    if did.clicked is not None and goal is Goal.CLICKS:
        done = _clicked(done, did.clicked, experiment.varied)
    names = [one.name for one in experiment.variants]
    table = moments(met, done, ("clicked",) if goal is Goal.CLICKS else ())
    whole = [part for part in table if all(name in part and part[name].visitors > 1 for name in names)]
    return known([{name: part[name] for name in names} for part in whole], goal, COLUMNS[goal])


def _clicked(done: pl.DataFrame, clicked: pl.DataFrame, place: str) -> pl.DataFrame:
    """Whether each visitor clicked on what is varied, from when they entered until variants were drawn anew."""
    own = clicked.filter(pl.col(PLACE) == place).select(schema.VISITOR_ID, CLICKED)
    within = (pl.col(CLICKED) >= pl.col(ENTERED)) & (pl.col(CLICKED) < pl.col(UNTIL)).fill_null(value=True)
    who = done.select(schema.VISITOR_ID, ENTERED, UNTIL).join(own, on=schema.VISITOR_ID).filter(within)
    return done.with_columns(
        pl.col(schema.VISITOR_ID).is_in(who[schema.VISITOR_ID].implode()).cast(pl.Float64).alias("clicked")
    )
