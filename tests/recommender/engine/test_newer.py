"""Items newer than the artifact are described once, when they come."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from recommender.engine.newcomers import newcomers
from recommender.engine.snapshot import Snapshot
from recommender.models.content import ContentModel
from tests.recommender.engine.shops import change, changed, deletion, models, snapshot

PINK = change("heart-pink", 50, title="Pink Hanging Heart", product_type="Home > Decorations", price="3")
BLUE = change("mug-blue", 51, title="Blue Owl Mug", product_type="Kitchen", price="5")


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many items each call to the content model was about."""
    calls: list[int] = []
    encode = ContentModel.encode

    def counting(self: ContentModel, documents: Sequence[Any]) -> Any:
        calls.append(len(documents))
        return encode(self, documents)

    monkeypatch.setattr(ContentModel, "encode", counting)
    return calls


def after(shop: Snapshot, *changes: Any) -> Snapshot:
    return shop.with_table(shop.table.apply(changes))


def test_what_did_not_change_is_not_described_again(described: list[int]) -> None:
    shop = after(snapshot(), PINK, BLUE)
    described.clear()
    green = change("mug-green", 60, title="Green Owl Mug", price="5")

    later = after(shop, green, changed("tin", 61, price="8"))

    assert later.newer_vectors.shape[0] == 3
    assert described == [1]


def test_no_request_waits_for_a_description(described: list[int]) -> None:
    shop = after(snapshot(), PINK, BLUE)
    described.clear()

    assert shop.newer_vectors.any(axis=1).all()
    assert described == []


@pytest.mark.parametrize(
    "change_",
    [deletion("heart-pink", 70), change("heart-pink", 70, title="Owl Teapot"), change("owl", 70, title="Owl")],
)
def test_carrying_over_gives_what_describing_afresh_gives(change_: Any) -> None:
    shop = after(after(snapshot(), PINK, BLUE), change_)
    afresh = Snapshot(shop.models, shop.table, shop.configuration)

    np.testing.assert_array_equal(shop.newer_vectors, afresh.newer_vectors)


def test_a_shop_without_text_knows_nothing_of_newer_items() -> None:
    bare = Snapshot.bare(snapshot().table)

    assert after(bare, PINK).newer_vectors.shape == (len(bare.table) + 1, 0)


def test_without_a_model_of_newcomers_nobody_is_drawn_to_them() -> None:
    rows, scores = newcomers(after(snapshot(), PINK), models().items.rows(["tin"]), np.ones(1, np.float32))

    assert (len(rows), len(scores)) == (0, 0)
