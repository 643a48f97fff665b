"""Money as shops reckon it: decimal, with as many digits as its currency has (JPY 0, BRL 2, KWD 3).

What is shown or added up is rounded half up, as people do it. What is given away (a discount, a credit) is rounded
down to the smallest coin: a discount of 10 % is never more than 10 %.
"""

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Annotated

from babel.numbers import get_currency_precision, list_currencies
from pydantic import AfterValidator, Field, StringConstraints

from recommender.errors import InputError
from recommender.refusals import refusal

MOST = Decimal(10**12)
"""No amount is larger in any currency; such a number is a slip."""


def _known(code: str) -> str:
    if not is_currency(code):
        raise refusal("", code, "use the three letters of a currency, like EUR")
    return code


Currency = Annotated[str, StringConstraints(to_upper=True), AfterValidator(_known)]
"""A currency's three letters."""
Amount = Annotated[Decimal, Field(ge=0, le=MOST)]
PositiveAmount = Annotated[Decimal, Field(gt=0, le=MOST)]


@lru_cache(1)
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def is_currency(code: str) -> bool:
    """Whether there is a currency of these three capital letters."""
    return code in _currencies()


@lru_cache(512)
def digits(currency: str) -> int:
    """How many digits follow the point.

    Raises:
        InputError: no such currency.
    """
    if not is_currency(currency):
        raise InputError("currency", currency, "use the three letters of a currency, like EUR")
    return get_currency_precision(currency)


def coin(currency: str) -> Decimal:
    """The smallest amount: 0.01 in EUR, 1 in JPY, 0.001 in KWD."""
    return Decimal(1).scaleb(-digits(currency))


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To whole coins, half a coin up: for what is shown and added up."""
    return amount.quantize(coin(currency), ROUND_HALF_UP)


def floored(amount: Decimal, currency: str) -> Decimal:
    """To whole coins, downwards: for what is given away."""
    return amount.quantize(coin(currency), ROUND_DOWN)


def raised(amount: Decimal, currency: str) -> Decimal:
    """To whole coins, upwards: for what is set aside."""
    return amount.quantize(coin(currency), ROUND_CEILING)


def share(amount: Decimal, percent: Decimal, currency: str) -> Decimal:
    """So many percent of an amount, never a part of a coin more."""
    return floored(amount * percent / 100, currency)


def fits(amount: Decimal, currency: str) -> bool:
    """Whether the amount is a whole number of the currency's coins."""
    return amount == rounded(amount, currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in coins, as it is stored; parts of a coin are rounded half up."""
    return int(rounded(amount, currency).scaleb(digits(currency)))


def from_minor(coins: int, currency: str) -> Decimal:
    """The amount of so many coins."""
    return Decimal(coins).scaleb(-digits(currency)).quantize(coin(currency))
