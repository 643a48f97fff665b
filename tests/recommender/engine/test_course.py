from dataclasses import replace

import pytest

from recommender.engine.course import Course
from recommender.engine.request import CartItem, Interaction, Visitor
from recommender.vocabulary import Vocabulary
from tests.recommender.engine.shops import NOW

ITEMS = Vocabulary(["a", "b", "c"])


def view(item: str, minutes: float | None = None, event: str = "view_item") -> Interaction:
    return Interaction(item, event, None if minutes is None else NOW.timestamp() - 60 * minutes)


def course(visitor: Visitor) -> list[tuple[str, int]]:
    found = Course.of(visitor, ITEMS, NOW)
    return [(ITEMS[row], int(code)) for row, code in zip(found.rows, found.codes, strict=True)]


def test_the_session_of_the_request_is_the_course() -> None:
    visitor = Visitor(history=(view("c", 5),), session=(view("a"), view("b"), view("a")))

    assert course(visitor) == [("a", 1), ("b", 1), ("a", 1)]


def test_without_one_the_latest_events_without_a_pause_are() -> None:
    visitor = Visitor(history=(view("a", 100), view("b", 50), view("c", 25), view("a", 1)))

    assert course(visitor) == [("b", 1), ("c", 1), ("a", 1)]


def test_what_happened_long_ago_is_no_session() -> None:
    assert course(Visitor(history=(view("a", 32), view("b", 31)))) == []


def test_events_that_show_no_interest_and_unknown_items_are_no_steps() -> None:
    assert course(Visitor(session=(view("a", event="view_item_list"), view("unknown"), view("b")))) == [("b", 1)]


def test_a_view_that_ends_in_the_cart_is_one_step() -> None:
    assert course(Visitor(session=(view("a"), view("b"), view("b", event="add_to_cart"), view("b")))) == [
        ("a", 1), ("b", 3), ("b", 1),
    ]  # fmt: skip


def test_items_of_the_cart_count_as_put_there() -> None:
    visitor = Visitor(session=(view("a"), view("b")), cart=(CartItem("c"), CartItem("a"), CartItem("unknown")))

    assert course(visitor) == [("c", 3), ("a", 3), ("b", 1)]


@pytest.mark.parametrize("items", [(), ("a", "b")])
def test_without_consent_there_is_no_course(items: tuple[str, ...]) -> None:
    visitor = Visitor(session=tuple(map(view, items)), cart=(CartItem("c"),))

    assert course(replace(visitor, personal=False)) == []
