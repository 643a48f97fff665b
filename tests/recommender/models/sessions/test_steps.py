import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.models.sessions import Prefixes, Sessions
from tests.recommender.models.builders import Row, interactions
from tests.recommender.models.sessions.logs import sessions


def view(item: str, age: float, session: int = 0, event: str = "view_item") -> Row:
    return Row("ann", item, event, age, session=session)


def test_a_session_holds_its_steps_in_their_order() -> None:
    found = Sessions.build(interactions([view("b", 2), view("a", 1), view("b", 0)]))

    assert found.item_rows.tolist() == [1, 0, 1]
    assert found.ages_days.tolist() == [0]


def test_sessions_stand_in_the_order_in_which_they_ended() -> None:
    found = Sessions.build(interactions([view("a", 5, 0), view("b", 1, 0), view("c", 4, 1), view("d", 3, 1)]))

    assert found.item_rows.tolist() == [2, 3, 0, 1]
    assert found.ages_days.tolist() == [3, 1]


def test_a_view_that_ends_in_the_cart_is_one_step() -> None:
    rows = [view("a", 3), view("a", 2, event="add_to_cart"), view("b", 1), view("b", 0)]

    found = Sessions.build(interactions(rows))

    assert found.item_rows.tolist() == [0, 1, 1]
    assert found.events.tolist() == [3, 1, 1]


def test_sessions_of_one_step_or_without_browsing_are_left_out() -> None:
    rows = [
        view("a", 3, 0),
        view("a", 2, 1, "purchase"),
        view("b", 2, 1, "purchase"),
        view("a", 1, -1),
        view("b", 1, -1),
    ]

    assert len(Sessions.build(interactions(rows))) == 0


def test_no_rows_are_no_sessions() -> None:
    assert len(Sessions.build(interactions([], items="ab"))) == 0


def test_a_part_counts_ages_from_its_own_end() -> None:
    part = sessions("ab", "cde", "fg").part(0, 2)

    assert part.item_rows.tolist() == [0, 1, 2, 3, 4]
    assert part.starts.tolist() == [0, 2, 5]
    assert part.ages_days.tolist() == [1, 0]


def test_every_step_but_the_first_was_to_be_foreseen() -> None:
    found = Prefixes.of(sessions("ab", "cde"))

    assert found.targets.tolist() == [1, 3, 4]
    assert list(zip(found.begins, found.ends, strict=True)) == [(0, 1), (2, 3), (2, 4)]
    assert found.sessions.tolist() == [0, 1, 1]


@given(st.lists(st.text("abcde", min_size=2, max_size=9), min_size=1, max_size=9), st.integers(1, 9))
def test_a_draw_keeps_prefixes_together_with_their_targets(words: list[str], size: int) -> None:
    log = sessions(*words)

    found = Prefixes.of(log).drawn(size, seed=1)

    assert len(found) == min(size, sum(map(len, words)) - len(words))
    np.testing.assert_array_equal(found.targets, log.item_rows[found.ends])
    assert (found.begins < found.ends).all()
