"""What a configuration lets visitors draw on one page, and how probable each outcome is. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import product
from math import prod
from typing import Final, NamedTuple

from recommender.configuration import Configuration
from recommender.errors import InputError
from recommender.experiments.experiment import PLACEMENT
from recommender.experiments.learned import NOTHING_LEARNED, Epoch, Learned, present
from recommender.experiments.trial import LEAST, Trial

MOST: Final = 64
"""Outcomes beyond which nobody works all of them out for each page."""


class Lot(NamedTuple):
    """One outcome."""

    chance: float
    variants: Mapping[str, str]
    """By experiment; who is outside one has none of its."""


def lots(
    configuration: Configuration,
    placements: Collection[str],
    now: datetime,
    logged: Mapping[str, tuple[str, float]] | None = None,
    learned: Learned = NOTHING_LEARNED,
) -> list[Lot]:
    """All that could be drawn for these placements at a moment; the chances add up to 1.

    Args:
        configuration: the shop's.
        placements: those of the page; experiments on others change nothing there.
        now: the moment.
        logged: variant and propensity by experiment, as they were drawn: where weights are known no longer, the other
            variants share what this leaves in proportion to theirs.
        learned: weights that experiments have learned.

    Raises:
        InputError: there are more than `MOST` outcomes, or an experiment shows two lists in one: of those every order
            that a coin brings about would be an outcome.
    """
    draws: defaultdict[str, list[Trial]] = defaultdict(list)
    for trial in configuration.trials:
        if trial.experiment.kind == PLACEMENT and trial.experiment.varied in placements and trial.runs(now):
            draws[trial.experiment.entrance].append(trial)
    both = [trial.experiment.id for trials in draws.values() for trial in trials if trial.experiment.interleave]
    if both:
        raise InputError("experiments", both[0], "leave out pages that show two lists in one")
    chances = {
        trial.experiment.id: _chances(trial, present(trial.experiment, learned, now), (logged or {}))
        for trials in draws.values()
        for trial in trials
    }
    outcomes = [_outcomes(trials, chances) for trials in draws.values()]
    if prod(map(len, outcomes)) > MOST:
        raise InputError("experiments", len(outcomes), f"a page may have {MOST} combinations of variants at most")
    return [
        Lot(prod(one.chance for one in parts), {id_: name for one in parts for id_, name in one.variants.items()})
        for parts in product(*outcomes)
    ]


def _outcomes(trials: Sequence[Trial], chances: Mapping[str, Mapping[str, float]]) -> list[Lot]:
    """Of one draw: a variant of one of its experiments, or none of them."""
    found = [
        Lot((trial.ends - trial.begins) * chance, {trial.experiment.id: name})
        for trial in trials
        for name, chance in chances[trial.experiment.id].items()
    ]
    outside = 1 - sum(trial.ends - trial.begins for trial in trials)
    return [*found, Lot(outside, {})] if outside > LEAST else found


def _chances(trial: Trial, epoch: Epoch | None, logged: Mapping[str, tuple[str, float]]) -> Mapping[str, float]:
    """Of the variants, for those who are in the experiment."""
    known = trial.chances if epoch is None else epoch.weights
    name, propensity = logged.get(trial.experiment.id, ("", 0.0))
    if name not in known:
        return known
    rest = 1 - known[name]
    others = {other: chance * (1 - propensity) / rest for other, chance in known.items() if other != name}
    return {other: others.get(other, propensity) for other in known}
