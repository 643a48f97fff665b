"""The demo shop's cart."""

from hypothesis import given
from hypothesis import strategies as st

from api.demo.basket import COOKIE, Basket


def test_adding_counts_up_and_zero_takes_out() -> None:
    basket = Basket({}).add("A", 2).add("A", 1).add("B", 1)
    assert basket.pieces == {"A": 3, "B": 1}
    assert basket.put("A", 0).pieces == {"B": 1}
    assert basket.count == 4


def test_a_damaged_cookie_is_an_empty_basket() -> None:
    assert Basket.read({COOKIE: "%%%|:|x"}).pieces == {}


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.integers(1, 999), max_size=5))
def test_the_cookie_carries_any_id_there_and_back(pieces: dict[str, int]) -> None:
    basket = Basket(pieces)
    assert all(32 < ord(letter) < 127 and letter not in ';,"\\' for letter in basket.cookie())
    assert Basket.read({COOKIE: basket.cookie()}).pieces.items() >= {
        (id_, count) for id_, count in pieces.items() if len(id_.encode()) <= 20
    }
