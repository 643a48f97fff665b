import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.events.identity import person_of_customer, person_of_visitor
from recommender.models.histories import HistoryConfig, HistoryModel, customer_key, visitor_key
from tests.recommender.models.builders import END, Row, interactions
from tests.recommender.models.contract import ModelContract

ANN, BROWSER = customer_key("ann"), visitor_key("b1")
DAY = 86_400


def fit(*rows: Row, **settings: float) -> HistoryModel:
    return HistoryModel.fit(interactions([*rows]), HistoryConfig(**settings))


class TestHistoryModel(ModelContract):
    @pytest.fixture
    def model(self) -> HistoryModel:
        return fit(Row(ANN, "a"), Row(ANN, "b", "view_item"), Row(BROWSER, "a", "view_item"))


class TestHistoriesOfNobody(ModelContract):
    @pytest.fixture
    def model(self) -> HistoryModel:
        return fit(Row(None, "a"))


def test_people_are_looked_up_as_the_log_names_them() -> None:
    assert customer_key("7") == person_of_customer("7")
    assert visitor_key("7") == person_of_visitor("7")


def test_the_account_is_found_before_the_browser() -> None:
    model = fit(Row(ANN, "a"), Row(BROWSER, "b"))
    ann, browser = model.person(customer_id="ann"), model.person(visitor_id="b1")

    assert ann != browser
    assert model.person(visitor_id="b1", customer_id="ann") == ann
    assert model.person(visitor_id="b1", customer_id="eve") == browser
    assert model.person(visitor_id="ann") is None


def test_a_history_is_oldest_first() -> None:
    model = fit(Row(ANN, "b", "view_item", age=1), Row(ANN, "a", age=2))
    history = model.history(0)

    assert history.item_rows.tolist() == [0, 1]
    assert history.timestamps.tolist() == [END - 2 * DAY, END - DAY]


def test_a_long_history_keeps_its_latest_rows() -> None:
    model = fit(*(Row(ANN, item, age=age) for age, item in enumerate("edcba")), Row(BROWSER, "a"), max_rows=2)

    assert model.history(0).item_rows.tolist() == [3, 4]
    assert model.history(1).item_rows.tolist() == [0]


def test_purchases_are_counted_by_order_and_decay() -> None:
    model = fit(
        Row(ANN, "a", age=0, order=2),
        Row(ANN, "a", age=0, order=2),
        Row(ANN, "a", age=90, order=1),
        Row(ANN, "b", age=90, order=1),
        half_life_days=90,
    )
    bought = model.purchases(0)

    assert bought.item_rows.tolist() == [0, 1]
    assert bought.counts.tolist() == [2, 1]
    assert bought.last.tolist() == [END, END - 90 * DAY]
    assert bought.first.tolist() == [END - 90 * DAY, END - 90 * DAY]
    np.testing.assert_allclose(bought.scores, [1.5, 0.5])


def test_of_two_items_bought_as_often_the_better_seller_comes_first() -> None:
    rows = interactions([Row(ANN, "a"), Row(ANN, "b")])

    bought = HistoryModel.fit(rows, HistoryConfig(popularity=0.5), np.array([2.0, 4.0], np.float32)).purchases(0)

    assert bought.item_rows.tolist() == [1, 0]
    np.testing.assert_allclose(bought.scores, [1.5, 1.25])


def test_purchases_without_an_order_are_counted_by_day() -> None:
    bought = fit(Row(ANN, "a", age=0.1), Row(ANN, "a", age=0.2), Row(ANN, "a", age=5)).purchases(0)

    assert bought.counts.tolist() == [2]


def test_views_are_no_purchases() -> None:
    assert not len(fit(Row(ANN, "a", "view_item")).purchases(0).item_rows)


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("abc"), st.integers(0, 9)), max_size=30))
def test_every_purchase_is_found_again(rows: list[tuple[str, str, int]]) -> None:
    model = fit(*(Row(visitor_key(who), item, age=age, order=age) for who, item, age in rows))

    for who in {who for who, _, _ in rows}:
        bought = model.purchases(model.person(visitor_id=who) or 0)
        expected = {(item, age) for other, item, age in rows if other == who}
        assert bought.counts.sum() == len(expected)
        assert (np.diff(bought.scores) <= 0).all()
