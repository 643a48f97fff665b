"""To which rows a visitor is drawn: a large shop, where only what is near is looked at, agrees with a small one."""

import numpy as np
import pytest

from recommender.engine.drawn import drawn
from recommender.engine.engine import recommend
from recommender.engine.filter import Filter
from recommender.engine.request import NOBODY, Interaction, Query, Visitor
from recommender.engine.situation import Situation
from recommender.engine.snapshot import Snapshot
from recommender.strategy import Strategy
from tests.recommender.engine.shops import CATALOGUE, NOW, change, snapshot

NEW = change("plate", 100, title="Owl Plate", product_type="Kitchen", price="4")
SEEN = ["heart-white", "mug-s", "candle", "plate", "mystery"]


@pytest.mark.parametrize("item", SEEN)
def test_what_is_near_is_scored_as_if_everything_were_looked_at(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = snapshot(NEW)
    profile = Situation(shop, Visitor("stranger", session=(Interaction(item), Interaction("star"))), NOW).profile
    small = drawn(shop, profile)

    monkeypatch.setattr(Snapshot, "large", True)
    found = drawn(shop, profile)

    np.testing.assert_array_equal(found.rows, small.rows)
    np.testing.assert_allclose(found.scores, small.scores, rtol=1e-5, atol=1e-6)
    everything = np.arange(len(shop.table), dtype=np.int32)
    assert found.like is not None
    assert small.like is not None
    np.testing.assert_allclose(found.like(everything), small.like(everything), rtol=1e-5, atol=1e-6)


def test_only_rows_that_are_asked_for_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = snapshot()
    monkeypatch.setattr(Snapshot, "large", True)
    situation = Situation(shop, Visitor("stranger", session=(Interaction("heart-white"),)), NOW)
    flags = np.zeros(len(shop.table), np.bool_)
    flags[shop.table.rows(["apron", "tin"])] = True

    assert {*situation.affinity_among(flags).rows.tolist()} <= {*np.flatnonzero(flags).tolist()}


def test_of_rows_that_are_far_nothing_is_known() -> None:
    shop = snapshot()
    found = drawn(shop, Situation(shop, NOBODY, NOW).profile)

    assert not found.at(np.arange(3, dtype=np.int32)).any()


def test_a_filter_goes_into_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the one item that lies nearest nothing passes; the nearest of those that pass are found all the same."""
    monkeypatch.setattr("recommender.engine.nearness.NEAREST", 1)
    wanted = Filter.parse({"category": "Kitchen"})

    answer = recommend(snapshot(), NOBODY, Query(Strategy.SIMILAR, ("heart-white",), limit=3, filter=wanted), NOW)

    assert len(answer.items) == 3
    assert all(CATALOGUE[item.item_id]["product_type"] == "Kitchen" for item in answer.items)
