import numpy as np
import pytest

from recommender.models.popularity import PopularityConfig, PopularityModel, rise, unevenness
from tests.recommender.models.builders import END, Row, interactions
from tests.recommender.models.contract import ModelContract

CONFIG = PopularityConfig(half_life_days=30)


def fit(rows: list[Row], config: PopularityConfig = CONFIG, added: list[float] | None = None) -> PopularityModel:
    found = interactions(rows)
    days = np.full(len(found.items), np.nan) if added is None else np.array(added)
    return PopularityModel.fit(found, days.astype(np.float32), config)


class TestPopularityModel(ModelContract):
    @pytest.fixture
    def model(self) -> PopularityModel:
        return fit([Row("ann", "a"), Row("bob", "b", "view_item")])


class TestPopularityOfNothing(ModelContract):
    @pytest.fixture
    def model(self) -> PopularityModel:
        return fit([])


def test_a_purchase_one_half_life_old_counts_half() -> None:
    np.testing.assert_allclose(fit([Row("ann", "a"), Row("ann", "b", age=30)]).best_sellers, [1.0, 0.5])


def test_one_busy_hand_is_no_crowd() -> None:
    rows = [Row("ann", "a")] * 9 + [Row("ann", "b"), Row("bob", "b")]

    assert fit(rows).best_sellers.tolist() == [1.0, 2.0]


def test_views_do_not_count_while_there_are_purchases() -> None:
    assert fit([Row("ann", "a"), Row("bob", "b", "view_item")]).best_sellers.tolist() == [1.0, 0.0]


def test_without_purchases_views_count() -> None:
    assert fit([Row("ann", "a", "view_item"), Row("bob", "a", "view_item")]).best_sellers.tolist() == [2.0]


def test_nobodys_views_count_one_by_one() -> None:
    assert fit([Row(None, "a", "view_item"), Row(None, "a", "view_item")]).best_sellers.tolist() == [2.0]


def test_a_rise_beyond_chance_is_a_trend() -> None:
    before = [Row(f"p{n}", item, "view_item", age=20) for n in range(30) for item in "ab"]
    now = [Row(f"p{n}", "a", "view_item", age=1) for n in range(20)] + [Row("p1", "b", "view_item", age=1)]

    trending = fit(before + now).trending

    assert trending[0] > CONFIG.trending_significance
    assert trending[1] == 0


def test_a_busy_week_lifts_no_item_by_itself() -> None:
    before = [Row(f"p{n}", item, "view_item", age=20) for n in range(10) for item in "ab"]
    now = [Row(f"p{n}", item, "view_item", age=1) for n in range(100) for item in "ab"]

    assert not fit(before + now).trending.any()


def test_two_people_are_no_trend() -> None:
    rows = [Row("p", "b", "view_item", age=20), *(Row(f"p{n}", "a", "view_item", age=1) for n in range(2))]

    assert not fit(rows).trending.any()


def test_what_goes_out_of_season_loses_momentum() -> None:
    before = [Row(f"p{n}", item, age=40) for n in range(20) for item in "ab"]

    momentum = fit(before + [Row(f"p{n}", "a", age=2) for n in range(10)]).momentum

    assert momentum[0] > 0 > momentum[1]


def test_chance_alone_gives_no_momentum() -> None:
    draw = np.random.default_rng(3)
    rows = [Row(f"p{n}", "abcdef"[draw.integers(6)], "view_item", age=float(draw.uniform(0, 60))) for n in range(600)]

    momentum = fit(rows).momentum

    assert np.abs(momentum).max() < 0.1


def test_unevenness_is_the_variance_that_chance_does_not_explain() -> None:
    recent, expected = np.array([30.0, 10.0]), np.array([20.0, 20.0])

    # (100 + 100 - 40 - 0.5 * 40) / (400 + 400)
    assert unevenness(recent, expected, 0.5) == pytest.approx(140 / 800)
    assert unevenness(expected, expected, 0.5) == 0


def test_a_rise_is_twice_the_log_likelihood_ratio() -> None:
    np.testing.assert_allclose(rise(np.array([10.0, 4.0]), np.array([5.0, 5.0])), [2 * (10 * np.log(2) - 5), 0.0])


def test_an_item_is_as_old_as_its_first_event_unless_the_catalogue_knows_better() -> None:
    added = fit([Row("ann", "a", age=3), Row("ann", "a"), Row("ann", "b")], added=[np.nan, 5.0]).added_day

    assert added.tolist() == [END // 86_400 - 3, 5.0]
