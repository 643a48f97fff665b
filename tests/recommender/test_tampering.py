"""No token of any kind stands being touched."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from recommender import tokens
from recommender.engine.page import Page, PageType
from recommender.errors import InputError
from recommender.retention.arm import PURPOSE, Arm
from recommender.retention.knowledge import Told
from recommender.tokens import Attribution, customer_token, verify_customer_token

KEY, OTHER = "signing key", "another shop's"
LIST = Attribution(shop="gifts", placement="home", strategy="similar", model_version="20250615-0a1b", propensity=0.5)
ARM = Arm("gifts", "a1", "flash", "v", "c", "s", 2000, Told(Page(PageType.PRODUCT, "lamp"), "https://a.example/", ""))


@dataclass(frozen=True)
class Kind:
    """A kind of token: one of them, and whether a text is taken for one under a key."""

    token: str
    opens: Callable[[str, str], bool]


def reads(read: Callable[[str, str], object]) -> Callable[[str, str], bool]:
    def opens(token: str, key: str) -> bool:
        try:
            read(token, key)
        except InputError:
            return False
        return True

    return opens


KINDS = {
    "attribution": Kind(tokens.sign(LIST, KEY), reads(tokens.read)),
    "arm": Kind(ARM.sign(KEY), reads(Arm.read)),
    "customer": Kind(
        customer_token("gifts", "c", 2000, KEY),
        lambda token, key: verify_customer_token(token, "gifts", "c", key=key, now=1000),
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


def test_untouched_it_opens(kind: Kind) -> None:
    assert kind.opens(kind.token, KEY)


def test_with_any_bit_turned_it_does_not(kind: Kind) -> None:
    sent = kind.token.encode()
    for place in range(8 * len(sent)):
        turned = bytearray(sent)
        turned[place // 8] ^= 1 << place % 8
        assert not kind.opens(turned.decode("latin-1"), KEY), turned


def test_with_any_character_taken_out_or_put_in_it_does_not(kind: Kind) -> None:
    for place in range(len(kind.token)):
        begin, end = kind.token[:place], kind.token[place:]
        for touched in (begin, end[1:], begin + end[1:], begin + "A" + end, begin + "." + end, begin + "=" + end):
            assert not kind.opens(touched, KEY), touched


@pytest.mark.parametrize("touch", ["{} ", " {}", "{}\n", "{}=", "{}.", "{}.{}", "1.{}", "{}\x00"])
def test_with_anything_around_it_it_does_not(kind: Kind, touch: str) -> None:
    assert not kind.opens(touch.format(kind.token, kind.token), KEY)


@pytest.mark.parametrize("key", [OTHER, "", KEY + " ", KEY[:-1], KEY.upper()])
def test_under_another_key_it_does_not(kind: Kind, key: str) -> None:
    assert not kind.opens(kind.token, key)


def test_one_kind_is_not_taken_for_another() -> None:
    for name, kind in KINDS.items():
        for other in KINDS:
            assert kind.opens(KINDS[other].token, KEY) is (name == other)


def test_the_signature_of_one_does_not_hold_for_what_another_says() -> None:
    second = replace(ARM, expires=9_999)
    _, payload, _ = second.sign(KEY).split(".")
    _, _, signature = ARM.sign(KEY).split(".")
    assert not KINDS["arm"].opens(f"1.{payload}.{signature}", KEY)


@pytest.mark.parametrize("expires", [1000, 999, 0])
def test_a_customer_token_that_has_ended_is_worth_nothing(expires: int) -> None:
    assert not KINDS["customer"].opens(customer_token("gifts", "c", expires, KEY), KEY)


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    compared = []
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append((one, other)) or one == other)
    assert kind.opens(kind.token, KEY)
    assert not kind.opens(kind.token[:-2] + "xx", KEY)
    assert [len(one) == len(other) for one, other in compared] == [True, True]


def test_what_a_newer_vitrine_adds_to_an_arm_token_is_left_out() -> None:
    """A page may be answered by a process of the next version, and the trigger by one of this."""
    shop, arm_id, campaign_id, person, expires, page, seen = tokens.opened(ARM.sign(KEY), PURPOSE, KEY)
    longer = [shop, arm_id, campaign_id, [*person, "more"], expires, [*page, 1], [*seen, {}], "more"]
    assert Arm.read(tokens.sealed(longer, PURPOSE, KEY), KEY) == ARM
