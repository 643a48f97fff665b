"""All metrics of one variant against the control: differences, intervals, corrections and verdicts in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from recommender.errors import InputError
from recommender.experiments import correction, sequential
from recommender.experiments.difference import ALPHA, Difference, Interval, Metric, difference
from recommender.experiments.moments import Moments
from recommender.experiments.samples import SampleRatio, sequential_ratio
from recommender.experiments.strata import combined
from recommender.experiments.verdict import Verdict, judge


class Question(NamedTuple):
    """One metric, and what is asked of it."""

    name: str
    metric: Metric
    worth: float = 0.0
    """The least lift that matters, as a share of the control's value."""
    more_is_better: bool = True
    decides: bool = False
    """Those that decide are corrected by Holm, the long list of others by Benjamini and Hochberg."""


@dataclass(frozen=True)
class Answered:
    """What may be said of one metric."""

    question: Question
    difference: Difference
    interval: Interval
    """Of the absolute difference; for looking every day."""
    lift: Interval
    p_value: float
    """Always valid, for all variants that are compared with the control."""
    corrected: float
    """For the other questions of its kind."""
    verdict: Verdict


@dataclass(frozen=True)
class Results:
    """Of one variant against the control."""

    ratio: SampleRatio
    answers: tuple[Answered, ...]


def results(
    variants: Mapping[str, Moments],
    questions: Sequence[Question],
    *,
    weights: Mapping[str, float],
    planned: int,
    days: Mapping[str, float] | None = None,
    comparisons: int = 1,
    ratio: SampleRatio | None = None,
    stretches: Sequence[Mapping[str, Moments]] = (),
) -> Results:
    """Answer every question.

    Args:
        variants: the control first, then the treated one.
        questions: metrics, over the columns of the moments.
        weights: how often each of the two is drawn, relative to the other.
        planned: visitors of both at the end.
        days: still needed, by question, where that is known (:mod:`.outlook`).
        comparisons: variants that are compared with this control; each may err only its part of the times.
        ratio: of all variants of the experiment, where there are more than these two; left out: of these.
        stretches: the same visitors by stretches of equal weights, each compared within itself; left out: one.
    """
    if len(variants) != 2:
        raise InputError("variants", [*variants], "compare two: the control and one that is treated")
    control, treated = variants.values()
    counts = {name: one.visitors for name, one in variants.items()}
    ratio = ratio or sequential_ratio(counts, weights, planned)
    parts = [(first, second) for first, second in (one.values() for one in stretches)] or [(control, treated)]
    found = [_difference(parts, question.metric) for question in questions]
    alpha = ALPHA / comparisons
    p_values = [min(1.0, comparisons * sequential.p_value(one.absolute, one.visitors, planned, alpha)) for one in found]
    corrected = _corrected(questions, p_values)
    answers = []
    for question, one, p_value, adjusted in zip(questions, found, p_values, corrected, strict=True):
        interval = sequential.interval(one.absolute, one.visitors, planned, alpha)
        verdict = judge(
            interval,
            behind=one.behind,
            worth=question.worth * abs(one.control) if one.absolute.known else 0.0,
            alarm=ratio.alarm,
            more_is_better=question.more_is_better,
            p_value=adjusted,
            alpha=ALPHA,
            days=(days or {}).get(question.name),
        )
        lift = sequential.interval(one.relative, one.visitors, planned, alpha)
        answers.append(Answered(question, one, interval, lift, p_value, adjusted, verdict))
    return Results(ratio, tuple(answers))


def _difference(parts: Sequence[tuple[Moments, Moments]], metric: Metric) -> Difference:
    """Over the stretches that tell something."""
    found = [difference(control, treated, metric) for control, treated in parts]
    telling = [one for one in found if one.absolute.known]
    return combined(telling) if len(telling) > 1 else (telling or found)[0]


def _corrected(questions: Sequence[Question], p_values: Sequence[float]) -> list[float]:
    found = [1.0] * len(questions)
    for decides, correct in ((True, correction.holm), (False, correction.benjamini_hochberg)):
        places = [at for at, question in enumerate(questions) if question.decides == decides]
        for at, value in zip(places, correct([p_values[at] for at in places]), strict=True):
            found[at] = value
    return found
