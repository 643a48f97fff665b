"""Variants come down to few numbers, which add up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recommender.errors import InputError
from recommender.experiments.moments import BLOCK, Moments

TABLE = {"revenue": [1.0, 2.0, 3.0, 6.0], "orders": [0.0, 1.0, 1.0, 2.0]}
columns = arrays.arrays(np.float64, st.tuples(st.integers(1, 30), st.just(2)), elements=st.floats(-1e6, 1e6))


def of(table: np.ndarray) -> Moments:
    return Moments.of({"revenue": table[:, 0], "orders": table[:, 1]})


def same(one: Moments, other: Moments) -> bool:
    scale = 1 + np.abs(one.scatter).max() + one.visitors * np.square(one.means).max()
    return (
        (one.columns, one.visitors) == (other.columns, other.visitors)
        and np.allclose(one.means, other.means, atol=1e-6)
        and bool((np.abs(one.scatter - other.scatter) < 1e-9 * scale).all())
    )


def test_moments_are_means_and_sums_of_products_of_deviations() -> None:
    found = Moments.of(TABLE)
    assert found.visitors == 4
    assert found.means.tolist() == [3.0, 1.0]
    assert found.scatter.tolist() == [[14.0, 5.0], [5.0, 2.0]]
    assert found.covariance(found.weights({"revenue": 1.0}), found.weights({"orders": 1.0})) == pytest.approx(5 / 3)


def test_sums_of_a_database_give_the_same() -> None:
    assert same(Moments.of_sums(["revenue", "orders"], 4, [12.0, 4.0], [[50.0, 17.0], [17.0, 6.0]]), Moments.of(TABLE))


def test_a_line_that_counts_three_times_is_three_lines() -> None:
    once = {name: [*values, values[-1], values[-1]] for name, values in TABLE.items()}
    assert same(Moments.of(TABLE, times=[1, 1, 1, 3]), Moments.of(once))


@given(columns, columns, columns)
def test_parts_add_up_to_the_whole_in_any_order(one: np.ndarray, other: np.ndarray, third: np.ndarray) -> None:
    whole = of(np.concatenate([one, other, third]))
    assert same(whole, of(one) + of(other) + of(third))
    assert same(whole, of(third) + (of(one) + of(other)))


def test_nobody_adds_nothing() -> None:
    nobody = of(np.empty((0, 2)))
    assert nobody.visitors == 0
    assert same(nobody + Moments.of(TABLE), Moments.of(TABLE))
    assert same(Moments.of(TABLE) + nobody, Moments.of(TABLE))


def test_large_amounts_keep_their_digits() -> None:
    far = Moments.of({"revenue": [1e9 + 1, 1e9 + 2, 1e9 + 3]})
    assert (far + far).scatter[0, 0] == pytest.approx(4.0)


def test_of_conversions_the_converted_are_behind_the_mean_and_one_who_spends_most_is_alone() -> None:
    found = Moments.of({"bought": [0, 1, 1, 0], "revenue": [0, 1e9, 1, 0]})
    assert found.effective("bought") == pytest.approx(2.0)
    assert found.effective("revenue") == pytest.approx(1.0)


def test_json_keeps_everything() -> None:
    assert same(Moments.of_json(Moments.of(TABLE).to_json()), Moments.of(TABLE))


def test_other_columns_are_refused() -> None:
    with pytest.raises(InputError, match="same columns"):
        Moments.of(TABLE) + Moments.of({"revenue": [1.0]})
    with pytest.raises(InputError, match="use one of revenue, orders"):
        Moments.of(TABLE).mean("profit")


def test_of_more_visitors_than_are_read_at_once_none_is_lost() -> None:
    table = np.random.default_rng(1).gamma(2, 50, (2 * BLOCK + 77, 2))
    found, times = of(table), np.arange(len(table)) % 3
    assert found.visitors == len(table)
    assert found.means == pytest.approx(table.mean(axis=0))
    assert found.scatter / (len(table) - 1) == pytest.approx(np.cov(table.T))
    counted = Moments.of({"revenue": table[:, 0], "orders": table[:, 1]}, times)
    assert same(counted, of(np.repeat(table, times, axis=0)))
