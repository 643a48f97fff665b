"""The contract over shops of every kind."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog.table import CatalogTable
from recommender.engine import engine
from recommender.engine.request import Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.vocabulary import Vocabulary
from tests.recommender.engine.contract import MANY, QUERIES, VISITORS, EngineContract
from tests.recommender.engine.shops import (
    CATALOGUE,
    NOW,
    Change,
    catalogue,
    change,
    changed,
    deletion,
    listed,
    models,
    snapshot,
)

FIELDS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {"availability": "out_of_stock"},
        {"availability": "preorder"},
        {"price": "0"},
        {"sale_price": "0.50"},
        {"item_group_id": "everything"},
        {"title": None, "product_type": None},
        {"product_type": "Kitchen"},
    ]
)
NEW: dict[str, Any] = {"title": "Owl Plate", "product_type": "Kitchen", "price": "4"}


@st.composite
def later(draw: st.DrawFn) -> list[Change]:
    """What happened to the catalogue after training."""
    changes = []
    for revision, id_ in enumerate(draw(st.lists(st.sampled_from([*CATALOGUE, "new-1", "new-2"]), max_size=8)), 100):
        if draw(st.booleans()) and id_ in CATALOGUE:
            changes.append(deletion(id_, revision))
        else:
            changes.append(change(id_, revision, **{**CATALOGUE.get(id_, NEW), **draw(FIELDS)}))
    return changes


class TestTrainedShop(EngineContract):
    """An artifact, and a catalogue that went on changing."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        return later().map(lambda changes: snapshot(*changes))


class TestShopWithLists(TestTrainedShop):
    """The same, with lists of the nearest items instead of searches."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        return super().snapshots().map(lambda searched: replace(searched, models=listed()))

    @given(data=st.data(), visitor=VISITORS, query=QUERIES)
    @MANY
    def test_lists_answer_as_searches_do(self, data: st.DataObject, visitor: Visitor, query: Query) -> None:
        lists = data.draw(self.snapshots())
        query = replace(query, limit=100, caps=(), new_items_share=0.0, diversity=0.0)
        found, searched = (
            {item.item_id: item.score for item in engine.recommend(snapshot, visitor, query, NOW).items}
            for snapshot in (lists, replace(lists, models=models()))
        )

        # Lists are rounded, and what is hardly alike at all is in none of them.
        assert found == pytest.approx(searched, abs=5e-3)


class TestShopWithoutCatalogue(EngineContract):
    """An artifact whose items nobody described."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        whole = snapshot()
        return st.just(Snapshot(whole.models, CatalogTable.build(whole.models.items), whole.configuration, "v"))


class TestShopWithoutModels(EngineContract):
    """A catalogue, and nothing learned yet."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        return later().map(lambda changes: Snapshot.bare(CatalogTable.build(Vocabulary([]), [*catalogue(), *changes])))


class TestShopWithNothing(EngineContract):
    """A shop on its first day."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        return st.just(Snapshot.bare(CatalogTable.build(Vocabulary([]))))


class TestShopThatSoldOut(EngineContract):
    """Nothing is left that could be shown, except what the catalogue does not list."""

    def snapshots(self) -> st.SearchStrategy[Snapshot]:
        return st.just(snapshot(*(changed(id_, availability="out_of_stock") for id_ in CATALOGUE)))


class TestLargeShop(TestTrainedShop):
    """A shop with too many items to look at each: as if the small one were."""

    @classmethod
    def setup_class(cls) -> None:
        cls._patch = pytest.MonkeyPatch()
        cls._patch.setattr(Snapshot, "large", True)
        for place in ("recommender.engine.popular.CHUNK", "recommender.engine.factual.CHUNK"):
            cls._patch.setattr(place, 2)

    @classmethod
    def teardown_class(cls) -> None:
        cls._patch.undo()
