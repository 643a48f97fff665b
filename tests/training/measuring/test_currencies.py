"""Money of several currencies is never added up."""

from typing import Any

import pytest

from recommender.errors import InputError
from tests.training.measuring.logs import log
from training.measuring.currencies import Currencies
from training.measuring.orders import orders

CATALOGUE: list[tuple[str, dict[str, Any]]] = [
    ("a", {"cost": "4", "currency": "EUR"}),
    ("b", {"cost": "5"}),
    ("c", {"cost": "6", "currency": "USD"}),
    ("d", {"currency": "EUR"}),
]


def sold(currency: str | None, value: float, **more: Any) -> dict[str, Any]:
    return {"order_id": f"{currency}{value}", "value": value, "currency": currency, "visitor_id": "v", **more}


def test_the_usual_currency_is_that_of_most_orders() -> None:
    """Not of most money, of most lines, or of what browsers claim; capitals do not matter."""
    line = sold("USD", 900.0, event_id="lines")
    rows = log(
        sold("eur", 1.0), sold("EUR", 2.0), line, line | {"item_index": 1}, line | {"item_index": 2},
        *(sold("GBP", float(n), verified=False) for n in range(5)),
    )  # fmt: skip
    assert Currencies.of(rows) == Currencies("EUR", "EUR")


def test_of_two_as_frequent_the_first_by_name_is_the_usual_one() -> None:
    """So that a report does not change from run to run."""
    assert Currencies.of(log(sold("USD", 1.0), sold("CHF", 2.0))).usual == "CHF"


@pytest.mark.parametrize(
    ("asked", "kept", "left_out"),
    [(None, [1.0, 2.0, 4.0], {"USD": 1}), ("usd", [8.0], {"EUR": 3})],
    ids=["usual", "asked for"],
)
def test_what_names_no_currency_is_of_the_usual_one(
    asked: str | None, kept: list[float], left_out: dict[str, int]
) -> None:
    """Two orders in euros and one unnamed, one in dollars."""
    rows = log(sold("EUR", 1.0), sold("eur", 2.0), sold(None, 4.0), sold("USD", 8.0))
    found = Currencies.of(rows, asked).in_one(orders(rows, {}))
    assert (found.orders["revenue"].to_list(), found.left_out) == (kept, left_out)


def test_where_no_order_names_a_currency_nothing_is_left_out() -> None:
    """Most imports are so."""
    rows = log(sold(None, 1.0), sold(None, 2.0))
    money = Currencies.of(rows)
    assert (money, money.in_one(orders(rows, {})).left_out) == (Currencies(None, None), {})
    assert money.costs(CATALOGUE) == {"a": 4.0, "b": 5.0, "c": 6.0}


def test_costs_count_in_their_own_currency_only() -> None:
    """Elsewhere they are unknown, which the report says."""
    assert Currencies("EUR", "EUR").costs(CATALOGUE) == {"a": 4.0, "b": 5.0}
    assert Currencies("USD", "EUR").costs(CATALOGUE) == {"c": 6.0}


def test_a_currency_that_is_none_is_refused() -> None:
    """With what would be one."""
    with pytest.raises(InputError, match="ISO 4217"):
        Currencies.of(log(sold("EUR", 1.0)), "euro")
