from datetime import timedelta

import pytest
from sqlalchemy import select

from recommender.errors import ConflictError, InputError, NotFoundError
from recommender.records import KeyOwner, Records
from recommender.records.tables import METADATA
from recommender.workspace import Workspace
from tests.conftest import NOW


def test_a_new_shop_has_a_key_of_each_kind_and_both_are_known(records: Records) -> None:
    keys = records.shops.create("gifts", ["https://gifts.example"], NOW)

    assert keys.shop == "gifts"
    assert keys.public_key.startswith("pk_")
    assert keys.secret_key.startswith("sk_")
    assert records.shops.owner(keys.public_key) == KeyOwner("gifts", "public")
    assert records.shops.owner(keys.secret_key) == KeyOwner("gifts", "secret")


def test_a_shop_is_read_as_it_was_written(records: Records) -> None:
    records.shops.create("gifts", ["https://Gifts.Example:443/", "http://localhost:3000"], NOW)

    shop = records.shops.get("gifts")

    assert shop.origins == ("https://gifts.example", "http://localhost:3000")
    assert shop.created_at == NOW
    assert len(bytes.fromhex(shop.signing_key)) == 32


def test_each_shop_signs_with_a_key_of_its_own(records: Records) -> None:
    records.shops.create("a", [], NOW)
    records.shops.create("b", [], NOW)

    assert records.shops.get("a").signing_key != records.shops.get("b").signing_key


@pytest.mark.parametrize("key", ["", "pk_", "sk_unknown", "nul\0", "\ud800"])
def test_an_unknown_key_is_nobodys(records: Records, key: str) -> None:
    records.shops.create("gifts", [], NOW)

    assert records.shops.owner(key) is None


def test_a_secret_key_cannot_be_read_again(records: Records) -> None:
    keys = records.shops.create("gifts", [], NOW)

    public, secret = records.shops.keys("gifts")

    assert (public.kind, public.shown) == ("public", keys.public_key)
    assert (secret.kind, secret.shown) == ("secret", f"sk_…{keys.secret_key[-4:]}")


def test_a_rotated_key_replaces_the_old_one(records: Records) -> None:
    old = records.shops.create("gifts", [], NOW)

    new = records.shops.rotate("gifts", "secret", NOW)

    assert records.shops.owner(old.secret_key) is None
    assert records.shops.owner(new) == KeyOwner("gifts", "secret")
    assert records.shops.owner(old.public_key) == KeyOwner("gifts", "public")


def test_a_replaced_key_works_as_long_as_its_overlap(records: Records) -> None:
    old = records.shops.create("gifts", [], NOW)

    new = records.shops.rotate("gifts", "secret", NOW, timedelta(hours=2))

    for minutes, known in ((0, True), (119, True), (120, False)):
        moment = NOW + timedelta(minutes=minutes)
        assert (records.shops.owner(old.secret_key, moment) is not None) is known
        assert records.shops.owner(new, moment) == KeyOwner("gifts", "secret")
    ends = [(key.shown, key.ends_at) for key in records.shops.keys("gifts") if key.kind == "secret"]
    assert ends == [(f"sk_…{new[-4:]}", None), (f"sk_…{old.secret_key[-4:]}", NOW + timedelta(hours=2))]


def test_another_rotation_lengthens_no_keys_life_and_may_end_all_of_them(records: Records) -> None:
    first = records.shops.create("gifts", [], NOW).public_key
    second = records.shops.rotate("gifts", "public", NOW, timedelta(hours=1))
    third = records.shops.rotate("gifts", "public", NOW, timedelta(hours=5))
    later = NOW + timedelta(hours=2)
    assert [records.shops.owner(key, later) is not None for key in (first, second, third)] == [False, True, True]

    fourth = records.shops.rotate("gifts", "public", later)

    assert [records.shops.owner(key, later) is not None for key in (first, second, third, fourth)] == [
        *[False] * 3,
        True,
    ]
    assert len(records.shops.keys("gifts")) == 2


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_has_bounds(records: Records, overlap: timedelta) -> None:
    records.shops.create("gifts", [], NOW)

    with pytest.raises(InputError, match="overlap"):
        records.shops.rotate("gifts", "secret", NOW, overlap)


def test_no_table_and_no_file_of_the_records_holds_a_secret_key(records: Records, workspace: Workspace) -> None:
    keys = records.shops.create("gifts", [], NOW)
    rotated = records.shops.rotate("gifts", "secret", NOW, timedelta(hours=1))
    with records.database.read() as connection:
        told = str([connection.execute(select(table)).all() for table in METADATA.sorted_tables]).encode()
    files = b"".join(path.read_bytes() for path in workspace.home.rglob("*") if path.is_file())

    assert keys.public_key.encode() in told  # so a key that is kept as it is would be found
    for secret in (keys.secret_key, rotated):
        assert secret.removeprefix("sk_").encode() not in told + files


def test_a_kind_of_key_that_does_not_exist_is_refused(records: Records) -> None:
    records.shops.create("gifts", [], NOW)

    with pytest.raises(InputError, match="use public or secret"):
        records.shops.rotate("gifts", "private", NOW)  # type: ignore[arg-type]


def test_a_second_shop_of_one_name_is_refused(records: Records) -> None:
    records.shops.create("gifts", [], NOW)

    with pytest.raises(ConflictError, match="'gifts' exists already"):
        records.shops.create("gifts", [], NOW)


def test_an_unknown_shop_is_answered_with_the_known_ones(records: Records) -> None:
    records.shops.create("toys", [], NOW)
    records.shops.create("gifts", [], NOW)

    with pytest.raises(NotFoundError, match="no shop 'gift'; shops: gifts, toys"):
        records.shops.get("gift")


@pytest.mark.parametrize("name", ["", "Gifts", "a b", "../x", "é", "a" * 64])
def test_a_name_that_could_not_be_a_folder_is_refused(records: Records, name: str) -> None:
    with pytest.raises(InputError, match="shop"):
        records.shops.create(name, [], NOW)


@pytest.mark.parametrize("origin", ["gifts.example", "https://", "https://a/b", "*", "ftp://a", "https://*.a", "null"])
def test_an_origin_that_no_browser_sends_is_refused(records: Records, origin: str) -> None:
    with pytest.raises(InputError, match="origin"):
        records.shops.create("gifts", [origin], NOW)


def test_origins_can_be_replaced(records: Records) -> None:
    records.shops.create("gifts", ["https://old.example"], NOW)

    records.shops.set_origins("gifts", ["https://new.example"])

    assert records.shops.get("gifts").origins == ("https://new.example",)


def test_origins_of_an_unknown_shop_cannot_be_set(records: Records) -> None:
    with pytest.raises(NotFoundError, match="none yet"):
        records.shops.set_origins("gifts", [])


def test_shops_are_listed_by_name(records: Records) -> None:
    for name in ("b", "a"):
        records.shops.create(name, [], NOW)

    assert records.shops.list() == ["a", "b"]
