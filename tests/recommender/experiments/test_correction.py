"""P-values of many metrics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.experiments.correction import benjamini_hochberg, holm

p_values = st.lists(st.floats(0, 1), max_size=12)


def test_holm_multiplies_the_least_by_all_and_the_next_by_one_fewer() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_benjamini_and_hochberg_multiply_by_all_and_divide_by_rank() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])


@given(p_values)
def test_adjusted_values_keep_the_order_and_never_claim_more(values: list[float]) -> None:
    careful, loose = holm(values), benjamini_hochberg(values)
    for at, value in enumerate(values):
        assert value <= loose[at] + 1e-12
        assert loose[at] <= careful[at] + 1e-12 <= 1 + 1e-9
        assert all(careful[at] <= careful[other] for other, more in enumerate(values) if value < more)


def test_one_value_stays_as_it_is() -> None:
    assert holm([0.2]) == benjamini_hochberg([0.2]) == [0.2]
    assert holm([]) == []
