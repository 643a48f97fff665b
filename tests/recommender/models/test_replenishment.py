"""Pauses between purchases: averaged in logarithms, and leant on others where an item has few."""

import numpy as np
import pytest
from pydantic import ValidationError

from recommender.models.replenishment import ReplenishmentConfig, ReplenishmentModel
from tests.recommender.models.builders import END, Row, interactions
from tests.recommender.models.contract import ModelContract

DAY = 86_400
KINDS = np.array([0, 0, 1], np.int32)
"""Of the items a, b and c."""


def bought(person: str, item: str, *ages: float) -> list[Row]:
    return [Row(person, item, age=age) for age in ages]


def fit(*rows: Row, **settings: float) -> ReplenishmentModel:
    model = ReplenishmentModel.fit(interactions([*rows], "abc"), KINDS, ReplenishmentConfig(**settings))
    assert model is not None
    return model


class TestReplenishmentModel(ModelContract):
    @pytest.fixture
    def model(self) -> ReplenishmentModel:
        return fit(*bought("ann", "a", 30, 20, 10))


def test_without_leaning_an_item_has_the_geometric_mean_of_its_pauses() -> None:
    model = fit(*bought("ann", "a", 50, 40), *bought("bob", "a", 45, 5), usual_pauses=0)
    assert model.days[0] == pytest.approx(20)  # of 10 and 40


def test_an_item_leans_on_its_category_and_that_on_the_shop() -> None:
    """One pause of 8 days (a) and one of 2 (c): the shop's is 4, and each counts as much as what it leans on."""
    model = fit(*bought("ann", "a", 18, 10), *bought("bob", "c", 12, 10), usual_pauses=1)
    first, second = np.sqrt(8 * 4), np.sqrt(2 * 4)
    assert model.days == pytest.approx([np.sqrt(8 * first), first, np.sqrt(2 * second)])


def test_a_customer_leans_on_the_item() -> None:
    """Three purchases over 20 days are two pauses of 10; the item's 80 counts as one."""
    model = ReplenishmentModel(np.array([80.0], np.float32))
    pause = model.pause(0, 3, END - 20 * DAY, END, ReplenishmentConfig())
    assert pause == pytest.approx((10 * 10 * 80) ** (1 / 3))


def test_two_orders_of_one_day_make_no_pause_and_strangers_none_either() -> None:
    config = ReplenishmentConfig()
    assert ReplenishmentModel.fit(interactions([*bought("ann", "a", 10, 10)], "abc"), KINDS, config) is None
    both = [Row(None, "a", age=10), Row(None, "a", age=5), Row("ann", "a", age=10), Row("bob", "a", age=5)]
    assert ReplenishmentModel.fit(interactions(both, "abc"), KINDS, config) is None


def test_shares_must_rise() -> None:
    with pytest.raises(ValidationError, match="must rise"):
        ReplenishmentConfig(late_share=0.5)
