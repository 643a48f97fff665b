import pytest

from recommender.errors import ConflictError, NotFoundError
from recommender.records import Records
from tests.conftest import NOW

DOCUMENT = {"placements": [{"id": "home-trending", "title": {"ar": "رائج"}}], "training": {"factors": 64}}


@pytest.fixture(autouse=True)
def _shop(records: Records) -> None:
    records.shops.create("gifts", [], NOW)


def test_a_new_shop_has_an_empty_document_of_version_0(records: Records) -> None:
    assert records.configurations.get("gifts") == (0, {})


def test_a_document_is_read_as_it_was_written(records: Records) -> None:
    assert records.configurations.put("gifts", DOCUMENT, 0) == 1
    assert records.configurations.get("gifts") == (1, DOCUMENT)


def test_a_writer_that_saw_an_older_version_is_refused(records: Records) -> None:
    records.configurations.put("gifts", DOCUMENT, 0)

    with pytest.raises(ConflictError, match="at version 1, not 0"):
        records.configurations.put("gifts", {}, 0)

    assert records.configurations.get("gifts") == (1, DOCUMENT)


def test_a_writer_that_does_not_care_replaces_any_version(records: Records) -> None:
    records.configurations.put("gifts", DOCUMENT, None)

    assert records.configurations.put("gifts", {"a": 1}, None) == 2


def test_an_unknown_shop_has_no_document(records: Records) -> None:
    with pytest.raises(NotFoundError, match="no shop 'toys'"):
        records.configurations.put("toys", {}, None)
