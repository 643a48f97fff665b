"""The same log through both engines."""

from datetime import UTC
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame

from recommender.models.factors import FactorConfig
from recommender.models.neighbours import NeighbourModel, scoring
from recommender.models.popularity import PopularityModel
from tests.conftest import NOW
from tests.training.spark.conftest import CONFIGURATION, Both
from training.sampling import drawn
from training.spark.baskets import baskets
from training.spark.counts import Listing, neighbours
from training.spark.material import VISIT
from training.steps import LocalSteps

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]
LOCAL = LocalSteps()
QUICK = CONFIGURATION.model_copy(update={"factors": FactorConfig(dimensions=16, iterations=6)})
NO_DAYS = np.full(30, np.nan, np.float32)


def assert_close(one: Any, other: Any) -> None:
    """All arrays of two models hold the same numbers."""
    for name in one.__dataclass_fields__:
        expected, found = getattr(one, name), getattr(other, name)
        if isinstance(expected, np.ndarray):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, err_msg=name)


def test_the_same_rows_are_left_out_for_the_same_reasons(both: Both) -> None:
    assert both.spark.left_out == both.local.left_out
    assert min(both.local.left_out.values()) > 0


def test_the_same_things_are_counted(both: Both) -> None:
    for name in ("counts", "comparable", "data_start", "data_end", "documents"):
        assert getattr(both.spark, name) == getattr(both.local, name), name
    assert both.spark.items.ids == both.local.items.ids
    assert both.spark.oldest_days == pytest.approx(both.local.oldest_days, abs=1e-4)


def test_what_fits_into_memory_is_the_same_to_the_byte(both: Both) -> None:
    drawn, steps = both.steps.at_hand(both.spark, CONFIGURATION)

    assert drawn.fingerprint == both.local.fingerprint
    assert isinstance(steps, LocalSteps)


def pairs(model: NeighbourModel) -> dict[tuple[int, int], int]:
    """Co-counts by pair."""
    owners = np.repeat(np.arange(len(model)), np.diff(model.indptr)).tolist()
    return dict(zip(zip(owners, model.rows.tolist(), strict=True), model.support.tolist(), strict=True))


def overlap(one: NeighbourModel, other: NeighbourModel, size: int = 20) -> float:
    """Share of the items of the first lists that the second have, too."""
    hits = [np.isin(one.neighbours(row).rows[:size], other.neighbours(row).rows[:size]) for row in range(len(one))]
    return float(np.concatenate(hits).mean())


@pytest.mark.parametrize("step", ["session_neighbours", "purchase_neighbours", "bought_together"])
def test_items_are_counted_together_as_often_and_listed_alike(both: Both, step: str) -> None:
    expected = getattr(LOCAL, step)(both.local.interactions, CONFIGURATION)
    found = getattr(both.steps, step)(both.spark.interactions, CONFIGURATION)

    assert pairs(found) == pairs(expected)
    assert len(expected.rows) > 20
    assert overlap(expected, found) >= 0.99
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-4)


def test_lists_do_not_depend_on_how_many_pairs_one_task_holds(both: Both, held: DataFrame) -> None:
    """Some items are held by more baskets than a task may read, the others lie in many blocks."""
    config, items = CONFIGURATION.views, len(both.local.items)
    listing = Listing(lambda degrees, _total: scoring(degrees, config), k=5, min_support=2)

    whole, parted = (neighbours(held, items, listing, cells) for cells in (1_000_000, 150))

    assert len(whole.rows) > 20
    assert pairs(parted) == pairs(whole)
    np.testing.assert_allclose(parted.scores, whole.scores, rtol=1e-6)


@pytest.fixture
def held(both: Both) -> DataFrame:
    """Baskets of sessions."""
    config = CONFIGURATION.views
    rows = both.spark.interactions.numbered
    return baskets(rows, VISIT, half_life_days=60, most=config.max_basket, basket_exponent=0.7).persist()


def test_the_same_people_are_drawn_where_memory_does_not_hold_all(both: Both) -> None:
    most = 300
    expected = drawn(both.local, most, CONFIGURATION.seed).prepared.interactions
    found = both.spark.interactions.draw(most).interactions

    assert 0 < len(found) <= most
    assert found.people.ids == expected.people.ids
    assert len(found) == len(expected)


def popular(both: Both) -> PopularityModel:
    days = NO_DAYS[: len(both.local.items)]
    return LOCAL.popularity(both.local.interactions, days, CONFIGURATION)


def test_the_same_items_sell_and_rise(both: Both) -> None:
    found = both.steps.popularity(both.spark.interactions, NO_DAYS[: len(both.local.items)], CONFIGURATION)

    assert_close(popular(both), found)


def test_items_are_bought_again_after_the_same_time(both: Both) -> None:
    kinds = np.arange(len(both.local.items), dtype=np.int32) // 6
    expected = LOCAL.replenishment(both.local.interactions, kinds, CONFIGURATION)
    found = both.steps.replenishment(both.spark.interactions, kinds, CONFIGURATION)

    assert expected is not None
    assert_close(expected, found)


def test_everybody_has_the_same_history(both: Both) -> None:
    sellers = popular(both).best_sellers
    expected = LOCAL.histories(both.local.profiles, CONFIGURATION, sellers)
    found = both.steps.histories(both.spark.profiles, CONFIGURATION, sellers)

    assert expected is not None
    assert found is not None
    assert [*map(bytes, found.people.spelled())] == [*map(bytes, expected.people.spelled())]
    for key in map(str, (bytes(key).decode() for key in expected.people.spelled())):
        rows = expected.people.row(key), found.people.row(key)
        for kind in ("history", "purchases"):
            one, other = (getattr(model, kind)(row) for model, row in zip((expected, found), rows, strict=True))
            for left, right in zip(one, other, strict=True):
                np.testing.assert_allclose(right, left, rtol=1e-5, err_msg=f"{kind} of {key}")


def test_customers_are_the_same_with_the_same_forecasts(both: Both) -> None:
    costs = {"a1": 1.0, "b2": 2.0}
    expected = LOCAL.customers(both.log, costs, CONFIGURATION, NOW)
    found = both.steps.customers(both.frame, costs, CONFIGURATION, NOW)

    assert expected is not None
    assert found is not None
    assert [*found.people] == [*expected.people]
    assert found.terms == expected.terms
    assert [*map(bytes, found.browsers.spelled())] == [*map(bytes, expected.browsers.spelled())]
    for name, column in expected.columns.items():
        np.testing.assert_allclose(found.columns[name], column, rtol=1e-6, err_msg=name)


def test_visits_are_learned_from_alike(both: Both) -> None:
    expected = LOCAL.courses(both.log, both.local, CONFIGURATION, UTC)
    found = both.steps.courses(both.frame, both.spark, CONFIGURATION, UTC)

    for one, other in zip(expected, found, strict=True):
        np.testing.assert_array_equal(other, one)


def test_the_money_of_most_orders_is_the_same(both: Both) -> None:
    assert both.steps.currencies(both.frame) == LOCAL.currencies(both.log)


def nearest(vectors: Any) -> Any:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return (vectors / lengths) @ (vectors / lengths).T


def test_vectors_of_the_factorisation_tell_groups_apart(both: Both) -> None:
    expected = LOCAL.factors(both.local.interactions, QUICK)
    found = both.steps.factors(both.spark.interactions, QUICK)
    groups = np.array([item[0] for item in both.local.items])
    same = groups[:, None] == groups[None, :]

    assert found.confidence == pytest.approx(expected.confidence, rel=1e-6)
    assert found.vectors.shape == expected.vectors.shape
    for model in (expected, found):
        close = nearest(model.vectors)
        assert close[same].mean() > close[~same].mean() + 0.3
    assert np.corrcoef(nearest(found.vectors)[~same], nearest(expected.vectors)[~same])[0, 1] > 0
