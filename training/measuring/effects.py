"""What each experiment has shown: each variant against the control, everybody else against the holdout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf, isfinite
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.days import DAY
from recommender.experiments import outlook
from recommender.experiments.difference import ALPHA, Interval, Metric
from recommender.experiments.moments import Moments
from recommender.experiments.outlook import Plan
from recommender.experiments.results import Answered, Results, results
from recommender.experiments.samples import SampleRatio, sequential_ratio
from training.measuring.groups import ENTERED, EXPERIMENT, MIXED, TRIED, VARIANT, groups
from training.measuring.horizon import PLANNED_DAYS, Horizon
from training.measuring.outcomes import outcomes, visits
from training.measuring.questions import QUESTIONS, SHARES
from training.measuring.robots import without
from training.measuring.segments import among
from training.measuring.stretches import Stretches, stretches
from training.measuring.variants import Pair, added, moments, pairs

CAMPAIGN = "campaign:"
NEVER: Final = 3650
"""More days than these nobody waits."""


@dataclass(frozen=True)
class Measured:
    """One variant of an experiment."""

    name: str
    """`showcases`, `campaign:` and the campaign's id, or `experiment:` and the experiment's."""
    variants: Mapping[str, Moments]
    """The control, which may be a holdout, and this one."""
    weights: Mapping[str, float]
    """How often each is drawn; the two come to 1."""
    days: float
    """From the first visitor to the last."""
    mixed: int
    """Visitors who were in several, because the share was changed; they stay in their first."""
    left_out: int
    """Visitors who entered while another share held."""
    earlier: int
    """Visitors who were in it before the time that is looked at: nothing is known of them from before it began."""
    stretches: int
    """Of equal weights, within each of which the two are compared."""
    results: Results | None
    """None while one of the groups is empty."""

    def document(self) -> dict[str, Any]:
        """The experiment as JSON values."""
        found, (control, treated) = self.results, self.variants
        return {
            "experiment": self.name,
            "control": control,
            "treated": treated,
            "days": round(self.days, 2),
            "visitors": {name: moments.visitors for name, moments in self.variants.items()},
            "weights": dict(self.weights),
            "mixed": self.mixed,
            "left_out": self.left_out,
            "entered_earlier": self.earlier,
            "stretches": self.stretches,
            "sample_ratio": None if found is None else {"p_value": found.ratio.p_value, "alarm": found.ratio.alarm},
            "metrics": [] if found is None else [_answer(one) for one in found.answers],
        }


def measured(
    log: pl.LazyFrame,
    orders: pl.DataFrame,
    robots: pl.Series,
    *,
    since: datetime | None = None,
    planned_days: int = PLANNED_DAYS,
    segment: str | None = None,
) -> list[Measured]:
    """Every experiment in a log, once for each variant that is compared with its control.

    Each is counted from when it began, because intervals that hold at every look are of visitors who only ever become
    more; a window that moves along would break them, and would take what showcases did before it for the past by which
    visitors are foretold.

    Args:
        log: the event log.
        orders: of the shop, from its beginning; see :func:`.orders.orders`.
        robots: visitors who are in no group.
        since: experiments begin here, and who was in one before stays out; left out: with the first decision.
        planned_days: for how long each experiment is meant to run.
        segment: only visitors who were in it when they entered; left out: everybody.
    """
    entered = without(groups(log), robots)
    entered = entered if segment is None else among(log, entered, segment)
    views = visits(log, entered)
    return [
        one
        for (name,), part in sorted(entered.group_by(EXPERIMENT), key=lambda one: _place(str(one[0][0])))
        if since is None or part[ENTERED].max() > since  # type: ignore[operator]
        for one in _measured(str(name), part, orders, views, since, planned_days)
    ]


def _place(name: str) -> tuple[bool, bool, bool, str]:
    """Showcases first, then offers, then campaigns by name, then experiments."""
    return name.startswith(TRIED), name.startswith(CAMPAIGN), name != "showcases", name


def _measured(
    name: str,
    everybody: pl.DataFrame,
    bought: pl.DataFrame,
    views: pl.DataFrame,
    since: datetime | None,
    planned_days: int,
) -> list[Measured]:
    entered = everybody if since is None else everybody.filter(pl.col(ENTERED) > since)
    met = stretches(name, entered)
    table = moments(met, outcomes(met.visitors, bought, views))
    days = max(float(np.ptp(_seconds(met.visitors))) / DAY, 1.0)
    ratio = _sizes(met, table, Horizon.of(_seconds(met.visitors), days, planned_days).visitors)
    found = []
    for treated in met.variants[1:]:
        parts = pairs(met, table, treated)
        compared = [part for part in parts if part.comparable]
        whole = added(compared or parts)
        seconds = _seconds(met.visitors.filter(pl.col(VARIANT).is_in([met.control, treated])))
        horizon = Horizon.of(seconds, days, planned_days)
        found.append(
            Measured(
                name=name,
                variants=whole.variants,
                weights=whole.weights,
                days=days,
                mixed=int(met.visitors[MIXED].sum()),
                left_out=len(entered) - len(met.visitors),
                earlier=len(everybody) - len(entered),
                stretches=len(compared or parts),
                results=_results(whole, compared, days, horizon, len(met.variants) - 1, ratio) if compared else None,
            )
        )
    return found


def _sizes(met: Stretches, table: Sequence[Mapping[str, Moments]], planned: int) -> SampleRatio:
    """Whether all variants together got the visitors that they should have, whatever weights held when."""
    counts, due = dict.fromkeys(met.variants, 0), dict.fromkeys(met.variants, 0.0)
    for variants, chances in zip(table, met.chances, strict=True):
        visitors, total = sum(one.visitors for one in variants.values()), sum(chances.values())
        for name, one in variants.items():
            counts[name] += one.visitors
            due[name] += visitors * chances.get(name, 0.0) / total
    return sequential_ratio(counts, due, planned)


def _seconds(visitors: pl.DataFrame) -> NDArray[np.int64]:
    return visitors[ENTERED].dt.epoch("s").to_numpy()


def _results(
    whole: Pair, parts: Sequence[Pair], days: float, horizon: Horizon, comparisons: int, ratio: SampleRatio
) -> Results:
    (control, treated), (_, share) = whole.variants.values(), whole.weights.values()
    visitors = control.visitors + treated.visitors
    per_day = visitors / days
    needed = {}
    for question in QUESTIONS:
        worth = question.worth * abs(_value(control, question.metric))
        if isfinite(worth) and worth > 0:
            plan = Plan(horizon.days, per_day, worth, share, ALPHA / comparisons)
            more = outlook.during(control, treated, question.metric, plan).days
            needed[question.name] = more if more < NEVER else inf
    return results(
        whole.variants,
        QUESTIONS,
        weights=whole.weights,
        planned=horizon.visitors,
        days=needed,
        comparisons=comparisons,
        ratio=ratio,
        stretches=[part.variants for part in parts],
    )


def _value(variant: Moments, metric: Metric) -> float:
    below = 1.0 if metric.denominator is None else variant.mean(metric.denominator)
    return variant.mean(metric.numerator) / below if below else float("nan")


def _answer(one: Answered) -> dict[str, Any]:
    found = one.difference
    return {
        "metric": one.question.name,
        "decides": one.question.decides,
        "control": _number(found.control),
        "treated": _number(found.treated),
        "difference": _number(found.absolute.value),
        "interval": _ends(one.interval),
        "lift": _number(found.relative.value),
        "lift_interval": _ends(one.lift),
        "p_value": _number(one.p_value),
        "corrected_p_value": _number(one.corrected),
        "variance_explained": _number(found.explained),
        "visitors_behind": _number(found.behind),
        "answer": one.verdict.answer.value,
        "words": one.verdict.words(one.question.name, "%" if one.question.name in SHARES else ""),
    }


def _ends(interval: Interval) -> Sequence[float | None]:
    return [_number(interval.low), _number(interval.high)]


def _number(value: float) -> float | None:
    """JSON knows no infinity and nothing that is not a number."""
    return float(value) if isfinite(value) else None
