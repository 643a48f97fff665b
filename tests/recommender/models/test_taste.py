import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recommender.models.cooccurrence import Baskets
from recommender.models.factors import FactorConfig, FactorModel
from recommender.models.neighbours import NeighbourConfig, NeighbourModel
from recommender.models.taste import NORMALISED, PLAIN, TasteConfig, TasteModel, choose
from recommender.models.taste.choosing import highest
from recommender.models.taste.filtered import Filtered
from recommender.models.taste.sources import chosen
from tests.recommender.models.contract import ModelContract
from tests.recommender.models.test_cooccurrence import baskets

ONLY_FILTER = TasteConfig(filters=(PLAIN,), shares=(0.0,), half_lives_days=(90.0,), factor_shares=(0.0,))
PEOPLE = baskets("ab", "abc", "bcd", "cd", "aef", "ef", "be")


class TestTaste(ModelContract):
    @pytest.fixture
    def model(self) -> TasteModel:
        return TasteModel.fit(PEOPLE, ONLY_FILTER)


def ease(choices: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    inverse = np.linalg.inv(choices.T @ choices + ridge * np.eye(choices.shape[1]))
    bonds: NDArray[np.float64] = -inverse / np.diag(inverse)
    np.fill_diagonal(bonds, 0)
    return bonds


def test_the_plain_filter_with_all_directions_is_ease() -> None:
    choices = chosen(PEOPLE).toarray()
    squares = np.linalg.svd(choices, compute_uv=False) ** 2

    filtered = Filtered.fit(chosen(PEOPLE), ONLY_FILTER)

    found = filtered.left @ filtered.right.T
    np.fill_diagonal(found, 0)
    np.testing.assert_allclose(found, ease(choices, float(squares[squares > 1e-9].mean())), atol=1e-5)


def test_bonds_are_the_best_of_the_filter_and_none_is_below_zero() -> None:
    squares = np.linalg.svd(chosen(PEOPLE).toarray(), compute_uv=False) ** 2
    exact = ease(chosen(PEOPLE).toarray(), float(squares[squares > 1e-9].mean()))

    model = TasteModel.fit(PEOPLE, ONLY_FILTER)

    for row in range(6):
        near = model.bonds.neighbours(row)
        assert set(near.rows.tolist()) == set(np.flatnonzero(exact[row] > 1e-6).tolist())
        np.testing.assert_allclose(near.scores / near.scores[0], exact[row][near.rows] / exact[row].max(), rtol=1e-3)


def test_direct_bonds_are_added_and_bring_their_support() -> None:
    model = TasteModel.fit(PEOPLE, TasteConfig(filters=(PLAIN,), shares=(1000.0,)))
    direct = NeighbourModel.fit(PEOPLE, NeighbourConfig())

    near = model.bonds.neighbours(0)

    assert near.rows[: len(direct.neighbours(0).rows)].tolist() == direct.neighbours(0).rows.tolist()
    assert near.support[0] == direct.neighbours(0).support[0]


def test_the_filter_joins_what_nobody_chose_together() -> None:
    model = TasteModel.fit(
        baskets("ab", "ab", "bc", "bc", "cd", "cd"), TasteConfig(filters=(NORMALISED,), shares=(0.0,), dimensions=1)
    )

    near = model.bonds.neighbours(0)

    assert 2 in near.rows
    assert near.support[near.rows == 2] == 0


@given(st.lists(st.lists(st.integers(-3, 3), min_size=4, max_size=4), min_size=1, max_size=5), st.integers(1, 4))
def test_the_highest_come_first_and_ties_by_place(rows: list[list[int]], size: int) -> None:
    found = highest(np.array(rows, np.float64), size).tolist()

    assert found == [sorted(range(4), key=lambda place, row=row: (-row[place], place))[:size] for row in rows]


def test_few_people_leave_the_first_filter_and_an_even_share() -> None:
    settled = choose(PEOPLE, TasteConfig(), unneeded)

    assert (settled.filters, settled.shares, settled.half_lives_days) == ((PLAIN,), (1.0,), (90.0,))


def factorised(people: Baskets) -> FactorModel:
    ones, config = np.ones(len(people.item_rows), np.float32), FactorConfig(dimensions=4)
    return FactorModel.fit(people.basket_rows, people.item_rows, ones, items=people.items, config=config)


def unneeded(people: Baskets) -> FactorModel:
    raise AssertionError("nothing is to be chosen by vectors")


def crowd(seed: int = 0) -> Baskets:
    """Two hundred people of two tastes, who choose eight of twenty items each."""
    draw = np.random.default_rng(seed)
    people = [draw.choice(20, 8, replace=False) + 20 * (person % 2) for person in range(200)]
    rows = np.concatenate(people).astype(np.int32)
    return Baskets.build(
        np.repeat(np.arange(200, dtype=np.int32), 8),
        rows,
        np.arange(len(rows), dtype=np.int64),
        np.ones(len(rows), np.float32),
        items=40,
    )


def test_later_choices_settle_what_was_left_open() -> None:
    config = TasteConfig()

    settled = choose(crowd(), config, factorised)

    assert not settled.open
    assert settled.filters[0] in config.filters
    assert settled.shares[0] in config.shares
    assert settled == choose(crowd(), config, factorised)


def test_bonds_stay_within_a_taste() -> None:
    model = TasteModel.fit(crowd(), TasteConfig(filters=(NORMALISED,), shares=(1.0,)))

    assert all((model.bonds.neighbours(row).rows[:10] // 20 == row // 20).all() for row in range(40))


def test_a_large_catalogue_keeps_fewer_directions() -> None:
    filtered = Filtered.fit(chosen(crowd()), ONLY_FILTER.model_copy(update={"max_cells": 120}))

    assert filtered.left.shape == (40, 3)


def test_choices_grow_old_where_tastes_change() -> None:
    """People who turned from one taste to the other: only their late choices tell what comes next."""
    draw = np.random.default_rng(0)
    turned = [draw.choice(20, 8, replace=False) + 20 * half for _ in range(100) for half in (0, 1)]
    steady = [20 * (person % 2) + draw.choice(20, 16, replace=False) for person in range(100)]
    items = np.concatenate([*turned, *steady]).astype(np.int32)
    moments = np.tile(np.arange(16, dtype=np.int64) * 30 * 86_400, 200)
    people = np.repeat(np.arange(200, dtype=np.int32), 16)
    found = Baskets.build(people, items, moments, np.ones(len(items), np.float32), items=40)
    config = TasteConfig(filters=(NORMALISED,), shares=(1.0,), half_lives_days=(10_000.0, 30.0), factor_shares=(0.0,))

    assert choose(found, config, unneeded).half_lives_days == (30.0,)


def test_vectors_that_mislead_are_left_out() -> None:
    def turned(people: Baskets) -> FactorModel:
        found = factorised(people)
        return FactorModel.of(-found.vectors, regularization=0.1, confidence=1.0)

    config = TasteConfig(filters=(NORMALISED,), shares=(1.0,), half_lives_days=(90.0,), factor_shares=(50.0, 0.0))

    assert choose(crowd(), config, turned).factor_shares == (0.0,)


@pytest.mark.parametrize(("items", "kept"), [(1, 200), (320_000, 200), (1_000_000, 64), (100_000_000, 1)])
def test_of_a_large_catalogue_each_item_keeps_fewer_bonds(items: int, kept: int) -> None:
    assert TasteConfig().kept(items) == kept
    assert TasteConfig().direct(items).neighbours == kept
