"""The contract over shops of every kind."""

from typing import Any

import pytest
from hypothesis import strategies as st

from recommender.catalog.table import CatalogTable
from recommender.engine.snapshot import Snapshot
from recommender.vocabulary import Vocabulary
from tests.recommender.engine.contract import EngineContract
from tests.recommender.engine.shops import CATALOGUE, Change, catalogue, change, changed, deletion, snapshot

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
