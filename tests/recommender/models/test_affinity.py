from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from recommender.models.affinity import affinity, interest
from recommender.models.factors import FactorModel
from recommender.models.interactions import EVENT_CODES
from recommender.models.models import Models
from recommender.models.neighbours import NeighbourConfig, NeighbourModel
from recommender.models.popularity import PopularityModel
from recommender.models.taste import TasteConfig, TasteModel
from recommender.vocabulary import Vocabulary
from tests.recommender.models.test_cooccurrence import baskets

ZEROS, COUNTS = np.zeros(6, np.float32), np.zeros(6, np.int32)
LEVEL = PopularityModel(ZEROS, ZEROS, ZEROS, ZEROS, COUNTS, COUNTS)
PURCHASES = NeighbourModel.fit(baskets("ab", "ac", "ab"), NeighbourConfig())
MODELS = Models(Vocabulary("abcdef"), LEVEL, datetime(2025, 1, 1, tzinfo=UTC), purchases=PURCHASES)
FIRST = np.array([0], np.int32)


def test_who_did_nothing_is_drawn_to_nothing() -> None:
    assert not affinity(MODELS, np.empty(0, np.int32), np.empty(0, np.float32)).any()


def test_neighbours_of_what_was_chosen_draw() -> None:
    scores = affinity(MODELS, FIRST, np.ones(1, np.float32))

    assert np.argsort(-scores)[:2].tolist() == [1, 2]
    assert scores.max() == 1
    assert not scores[3:].any()


def test_taste_takes_the_place_of_lists_from_orders() -> None:
    taste = TasteModel(NeighbourModel.fit(baskets("ad", "ad", "ae"), NeighbourConfig()), TasteConfig())

    scores = affinity(replace(MODELS, taste=taste), FIRST, np.ones(1, np.float32))

    assert np.flatnonzero(scores).tolist() == [3, 4]
    assert scores.max() == 1


def test_vectors_reach_items_that_no_bond_holds() -> None:
    vectors = np.array([[1, 0], [0, 1], [0, 1], [0.9, 0], [0, 1], [0, 1]], np.float32)
    factors = FactorModel.of(vectors, regularization=1.0, confidence=1.0)
    taste = TasteModel(PURCHASES, TasteConfig(factor_shares=(0.7,)))
    without = TasteModel(PURCHASES, TasteConfig(factor_shares=(0.0,)))

    assert affinity(replace(MODELS, taste=taste, factors=factors), FIRST, np.ones(1, np.float32))[3] > 0
    assert affinity(replace(MODELS, taste=without, factors=factors), FIRST, np.ones(1, np.float32))[3] == 0


def test_an_item_in_season_overtakes_its_equal() -> None:
    momentum = np.array([0, -2, 2, 0, 0, 0], np.float32)
    season = replace(MODELS, popularity=replace(LEVEL, momentum=momentum))

    scores = affinity(season, FIRST, np.ones(1, np.float32))

    assert scores[2] > scores[1] > 0


def test_an_old_view_says_least() -> None:
    codes = np.array([EVENT_CODES["view_item"], EVENT_CODES["purchase"], EVENT_CODES["view_item"]], np.uint8)

    weights = interest(codes, np.array([0.0, 0.0, 90.0]), half_life_days=90)

    np.testing.assert_allclose(weights, [1.0, 2.0, 0.5])
