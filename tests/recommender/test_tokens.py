"""Tokens are signed values: equal for equal contents, worthless once altered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import InputError
from recommender.tokens import ATTRIBUTION, Attribution, customer_token, read, sealed, sign, verify_customer_token

LIST = Attribution(shop="gifts", placement="product-similar", strategy="similar", model_version="20250615-0a1b2c3d")
KEY = "signing key"


def test_what_is_signed_can_be_read_again() -> None:
    assert read(sign(LIST, KEY), KEY) == LIST


def test_what_a_newer_vitrine_adds_at_the_end_is_left_out() -> None:
    assert read(sealed([*LIST, "more"], ATTRIBUTION, KEY), KEY) == LIST


def test_equal_lists_have_equal_tokens() -> None:
    assert sign(LIST, KEY) == sign(Attribution("gifts", "product-similar", "similar", "20250615-0a1b2c3d"), KEY)


def test_a_token_is_fit_for_a_url() -> None:
    assert set(sign(LIST, KEY)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(st.text(max_size=80))
def test_a_made_up_token_is_refused(token: str) -> None:
    with pytest.raises(InputError, match="attribution_token"):
        read(token, KEY)


@given(st.data())
def test_an_altered_token_is_refused(data: st.DataObject) -> None:
    token = sign(LIST, KEY)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("Aa0-_.é").filter(lambda character: character != token[place]))
    with pytest.raises(InputError):
        read(token[:place] + other + token[place + 1 :], KEY)


def test_the_key_of_another_shop_does_not_open_it() -> None:
    with pytest.raises(InputError):
        read(sign(LIST, KEY), "another key")


@given(
    st.builds(
        Attribution,
        shop=st.text(),
        placement=st.none() | st.text(),
        strategy=st.text(),
        model_version=st.text(),
        configuration_version=st.integers(0, 2**53),
        catalog_revision=st.integers(0, 2**53),
        item_id=st.none() | st.text(),
        propensity=st.none() | st.floats(0, 1),
    )
)
def test_any_attribution_survives_its_token(attribution: Attribution) -> None:
    assert read(sign(attribution, KEY), KEY) == attribution


def test_a_customer_token_is_the_hmac_of_shop_customer_and_expiry() -> None:
    # printf 'gifts\ncustomer-7\n1750000000' | openssl dgst -sha256 -hmac 'signing key'
    digest = "dc3d7600be880932b7958a372ee0a558738465270ec0f0f17bb922723b0cf32e"
    assert customer_token("gifts", "customer-7", 1750000000, KEY) == f"1750000000.{digest}"


def test_a_customer_token_counts_until_it_expires() -> None:
    token = customer_token("gifts", "customer-7", 1000, KEY)
    assert verify_customer_token(token, "gifts", "customer-7", key=KEY, now=999.9)
    assert not verify_customer_token(token, "gifts", "customer-7", key=KEY, now=1000)


@pytest.mark.parametrize(
    ("shop", "customer", "key"), [("toys", "c", KEY), ("gifts", "d", KEY), ("gifts", "c", "other")]
)
def test_a_customer_token_is_bound_to_shop_customer_and_key(shop: str, customer: str, key: str) -> None:
    token = customer_token("gifts", "c", 1000, KEY)
    assert not verify_customer_token(token, shop, customer, key=key, now=1)


@given(st.text(max_size=100))
def test_a_made_up_customer_token_is_refused(token: str) -> None:
    assert not verify_customer_token(token, "gifts", "c", key=KEY, now=1)


def test_a_longer_life_cannot_be_written_into_a_customer_token() -> None:
    _, _, digest = customer_token("gifts", "c", 1000, KEY).partition(".")
    assert not verify_customer_token(f"9999.{digest}", "gifts", "c", key=KEY, now=1)
