"""What an experiment will be able to see, before it starts and while it runs."""

from math import inf
from typing import NamedTuple

from recommender.experiments.difference import ALPHA, Metric, difference, variance
from recommender.experiments.moments import Moments
from recommender.experiments.power import POWER, days_needed, detectable, spread, visitors_needed


class Plan(NamedTuple):
    """How an experiment is run."""

    days: int
    """It is looked at once on each."""
    per_day: float
    """New visitors a day, in both variants."""
    worth: float
    """The least difference that matters, in the metric's own unit."""
    share: float = 0.5
    """Of the visitors who are treated."""
    alpha: float = ALPHA
    """How often the interval may ever miss."""


class Outlook(NamedTuple):
    """By the sequential interval, four times in five."""

    detectable: float
    """The least difference that is found by the planned end."""
    needed: float
    """Visitors, in both variants, with whom a difference that matters is found; infinite where nothing can be told."""
    days: float
    """Days until these are there, from now."""


def before(history: Moments, metric: Metric, plan: Plan) -> Outlook:
    """By visitors of the past, as many days after their first visit as the experiment will run."""
    past = variance(history, metric)
    return _outlook(spread(past, past, plan.share), 0, plan)


def during(control: Moments, treated: Moments, metric: Metric, plan: Plan) -> Outlook:
    """By what the experiment has shown of its variances; the difference it has shown plays no part."""
    error = difference(control, treated, metric).absolute.error
    visitors = control.visitors + treated.visitors
    return _outlook(error**2 * visitors, visitors, plan)


def _outlook(spread: float, visitors: int, plan: Plan) -> Outlook:
    if not spread > 0:
        return Outlook(inf, inf, inf)
    planned = max(1, round(plan.days * plan.per_day))
    needed = visitors_needed(plan.worth, spread, POWER, plan.days, plan.alpha)
    return Outlook(
        detectable(spread, planned, POWER, plan.days, plan.alpha), needed, days_needed(needed, plan.per_day, visitors)
    )
