"""What a shop's orders say of categories and of likeness."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.catalog.labels import Labels
from recommender.engine.habits import MOST, alike_together, category_bonds
from recommender.models.content import ContentModel
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourModel, Neighbours
from tests.recommender.engine.shops import models, snapshot


def lists(*pairs: tuple[int, int, int], size: int = 4) -> NeighbourModel:
    """Pairs of rows with their support, both ways."""
    found: dict[int, list[tuple[int, int]]] = {row: [] for row in range(size)}
    for first, second, support in pairs:
        found[first].append((second, support))
        found[second].append((first, support))
    columns = [np.array([*zip(*near, strict=True)] or [[], []], np.int32) for near in found.values()]
    return NeighbourModel.from_lists([Neighbours(rows, counts.astype(np.float32), counts) for rows, counts in columns])


def habit(orders: NeighbourModel, people: NeighbourModel) -> float:
    """Rows 0 and 1 are described alike, 2 and 3 otherwise."""
    vectors = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    content = ContentModel(vectors, np.zeros(0, np.float32), np.zeros((0, 3), np.float32))
    return alike_together(replace(Models.empty(), bought_together=orders, purchases=people, content=content))


def test_where_alike_items_come_in_one_order_likeness_speaks_for_them() -> None:
    people = lists((0, 1, 1000), (2, 3, 1000))

    # Of 1000 people half bought the unlike pair in one order, all the alike one: 0.75 are usual.
    # Per direction (2 * 1000 + 200 * 0.75) / (2 * 1000 + 200) / 0.75 - 1 = 0.303.
    assert habit(lists((0, 1, 1000), (2, 3, 500)), people) == pytest.approx(2150 / 2200 / 0.75 - 1)


def test_where_alike_items_come_one_after_the_other_they_are_substitutes() -> None:
    people = lists((0, 1, 1000), (2, 3, 1000))

    assert habit(lists((0, 1, 10), (2, 3, 900)), people) == -MOST


def test_a_few_orders_prove_no_habit() -> None:
    assert abs(habit(lists((0, 1, 2), (2, 3, 1)), lists((0, 1, 2), (2, 3, 2)))) < 0.01


def test_a_shop_without_orders_has_no_habit() -> None:
    assert alike_together(Models.empty()) == 0
    assert habit(lists(), lists()) == 0


def test_categories_that_meet_in_orders_are_bound() -> None:
    labels = Labels(np.array([0, 1, 0, -1], np.int32), ("a", "b"))
    shop = replace(Models.empty(), bought_together=lists((0, 1, 10), (1, 2, 10), (2, 3, 50)))

    # Two pairs of 10 orders: a and b meet 20 times where 20 * 20 / 40 were to be expected, and 5 by chance.
    np.testing.assert_allclose(category_bonds(labels, shop), [[0, 20 / 15], [20 / 15, 0]], rtol=1e-6)


def test_without_orders_no_category_goes_with_another() -> None:
    assert not category_bonds(snapshot().table.category, replace(models(), bought_together=None)).any()
