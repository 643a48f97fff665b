import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.models import identifiers
from recommender.models.identifiers import KeyTable, StoredIds, stored
from recommender.vocabulary import Vocabulary
from tests.recommender.models.contract import ModelContract


def table(*keys: str) -> KeyTable:
    return KeyTable.build(keys, np.arange(len(keys), dtype=np.int32))


class TestKeyTable(ModelContract):
    @pytest.fixture
    def model(self) -> KeyTable:
        return table("ann", "bob", "Зоя")


class TestKeyTableOfNothing(ModelContract):
    @pytest.fixture
    def model(self) -> KeyTable:
        return table()


class TestStoredIds(ModelContract):
    @pytest.fixture
    def model(self) -> StoredIds:
        return StoredIds.build(["b", "Зоя", "a", ""])


@given(st.lists(st.text(), unique=True), st.text())
def test_stored_ids_are_the_vocabulary_of_these_ids(ids: list[str], other: str) -> None:
    found, expected = StoredIds.build(ids).vocabulary, Vocabulary(ids)

    assert [*found] == [found[row] for row in range(len(found))] == found.ids[:] == ids
    assert [found.row(id_) for id_ in [*ids, other]] == [expected.row(id_) for id_ in [*ids, other]]
    assert found.rows([*ids, other]).tolist() == expected.rows([*ids, other]).tolist()
    assert stored(found) is found.ids


@given(st.lists(st.text(), unique=True), st.text())
def test_every_key_is_found_and_no_other(keys: list[str], other: str) -> None:
    found = table(*keys)

    assert [found.row(key) for key in keys] == [*range(len(keys))]
    assert (found.row(other) is not None) == (other in keys)


def test_keys_that_share_a_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers, "hashed", lambda _key: 7)

    found = table("ann", "bob")

    assert (found.row("ann"), found.row("bob"), found.row("eve")) == (0, 1, None)
