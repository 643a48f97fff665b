from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import money
from recommender.errors import InputError

CURRENCIES = st.sampled_from(["JPY", "KWD", "BRL", "EUR"])
AMOUNTS = st.decimals(0, 10**9, places=5)


@pytest.mark.parametrize(("currency", "digits", "coin"), [("JPY", 0, "1"), ("BRL", 2, "0.01"), ("KWD", 3, "0.001")])
def test_a_currency_has_its_own_smallest_coin(currency: str, digits: int, coin: str) -> None:
    assert money.digits(currency) == digits
    assert money.coin(currency) == Decimal(coin)


@pytest.mark.parametrize(
    ("amount", "currency", "shown", "given"),
    [
        ("0.5", "JPY", "1", "0"),
        ("1234.49", "JPY", "1234", "1234"),
        ("2.675", "BRL", "2.68", "2.67"),
        ("0.0005", "KWD", "0.001", "0.000"),
        ("1.0014", "KWD", "1.001", "1.001"),
    ],
)
def test_half_a_coin_is_shown_as_a_whole_one_and_never_given(
    amount: str, currency: str, shown: str, given: str
) -> None:
    assert str(money.rounded(Decimal(amount), currency)) == shown
    assert str(money.floored(Decimal(amount), currency)) == given


def test_a_share_is_worked_out_exactly_before_it_is_rounded() -> None:
    assert money.share(Decimal(200), Decimal(15), "EUR") == Decimal(30)
    assert str(money.share(Decimal("99.99"), Decimal("12.5"), "EUR")) == "12.49"  # 12.49875
    assert str(money.share(Decimal("1999"), Decimal(10), "JPY")) == "199"
    assert str(money.share(Decimal("1.999"), Decimal(10), "KWD")) == "0.199"


@pytest.mark.parametrize("code", ["EURO", "XQX", "", "eur"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(InputError, match="currency"):
        money.digits(code)


@given(AMOUNTS, st.decimals("0.01", 100, places=2), CURRENCIES)
def test_a_share_is_never_more_than_the_percent_and_misses_less_than_a_coin(
    amount: Decimal, percent: Decimal, currency: str
) -> None:
    exact = amount * percent / 100
    share = money.share(amount, percent, currency)
    assert exact - money.coin(currency) < share <= exact
    assert money.fits(share, currency)


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_what_is_stored_in_coins_is_read_as_it_was(coins: int, currency: str) -> None:
    amount = money.from_minor(coins, currency)
    assert money.to_minor(amount, currency) == coins
    assert -amount.as_tuple().exponent == money.digits(currency)  # type: ignore[operator]
