"""Reports by segment: experiments among those who were in it when they entered, and who came and went."""

from datetime import timedelta
from typing import Any

import pytest

from recommender.artifact import ArtifactStore
from recommender.records import Records
from recommender.retention.moves import Moves, moved
from recommender.retention.segments import SEGMENTS
from recommender.workspace import ShopFolder
from tests.recommender.retention.people import NOW, add, models, publish
from tests.recommender.retention.test_moves import JUNE, MAY, TWICE
from tests.recommender.retention.test_moves import shop as customers
from tests.training.measuring.logs import decided, log
from training.audiences.moving import known_segments, note_moves
from training.measuring.effects import measured
from training.measuring.groups import groups
from training.measuring.robots import robots
from training.measuring.segments import among, movement, peopled
from training.orders import vouched


def told(visitor: str, variant: str, *segments: str, at: float = 0) -> dict[str, Any]:
    one = decided(visitor, variant, at=at)
    one["extra"]["segments"] = [*segments]
    return one


LOG = log(
    told("a", "shown", "returning", "loyal"),
    told("b", "holdout", "loyal"),
    told("c", "shown", "new", at=1),
    told("c", "shown", "loyal", at=2),
    told("d", "shown", "loyal", at=1),
    told("d", "shown", "lost", at=2),
    told("e", "shown", "loyalists"),
    decided("f", "shown"),
)


def test_a_visitor_counts_in_the_segments_of_the_first_decision() -> None:
    entered = groups(LOG)
    assert sorted(among(LOG, entered, "loyal")["visitor_id"]) == ["a", "b", "d"]
    assert sorted(among(LOG, entered, "new")["visitor_id"]) == ["c"]
    assert among(LOG, entered, "lost").is_empty()


@pytest.mark.parametrize(("segment", "visitors"), [(None, [1, 5]), ("loyal", [1, 2]), ("vip", None)])
def test_effects_are_of_the_members_alone(segment: str | None, visitors: list[int] | None) -> None:
    found = measured(LOG, vouched(LOG, {}), robots(LOG, 1000), segment=segment)
    sizes = [one.document()["visitors"] for one in found]
    assert sizes == ([] if visitors is None else [dict(zip(("holdout", "shown"), visitors, strict=True))])


def test_movement_tells_members_now_and_who_came_and_went(shop: ShopFolder, records: Records) -> None:
    publish(ArtifactStore(shop.artifacts), models())
    Moves(shop.segments).add(_two_moves(), "20260601-b")
    found = {
        one["segment"]: one
        for one in movement(shop, records, _registry(), now=NOW, since=JUNE - timedelta(days=1), until=JUNE)
    }  # fmt: skip
    assert found["buyer"] == {"segment": "buyer", "customers": 30, "members": 50, "entered": 0, "left": 0}
    assert (found["twice"]["entered"], found["twice"]["left"]) == (1, 1)


def _registry() -> Any:
    return SEGMENTS.with_segment("twice", "orders >= 2")


def _two_moves() -> Any:
    return moved(customers(MAY, ann=2), customers(JUNE, ann=1, bob=2), TWICE, "20260601-b")


@pytest.fixture
def stored(shop: ShopFolder, records: Records) -> ArtifactStore:
    """A shop with a segment of its own, and no model."""
    records.shops.create("shop")
    records.configurations.put("shop", {"segments": [{"id": "twice", "when": "orders >= 2"}]})
    return ArtifactStore(shop.artifacts)


def test_a_model_that_follows_another_notes_who_moved(
    stored: ArtifactStore, shop: ShopFolder, records: Records
) -> None:
    first = add(stored, customers(MAY, ann=1))
    note_moves(shop, records, None, first)
    assert not shop.segments.exists(), "with the first model everybody would enter"
    second = add(stored, customers(JUNE, ann=2))
    note_moves(shop, records, first.version, second)
    assert Moves(shop.segments).counts(MAY, JUNE)["twice"] == {"segment_entered": 1, "segment_left": 0}


def test_an_older_model_that_cannot_be_opened_moves_nobody(
    stored: ArtifactStore, shop: ShopFolder, records: Records
) -> None:
    note_moves(shop, records, "20260101-gone", add(stored, customers(JUNE, ann=2)))
    assert not shop.segments.exists()


def test_a_configuration_that_cannot_be_read_leaves_the_segments_of_everycustomers(
    stored: ArtifactStore, records: Records
) -> None:
    assert "twice" in known_segments(records, "shop").named
    records.configurations.put("shop", {"segments": [{"id": "twice", "when": "no such thing"}]})
    assert known_segments(records, "shop") is SEGMENTS


def test_segments_without_anybody_are_not_listed() -> None:
    counts = {"members": 0, "entered": 0, "left": 0}
    rows = [{"segment": "cart", **counts}, {"segment": "vip", **counts, "left": 2}]
    assert [one["segment"] for one in peopled(rows)] == ["vip"]
