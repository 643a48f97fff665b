"""Maximal marginal relevance, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.catalog.table import CatalogTable
from recommender.engine import engine
from recommender.engine.diversity import Likeness, Variety
from recommender.engine.request import NOBODY, Query
from recommender.engine.snapshot import Snapshot
from recommender.models.content import ContentModel
from recommender.models.models import Models
from recommender.strategy import Strategy
from recommender.vocabulary import Rows, Vocabulary
from tests.recommender.engine.contract import ids
from tests.recommender.engine.shops import NOW, Change, change, snapshot

VECTORS = np.array([[1, 0], [0.96, 0.28], [0, 1], [0, 0], [0, 0]], np.float32)
ITEMS = [
    change("a", 1, product_type="Lamps", brand="Acme"),
    change("b", 2, product_type="Lamps", brand="Acme"),
    change("c", 3, product_type="Lamps", brand="Other"),
    change("d", 4, product_type="Lamps", brand="Acme"),
    change("e", 5, product_type="Cups"),
]


def drawn_in_the_plane(*changes: Change) -> Snapshot:
    """Five items: `a` and `b` close together, `c` across, `d` and `e` without a description."""
    items = Vocabulary("abcde")
    content = ContentModel(VECTORS, np.zeros(8, np.float32), np.zeros((0, 2), np.float32))
    models = replace(Models.empty(), items=items, content=content)
    return replace(snapshot(), models=models, table=CatalogTable.build(items, [*ITEMS, *changes]))


def order(weight: float, *relevance: float) -> list[tuple[int, float]]:
    """What is chosen among the first items, each told to the variety when it is taken."""
    variety, rows = Variety(drawn_in_the_plane(), weight), np.arange(len(relevance), dtype=np.int32)
    found = []
    for place, value in variety.order(rows, np.array(relevance, np.float32)):
        variety.add(int(rows[place]))
        found.append((place, round(value, 4)))
    return found


def test_the_next_item_is_relevant_and_unlike_those_above_it() -> None:
    # First a: .5 * 1 + .5 * 1. Then b has .5 * .9 + .5 * (1 - .96) = .47 and c .5 * .8 + .5 * 1 = .9.
    assert order(0.5, 1.0, 0.9, 0.8) == [(0, 1.0), (2, 0.9), (1, 0.47)]


def test_a_little_variety_leaves_what_is_much_more_relevant_in_front() -> None:
    # After a: b has .9 * .9 + .1 * .04 = .814 and c .9 * .5 + .1 * 1 = .55; after b, c has .45 + .1 * (1 - .28).
    assert order(0.1, 1.0, 0.9, 0.5) == [(0, 1.0), (1, 0.814), (2, 0.522)]


def test_variety_alone_asks_for_the_farthest() -> None:
    assert [place for place, _ in order(1.0, 1.0, 0.9, 0.0)] == [0, 2, 1]


def test_what_is_not_taken_does_not_count() -> None:
    variety = Variety(drawn_in_the_plane(), 0.5)
    found = [place for place, _ in variety.order(np.arange(3, dtype=np.int32), np.array([1.0, 0.9, 0.8], np.float32))]
    assert found == [0, 1, 2]


@pytest.mark.parametrize(
    ("row", "likeness"),
    [
        (0, [1.0, 0.96, 0.0, 1.0, 0.0]),
        (2, [0.0, 0.28, 1.0, 0.5, 0.0]),
        (3, [1.0, 1.0, 0.5, 1.0, 0.0]),
        (4, [0.0, 0.0, 0.0, 0.0, 0.5]),
    ],
)
def test_items_are_alike_by_content_or_else_by_category_and_brand(row: int, likeness: list[float]) -> None:
    rows: Rows = np.arange(5, dtype=np.int32)
    assert Likeness(drawn_in_the_plane(), rows).to(row) == pytest.approx(likeness, abs=1e-6)


def test_items_without_any_description_are_alike_by_category_and_brand() -> None:
    shop = Snapshot.bare(CatalogTable.build(Vocabulary("abcde"), ITEMS))
    assert Likeness(shop, np.arange(5, dtype=np.int32)).to(0) == pytest.approx([1, 1, 0.5, 1, 0])


def test_a_varied_list_repeats_itself_less() -> None:
    def likeness(diversity: float) -> float:
        query = Query(Strategy.SIMILAR, ("heart-white",), limit=4, diversity=diversity)
        shop = snapshot()
        vectors = shop.content_vectors(shop.table.rows(ids(engine.recommend(shop, NOBODY, query, NOW))))
        return float((vectors @ vectors.T).sum())

    assert likeness(0.7) < likeness(0)


def test_a_varied_list_begins_with_the_same_item() -> None:
    lists = [
        ids(engine.recommend(snapshot(), NOBODY, Query(Strategy.SIMILAR, ("heart-white",), diversity=share), NOW))
        for share in (0.0, 0.4)
    ]
    assert lists[0][0] == lists[1][0]
    assert lists[0] != lists[1]


def test_a_varied_list_explains_the_score_that_each_item_had() -> None:
    query = Query(Strategy.SIMILAR, ("heart-white",), limit=4, diversity=0.5, explain=True)
    for item in engine.recommend(snapshot(), NOBODY, query, NOW).items:
        assert item.explanation is not None
        assert 0 <= item.explanation["score_without_rules"] <= 1
