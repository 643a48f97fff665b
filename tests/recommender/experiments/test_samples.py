"""The alarm when variants do not get their visitors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.experiments.samples import sample_ratio, sequential_ratio

FAIR = {"a": 1.0, "b": 1.0}


def test_one_look_has_the_p_value_of_chi_square() -> None:
    found = sample_ratio({"a": 60, "b": 40}, FAIR)
    # (60 - 50)² / 50 twice is 4: two standard deviations.
    assert found.p_value == pytest.approx(0.0455003)
    assert found.expected == {"a": 50.0, "b": 50.0}
    assert not found.alarm


def test_three_variants_have_two_degrees_of_freedom() -> None:
    found = sample_ratio({"a": 30, "b": 30, "c": 60}, {"a": 1, "b": 1, "c": 1})
    # 100 / 40 twice and 400 / 40 are 15; exp(-15 / 2).
    assert found.p_value == pytest.approx(0.000553084)
    assert found.alarm


def test_a_holdout_of_a_twentieth_is_expected_to_be_one() -> None:
    assert sample_ratio({"out": 500, "in": 9_500}, {"out": 0.05, "in": 0.95}).p_value == pytest.approx(1.0)


def test_the_sequential_evidence_is_that_of_a_mixture() -> None:
    # With half a visitor of prior on each side, two of two are 1.5 times as likely as in a fair split.
    assert sequential_ratio({"a": 2, "b": 0}, FAIR, planned=1).p_value == pytest.approx(2 / 3)
    assert sequential_ratio({"a": 1, "b": 0}, FAIR, planned=1).p_value == pytest.approx(1.0)


@pytest.mark.parametrize("test", [sample_ratio, sequential_ratio])
def test_51_to_49_of_100_000_alarms(test: type[sample_ratio]) -> None:
    assert test({"a": 51_000, "b": 49_000}, FAIR).alarm
    assert not test({"a": 50_100, "b": 49_900}, FAIR).alarm


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_names_and_order_make_no_difference(one: int, other: int) -> None:
    for test in (sample_ratio, sequential_ratio):
        assert test({"a": one, "b": other}, FAIR).p_value == pytest.approx(
            test({"b": one, "a": other}, FAIR).p_value, rel=1e-6
        )


def test_before_anybody_came_nothing_is_wrong() -> None:
    assert sample_ratio({}, FAIR).p_value == sequential_ratio({}, FAIR).p_value == 1.0


def test_visitors_of_a_variant_that_is_not_drawn_are_refused() -> None:
    with pytest.raises(InputError, match="with a weight only: a, b"):
        sample_ratio({"c": 1}, FAIR | {"c": 0.0})
