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


def test_documents_that_were_replaced_are_kept_by_version(records: Records) -> None:
    """What was answered from one can be answered again."""
    for number in range(1, 4):
        records.configurations.put("gifts", {"number": number})
    kept = [records.configurations.at("gifts", version) for version in range(4)]
    assert kept == [{}, {"number": 1}, {"number": 2}, {"number": 3}]
    with pytest.raises(NotFoundError, match="configuration 9"):
        records.configurations.at("gifts", 9)


def test_only_the_newest_of_them_are_kept(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop that writes its configuration all day must not fill the database."""
    monkeypatch.setattr("recommender.records.configurations.KEPT", 2)
    for number in range(1, 6):
        records.configurations.put("gifts", {"number": number})
    assert [records.configurations.at("gifts", version)["number"] for version in (3, 4, 5)] == [3, 4, 5]
    with pytest.raises(NotFoundError):
        records.configurations.at("gifts", 2)
