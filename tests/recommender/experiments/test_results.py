"""All metrics of an experiment at once."""

from math import inf

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.experiments import sequential
from recommender.experiments.difference import Metric
from recommender.experiments.moments import Moments
from recommender.experiments.outlook import Plan, before, during
from recommender.experiments.power import power
from recommender.experiments.results import Question, Results, results
from recommender.experiments.verdict import Answer, Because

FAIR = {"plain": 1.0, "offer": 1.0}
QUESTIONS = (
    Question("conversion", Metric("bought"), decides=True),
    Question("profit", Metric("profit", counted=("bought",)), decides=True),
    Question("visits", Metric("visits"), worth=0.05),
)


def variant(visitors: int, buyers: int, each: float) -> Moments:
    """Buyers bring an amount each; every second visitor came twice."""
    bought = np.arange(visitors) < buyers
    return Moments.of({"bought": bought, "profit": bought * each, "visits": 1 + np.arange(visitors) % 2})


def told(control: Moments, treated: Moments) -> Results:
    return results({"plain": control, "offer": treated}, QUESTIONS, weights=FAIR, planned=100_000)


def test_an_offer_may_gain_buyers_lose_profit_and_leave_visits_alone() -> None:
    found = told(variant(50_000, 5_000, 20.0), variant(50_000, 5_600, 15.0))
    assert [one.verdict.answer for one in found.answers] == [Answer.GAIN, Answer.LOSS, Answer.NO_DIFFERENCE_WORTH]
    assert found.answers[1].difference.relative.value == pytest.approx(5_600 * 15 / (5_000 * 20) - 1)
    assert found.answers[0].lift.low < 0.12 < found.answers[0].lift.high
    assert not found.ratio.alarm


def test_nothing_is_claimed_when_visitors_are_lost() -> None:
    found = told(variant(50_000, 5_000, 20.0), variant(47_000, 5_600, 15.0))
    assert {one.verdict.because for one in found.answers} == {Because.SAMPLE_RATIO}
    assert {one.verdict.answer for one in found.answers} == {Answer.CANNOT_TELL_YET}


def test_deciding_metrics_are_corrected_among_themselves() -> None:
    conversion, profit, visits = told(variant(50_000, 5_000, 20.0), variant(50_000, 5_400, 19.0)).answers
    assert conversion.corrected == pytest.approx(min(1.0, 2 * conversion.p_value))
    assert profit.corrected == pytest.approx(max(profit.p_value, conversion.corrected))
    assert visits.corrected == visits.p_value
    assert conversion.interval == sequential.interval(conversion.difference.absolute, 100_000, 100_000)


def test_of_several_variants_each_may_err_only_its_part_of_the_times() -> None:
    control, treated = variant(50_000, 5_000, 20.0), variant(50_000, 5_400, 19.0)
    variants = {"plain": control, "offer": treated}
    found = results(variants, QUESTIONS[:1], weights=FAIR, planned=100_000, comparisons=3).answers[0]
    effect = found.difference.absolute
    assert found.interval == sequential.interval(effect, 100_000, 100_000, 0.05 / 3)
    assert found.p_value == 3 * sequential.p_value(effect, 100_000, 100_000, 0.05 / 3)
    assert (found.p_value < 0.05) == (not found.interval.low < 0 < found.interval.high)
    longer = during(control, treated, QUESTIONS[0].metric, Plan(28, 1000, 0.001, alpha=0.05 / 3)).days
    assert longer > during(control, treated, QUESTIONS[0].metric, Plan(28, 1000, 0.001)).days


def test_two_variants_are_compared_at_a_time() -> None:
    with pytest.raises(InputError, match="variants"):
        results({"plain": variant(9, 1, 1.0)}, QUESTIONS, weights=FAIR, planned=100)


def test_before_anybody_came_nothing_can_be_told() -> None:
    found = told(variant(0, 0, 1.0), variant(0, 0, 1.0))
    assert {one.verdict.because for one in found.answers} == {Because.TOO_FEW}


def test_the_outlook_before_and_during_a_test() -> None:
    metric, plan = Metric("bought"), Plan(days=14, per_day=1_000, worth=0.02)
    history = variant(10_000, 1_000, 20.0)
    found = before(history, metric, plan)
    variance = 0.1 * 0.9 * 10_000 / 9_999
    assert power(0.02, 4 * variance, found.needed, looks=14) == pytest.approx(0.8, abs=1e-3)
    assert power(found.detectable, 4 * variance, 14_000, looks=14) == pytest.approx(0.8, abs=1e-3)
    assert found.days == -(-found.needed // 1_000)
    later = during(variant(4_000, 400, 20.0), variant(4_000, 400, 20.0), metric, plan)
    assert later.needed == pytest.approx(found.needed, rel=1e-3)
    assert later.days == found.days - 8


def test_of_a_shop_where_nobody_bought_nothing_is_foretold() -> None:
    metric, plan, nobody = Metric("bought"), Plan(14, 1_000, 0.02), variant(100, 0, 1.0)
    assert {*before(nobody, metric, plan), *during(nobody, nobody, metric, plan)} == {inf}
    assert {*during(variant(0, 0, 1.0), nobody, metric, plan)} == {inf}


def test_a_small_holdout_sees_less() -> None:
    history, metric = variant(10_000, 1_000, 20.0), Metric("bought")
    half, twentieth = (before(history, metric, Plan(14, 1_000, 0.02, share)) for share in (0.5, 0.95))
    assert twentieth.detectable > 2 * half.detectable
    assert twentieth.days > 5 * half.days
