"""What visitors tell of the variants of an experiment, and the weights that follow from it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np

from recommender.experiments.difference import Metric, variance
from recommender.experiments.experiment import Experiment, Goal
from recommender.experiments.learned import Epoch
from recommender.experiments.moments import Moments
from recommender.experiments.thompson import Amounts, Counts, learned_weights

Knowledge = dict[str, Counts] | dict[str, Amounts]

LEAST_VISITORS, LEAST_BUYERS = 100, 20
"""Of each variant before anything is learned; buyers where amounts are compared, whose mean is then about normal."""
LEAST_CHANGE = 0.01
"""Weights of which none changes by as much stay: whoever returns keeps their variant."""
LEAD = timedelta(minutes=1)
"""How long before they hold weights are there: until then every process has seen them."""


def known(stretches: Sequence[Mapping[str, Moments]], goal: Goal, column: str) -> Knowledge | None:
    """What the visitors of several stretches tell of each variant; None: too little yet.

    A variant's mean is that of its stretches, each counting by the visitors of all variants: where it was drawn more
    often while more was bought anyway, its own visitors would praise it. Such a mean is as exact as that of
    `1 / sum(share ** 2 / visitors)` visitors of one stretch.

    Args:
        stretches: of equal weights, each with the same variants, of all of which somebody came.
        goal: what is to be learned.
        column: what of the moments tells it.
    """
    if not stretches:
        return None
    visitors = np.array([[one.visitors for one in part.values()] for part in stretches], np.float64)
    means = np.array([[one.mean(column) for one in part.values()] for part in stretches])
    shares = visitors.sum(axis=1, keepdims=True) / visitors.sum()
    mean, equal = (shares * means).sum(axis=0), 1 / (shares**2 / visitors).sum(axis=0)
    if visitors.sum(axis=0).min() < LEAST_VISITORS:
        return None
    names = [*stretches[0]]
    if goal is not Goal.PROFIT:
        return {name: Counts(float(hit * of), float(of)) for name, hit, of in zip(names, mean, equal, strict=True)}
    whole = [_whole([part[name] for part in stretches]) for name in names]
    if min(round(one.effective("converted")) for one in whole) < LEAST_BUYERS:
        return None
    spread = np.array([variance(one, Metric(column)) for one in whole])
    if not (spread > 0).all():
        return None
    errors = np.sqrt(spread / equal)
    return {name: Amounts(float(m), float(error)) for name, m, error in zip(names, mean, errors, strict=True)}


def next_epoch(experiment: Experiment, before: Epoch | None, found: Knowledge | None, now: datetime) -> Epoch | None:
    """The epoch that what is known asks for; None: what holds stays.

    Args:
        experiment: with what it is to learn.
        before: the last epoch that was learned.
        found: see :func:`known`.
        now: the moment.
    """
    learn = experiment.learn
    if learn is None or found is None or (before is not None and now < before.starts + learn.period - 2 * LEAD):
        return None
    weights = learned_weights(found, learn.floor)
    held = experiment.chances if before is None else before.weights
    if max(abs(weight - held.get(name, 0.0)) for name, weight in weights.items()) < LEAST_CHANGE:
        return None
    return Epoch((now + 2 * LEAD).replace(second=0, microsecond=0), weights)


def _whole(parts: Sequence[Moments]) -> Moments:
    whole, *others = parts
    for one in others:
        whole += one
    return whole
