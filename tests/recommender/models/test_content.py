import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.models.content import ContentConfig, ContentModel
from tests.recommender.models.contract import ModelContract

SHOP = [
    {"title": "White hanging heart", "product_type": "Decoration", "price": "2.95"},
    {"title": "Red hanging heart", "product_type": "Decoration", "price": "2.55"},
    {"title": "Lunch box dolly girl", "product_type": "Kitchen", "price": "1.95"},
    {"title": "Lunch box space boy", "product_type": "Kitchen", "price": "1.95"},
    {},
    {"title": "صندوق غداء", "brand": "نور"},
]


@pytest.fixture
def model() -> ContentModel:
    return ContentModel.fit(SHOP, ContentConfig(buckets=4096))


class TestContentModel(ModelContract):
    @pytest.fixture
    def model(self) -> ContentModel:
        return ContentModel.fit(SHOP, ContentConfig(buckets=64, dimensions=3))


def test_items_that_are_described_alike_are_close(model: ContentModel) -> None:
    near = model.vectors @ model.vectors[0]

    assert near[1] > 0.5 > near[2]


def test_an_item_that_says_nothing_has_no_vector(model: ContentModel) -> None:
    assert not model.vectors[4].any()


def test_encoding_gives_the_vectors_of_the_fit(model: ContentModel) -> None:
    np.testing.assert_allclose(model.encode(SHOP), model.vectors, atol=1e-5)


def test_an_item_newer_than_the_model_lies_by_its_like(model: ContentModel) -> None:
    near = model.vectors @ model.encode([{"title": "Blue hanging heart"}])[0]

    assert set(np.argsort(-near)[:2].tolist()) == {0, 1}


def test_a_large_catalogue_is_described_by_what_a_part_of_it_taught() -> None:
    documents = [{"title": f"{name} {number}"} for number in range(20) for name in ("red lamp", "blue mug")]

    found = ContentModel.fit(documents, ContentConfig(dimensions=4, max_documents=10))

    assert len(found) == len(documents)
    assert found.vectors[0] @ found.vectors[2] > 0.9 > found.vectors[0] @ found.vectors[1]


def test_words_never_seen_give_no_vector(model: ContentModel) -> None:
    assert not model.encode([{"title": "zzzz"}]).any()


def test_a_misspelt_word_is_still_close(model: ContentModel) -> None:
    near = model.vectors @ model.encode([{"title": "hangin heartt"}])[0]

    assert set(np.argsort(-near)[:2].tolist()) == {0, 1}


def test_a_catalogue_of_one_item_can_be_learned() -> None:
    model = ContentModel.fit([{"title": "Mug"}], ContentConfig())

    np.testing.assert_allclose(model.encode([{"title": "Mug"}]), model.vectors, atol=1e-6)


def test_a_catalogue_without_any_text_can_be_learned() -> None:
    assert not ContentModel.fit([{}, {}], ContentConfig()).vectors.size


@given(st.lists(st.fixed_dictionaries({"title": st.text(max_size=20)}), min_size=1, max_size=6))
def test_vectors_have_length_one_or_none(documents: list[dict[str, str]]) -> None:
    lengths = np.linalg.norm(ContentModel.fit(documents, ContentConfig(buckets=128)).vectors, axis=1)

    assert all(length == pytest.approx(1, abs=1e-4) or length == 0 for length in lengths)
