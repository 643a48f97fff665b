from recommender.records import Records
from tests.conftest import NOW


def test_a_file_is_unknown_until_its_import_is_finished(records: Records) -> None:
    records.shops.create("gifts", [], NOW)

    assert records.imports.seen("gifts", "f1") is None
    records.imports.add("gifts", "f1", "events.csv", {"written": 3}, NOW)
    assert records.imports.seen("gifts", "f1") == {"written": 3}


def test_a_file_imported_into_one_shop_is_new_to_another(records: Records) -> None:
    for shop in ("gifts", "toys"):
        records.shops.create(shop, [], NOW)

    records.imports.add("gifts", "f1", "events.csv", {"written": 3}, NOW)

    assert records.imports.seen("toys", "f1") is None


def test_a_second_import_of_a_file_replaces_the_first_summary(records: Records) -> None:
    records.shops.create("gifts", [], NOW)
    records.imports.add("gifts", "f1", "events.csv", {"written": 3}, NOW)

    records.imports.add("gifts", "f1", "events.csv", {"written": 0}, NOW)

    assert records.imports.seen("gifts", "f1") == {"written": 0}
