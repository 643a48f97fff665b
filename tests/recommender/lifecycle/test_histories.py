import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.lifecycle.histories import Purchases, Statistics

ORDERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.floats(0, 100)), min_size=1, max_size=40)


def purchases(*orders: tuple[int, int, float]) -> Purchases:
    customers, days, values = zip(*orders, strict=True)
    return Purchases.of(np.array(customers, np.int32), np.array(days, np.int32), np.array(values, np.float64))


def test_orders_of_one_day_are_one_purchase() -> None:
    found = purchases((0, 3, 5.0), (0, 3, 2.0), (1, 3, 1.0))
    assert (found.customers.tolist(), found.days.tolist(), found.values.tolist()) == ([0, 1], [3, 3], [7.0, 1.0])


def test_a_summary_counts_repeats_from_the_first_purchase_and_leaves_its_value_out() -> None:
    """Bought on days 2, 9 and 30 for 50, 10 and 20; at the end of day 37 x = 2, t_x = 28 and T = 35 days, m = 15."""
    found = purchases((0, 2, 50.0), (0, 9, 10.0), (0, 30, 20.0), (0, 40, 9.0), (1, 37, 8.0)).summary(37)
    x, last, age = found.statistics.numbers
    rows = found.statistics.rows
    assert found.customers.tolist() == [0, 1]
    assert (x[rows].tolist(), last[rows].tolist(), age[rows].tolist()) == ([2, 0], [4, 0], [5, 0])
    assert found.value[0] == 15.0
    assert np.isnan(found.value[1])


def test_a_value_in_another_currency_is_unknown_and_not_nothing() -> None:
    nan = float("nan")
    found = purchases((0, 1, 5.0), (0, 2, nan), (0, 3, 20.0), (1, 1, nan), (1, 2, nan)).summary(3)
    assert found.value[0] == 20.0
    assert np.isnan(found.value[1])


@given(ORDERS)
def test_rows_stand_for_all_customers(orders: list[tuple[int, int, float]]) -> None:
    known = purchases(*orders)
    found = known.summary(40).statistics
    assert found.customers.sum() == len({customer for customer, _, _ in orders})
    assert (found.customers @ (found.repeats + 1)) == len({(customer, day) for customer, day, _ in orders})
    assert (found.last <= found.age).all()
    assert len(found) == len({*zip(found.repeats, found.last, found.age, strict=True)})


@given(ORDERS, st.integers(0, 40))
def test_what_was_known_and_what_came_after_is_everything(orders: list[tuple[int, int, float]], day: int) -> None:
    known = purchases(*orders)
    assert len(known.until(day)) + len(known.after(day, 40)) == len(known)


def test_coarse_histories_keep_customers_and_round_their_times() -> None:
    numbers = (np.array(pair, np.int32) for pair in ([1, 1, 1], [6, 8, 8], [15, 13, 13]))
    found = Statistics.of(*numbers).coarse(10)
    assert (found.repeats.tolist(), found.last.tolist(), found.age.tolist()) == ([1], [7], [14])
    assert found.customers.tolist() == [3]
    assert found.rows.tolist() == [0, 0, 0]


def test_weeks_are_gathered_until_few_enough_histories_are_left() -> None:
    days = np.arange(0, 700, 7, dtype=np.int32)
    found = Statistics.of(np.ones(100, np.int32), days, np.full(100, 700, np.int32)).coarse(30)
    assert 10 < len(found) <= 30
    assert np.abs(found.last[found.rows] - days).max() <= 14
    assert found.customers.sum() == 100
