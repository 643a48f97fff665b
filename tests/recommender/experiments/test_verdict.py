"""What may be said."""

from math import inf
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.experiments.difference import Interval
from recommender.experiments.verdict import Answer, Because, Verdict, judge


def said(low: float, high: float, **changes: Any) -> Verdict:
    return judge(Interval(low, high), **({"behind": 500.0, "worth": 0.5, "alarm": False} | changes))


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.1, 0.9, Answer.GAIN),
        (-0.9, -0.1, Answer.LOSS),
        (-0.2, 0.3, Answer.NO_DIFFERENCE_WORTH),
        (-0.2, 0.6, Answer.CANNOT_TELL_YET),
        (-0.6, 0.2, Answer.CANNOT_TELL_YET),
        (0.0, 0.9, Answer.CANNOT_TELL_YET),
    ],
)
def test_the_interval_decides(low: float, high: float, answer: Answer) -> None:
    assert said(low, high).answer is answer


def test_less_is_better_of_a_bounce_rate() -> None:
    assert said(0.1, 0.9, more_is_better=False).answer is Answer.LOSS
    assert said(-0.9, -0.1, more_is_better=False).answer is Answer.GAIN


@given(st.floats(-10, 10), st.floats(0, 10), st.floats(0, 5), st.one_of(st.none(), st.floats(0, 1)))
def test_nothing_is_claimed_while_the_sample_ratio_alarms(
    low: float, more: float, worth: float, p: float | None
) -> None:
    verdict = said(low, low + more, worth=worth, p_value=p, alarm=True)
    assert (verdict.answer, verdict.because) == (Answer.CANNOT_TELL_YET, Because.SAMPLE_RATIO)
    assert "did not get the visitors they should have" in verdict.words("profit per visitor")


@given(st.floats(-10, 10), st.floats(0, 10))
def test_where_every_difference_counts_none_is_ruled_out(low: float, more: float) -> None:
    assert said(low, low + more, worth=0.0).answer is not Answer.NO_DIFFERENCE_WORTH


def test_too_few_orders_tell_nothing() -> None:
    assert said(0.1, 0.9, behind=99.9).because is Because.TOO_FEW
    assert said(-inf, inf).because is Because.TOO_FEW


def test_one_of_many_metrics_needs_its_corrected_p_value() -> None:
    verdict = said(0.1, 0.9, p_value=0.06, days=3.0)
    assert (verdict.answer, verdict.because) == (Answer.CANNOT_TELL_YET, Because.CORRECTION)
    assert said(0.1, 0.9, p_value=0.04).answer is Answer.GAIN


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (said(0.1, 0.9), "Gain in profit: the difference lies between +0.1 EUR and +0.9 EUR."),
        (said(-0.9, -0.1), "Loss in profit: the difference lies between -0.9 EUR and -0.1 EUR."),
        (
            said(-0.2, 0.3),
            "No difference in profit that is worth 0.5 EUR or more: it lies between -0.2 EUR and +0.3 EUR.",
        ),
        (
            said(-0.2, 0.6, days=3.0),
            "Cannot tell yet whether profit differs: it may be anything from -0.2 EUR to +0.6 EUR. "
            "At the present rate, 3 more days are needed.",
        ),
        (
            said(-0.2, 0.6, days=inf),
            "Cannot tell yet whether profit differs: it may be anything from -0.2 EUR to +0.6 EUR. "
            "At the present rate it never will be told.",
        ),
        (said(0, 1, behind=3), "Cannot tell yet whether profit differs: too few visitors or orders are behind it."),
        (
            said(0.1, 0.9, p_value=0.06, days=1.0),
            "Cannot tell yet whether profit differs: between +0.1 EUR and +0.9 EUR, but one of as many metrics "
            "looks like that by chance. At the present rate, 1 more day is needed.",
        ),
    ],
)
def test_each_answer_has_its_words(verdict: Verdict, words: str) -> None:
    assert verdict.words("profit", " EUR") == words


def test_lifts_are_told_as_percentages() -> None:
    assert (
        said(0.01, 0.054).words("conversion", "%")
        == "Gain in conversion: the difference lies between +1.00 % and +5.40 %."
    )


def test_a_difference_below_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="worth"):
        said(0, 1, worth=-1.0)
