import pytest

from recommender.errors import ConflictError, InputError, NotFoundError
from recommender.records import KeyOwner, Records
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
