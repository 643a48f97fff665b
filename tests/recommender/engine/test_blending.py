"""What several sources say of the same items, beside sums that are plain to see."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.engine.blending import (
    NO_LISTS,
    NO_NEAR,
    NO_VECTORS,
    NOTHING_TOLD,
    WEIGHTS,
    Alike,
    blend_similar,
    blend_together,
)
from recommender.models.compiling import sealed
from recommender.models.neighbours import NeighbourModel, Neighbours

ITEMS = 12
ROWS = st.integers(0, ITEMS - 1)
LISTS = st.lists(
    st.dictionaries(ROWS, st.tuples(st.floats(0.125, 2, width=32), st.integers(1, 9)), max_size=6),
    min_size=ITEMS,
    max_size=ITEMS,
)
SEEDS = st.lists(ROWS, min_size=1, max_size=4, unique=True)


def model(lists: list[dict[int, tuple[float, int]]]) -> NeighbourModel:
    return NeighbourModel.from_lists(
        [
            Neighbours(
                np.array([*found], np.int32),
                np.array([score for score, _ in found.values()], np.float32),
                np.array([support for _, support in found.values()], np.int32),
            )
            for found in lists
        ]
    )


@given(SEEDS, LISTS, LISTS)
@settings(max_examples=40, deadline=None)
def test_similar_adds_up_trusted_bonds_and_names_the_source_and_the_seed(
    seeds: list[int],
    views: list[dict[int, tuple[float, int]]],
    purchases: list[dict[int, tuple[float, int]]],
) -> None:
    parts: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    owed: dict[int, dict[int, float]] = defaultdict(dict)
    for seed in seeds:
        for column, lists in enumerate((views, purchases)):
            for row, (score, support) in lists[seed].items():
                said = float(WEIGHTS[column]) * min(score / 1.5, 1) * support / (support + 3)
                parts[row][column] += said
                owed[row][seed] = owed[row].get(seed, 0.0) + said

    strong, ones = sealed(np.full(2, 1.5, np.float32)), sealed(np.ones(ITEMS, np.float32))
    alike = Alike(model(views).sealed, model(purchases).sealed, strong, NO_NEAR, NO_NEAR, ones, ones)
    rows, scores, strongest, due, columns = blend_similar(np.array(seeds, np.int32), alike, NOTHING_TOLD)

    assert sorted(rows.tolist()) == sorted(parts)
    for row, score, source, seed, column in zip(rows.tolist(), scores, strongest, due, columns, strict=True):
        assert score == pytest.approx(sum(parts[row]), rel=1e-5)
        assert column[:2].tolist() == pytest.approx(parts[row], rel=1e-5)
        assert parts[row][source] == pytest.approx(max(parts[row]), rel=1e-5)
        assert owed[row][int(seed)] == pytest.approx(max(owed[row].values()), rel=1e-5)


@given(SEEDS, LISTS, LISTS, st.booleans())
@settings(max_examples=40, deadline=None)
def test_together_adds_up_bonds_and_asks_the_basket_of_several_seeds_only(
    seeds: list[int],
    orders: list[dict[int, tuple[float, int]]],
    basket: list[dict[int, tuple[float, int]]],
    against: bool,
) -> None:
    sign = -1 if against else 1
    basket = [{row: (sign * score, support) for row, (score, support) in found.items()} for found in basket]
    wanted: dict[int, float] = defaultdict(float)
    for seed in seeds:
        for row, (score, _) in orders[seed].items():
            wanted[row] += score / 2
        for row, (score, _) in basket[seed].items():
            wanted[row] += 2 * (len(seeds) - 1) * score / 4
    strong, ones = sealed(np.array([2, 1, 4], np.float32)), sealed(np.ones(ITEMS, np.float32))

    rows, columns, scores = blend_together(
        np.array(seeds, np.int32),
        (model(orders).sealed, NO_LISTS, model(basket).sealed),
        strong,
        NO_VECTORS,
        0.5,
        sealed(np.array([1.0, 0.5, 2.0], np.float32)),
        ones,
    )

    found = dict(zip(rows.tolist(), scores.tolist(), strict=True))
    for row, total in wanted.items():
        if abs(total) > 1e-5:
            assert (row in found) is (total > 0)
    for row, score in found.items():
        assert score == pytest.approx(wanted[row], abs=1e-5)
    np.testing.assert_allclose(columns.sum(axis=1), scores, atol=1e-5)
