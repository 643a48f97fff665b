"""What differs between two answers, counted by hand."""

from recommender.replay.answer import Answer, Shown
from recommender.retention.reason import Reason
from training.replaying.differences import Differences


def answer(*shown: Shown) -> Answer:
    return Answer(shown, (), "digest")


def slot(*items: str, placement: str = "slot", title: str = "For you") -> Shown:
    return Shown(placement, "for_you", title, items)


def counted(before: Answer, after: Answer) -> dict[str, object]:
    found = Differences()
    found.count(before, after, {}, {})
    return {**found.document()["placements"][0], "page": found.differ}


def test_positions_are_compared_one_by_one() -> None:
    """`a b c` and `b a c d`: the first two and the last differ; only `d` is new."""
    found = counted(answer(slot("a", "b", "c")), answer(slot("b", "a", "c", "d")))
    assert (found["positions"], found["positions_differ"]) == (4, 3)
    assert (found["items_gained"], found["items_lost"], found["most_gained"]) == (1, 0, {"d": 1})
    assert (found["differ"], found["page"]) == (1, 1)


def test_another_title_over_the_same_items_is_a_difference_of_its_own() -> None:
    found = counted(answer(slot("a")), answer(slot("a", title="Loved")))
    assert (found["differ"], found["other_title_only"], found["positions_differ"], found["page"]) == (1, 1, 0, 1)


def test_a_slot_that_goes_loses_everything() -> None:
    found = counted(answer(slot("a", "b")), answer())
    assert (found["differ"], found["positions_differ"], found["items_lost"], found["page"]) == (1, 2, 2, 1)


def test_the_same_answer_differs_in_nothing() -> None:
    found = counted(answer(slot("a", "b")), answer(slot("a", "b")))
    assert (found["differ"], found["positions_differ"], found["page"]) == (0, 0, 0)


def test_campaigns_are_counted_with_what_is_against_them() -> None:
    """Three pages: open on two of them before, on one later."""
    found = Differences()
    for before, after in ((None, Reason.WHOM), (None, None), (Reason.CAP, Reason.CAP)):
        found.count(answer(), answer(), {"hello": before}, {"hello": after, "new": Reason.WHERE})
    hello, new = found.document()["campaigns"]
    assert (hello["armed"], hello["would_be_armed"], hello["newly"], hello["no_longer"]) == (2, 1, 0, 1)
    assert (hello["not_armed"], hello["would_not_be_armed"]) == ({"cap": 1}, {"cap": 1, "whom": 1})
    assert (new["not_armed"], new["would_not_be_armed"]) == ({"unknown_campaign": 3}, {"where": 3})
