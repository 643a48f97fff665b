"""What a candidate would have earned: hand-worked numbers, and refusals."""

from collections.abc import Sequence

import numpy as np
import pytest

from recommender.experiments.estimators import dr, ips
from recommender.replay.answer import Shown
from training.replaying.candidate import Choice
from training.replaying.earnings import Line, Table, earnings
from training.replaying.rewards import Place


def shown(*items: str, placement: str = "slot", title: str = "For you") -> tuple[Shown, ...]:
    return (Shown(placement, "for_you", title, items),)


PLAIN, SHORT, NEW = shown("a", "b"), shown("a"), shown("z")
HALVES = [Choice(0.5, PLAIN), Choice(0.5, SHORT)]


def pages(
    count: int, was: tuple[Shown, ...], wanted: Sequence[Choice], possible: Sequence[Choice] = HALVES
) -> list[Line]:
    return [Line(f"{was[0].items}-{n}", f"v{n}", was, possible, wanted) for n in range(count)]


def clicks(lines: list[Line], item: str, count: int, spent: float = 0.0) -> dict[Place, tuple[float, ...]]:
    """The first so many pages have this item clicked; then one order each, if anything was spent."""
    return {Place(one.request_id, "slot", item): (1.0, float(spent > 0), spent) for one in lines[:count]}


def test_a_candidate_that_is_one_of_two_variants_earns_what_that_one_did() -> None:
    """By hand: 150 pages had the short list and 45 clicks (.3), so did the candidate's; the log's 300 had 75 (.25)."""
    sure = [Choice(1.0, SHORT)]
    plain, short = pages(150, PLAIN, sure), pages(150, SHORT, sure)
    found = earnings([*plain, *short], clicks(plain, "b", 30) | clicks(short, "a", 45, 10.0), seed=1)["pages"]
    assert (found["lines"], found["effective_lines"], found["covered"], found["refused"]) == (300, 150.0, 1.0, None)
    of_clicks, revenue = found["measures"]["clicks"], found["measures"]["revenue"]
    assert of_clicks["logged"]["value"] == pytest.approx(0.25)
    assert of_clicks["ips"]["value"] == pytest.approx(2 * 45 / 300)
    assert of_clicks["snips"]["value"] == pytest.approx(0.3)
    assert revenue["snips"]["value"] == pytest.approx(3.0)
    assert found["measures"]["orders"]["snips"]["value"] == pytest.approx(0.3)
    low, high = of_clicks["snips"]["interval"]
    assert low < 0.3 < high


def test_what_is_shown_anyway_tells_of_a_list_twice() -> None:
    """Two variants that look the same to a visitor have the chance of both."""
    same = [Choice(0.5, PLAIN), Choice(0.5, PLAIN)]
    lines = pages(200, PLAIN, [Choice(1.0, PLAIN)], same)
    found = earnings(lines, clicks(lines, "a", 50), seed=1)["pages"]
    assert found["effective_lines"] == 200.0
    assert found["measures"]["clicks"]["ips"]["value"] == pytest.approx(0.25)


def test_a_mixture_of_both_weighs_each_by_what_it_would_be_shown() -> None:
    """The candidate shows the short list to nine of ten: .9 · .3 + .1 · .2 = .29."""
    mixed = [Choice(0.1, PLAIN), Choice(0.9, SHORT)]
    plain, short = pages(500, PLAIN, mixed), pages(500, SHORT, mixed)
    found = earnings([*plain, *short], clicks(plain, "b", 100) | clicks(short, "a", 150), seed=1)["pages"]
    assert found["measures"]["clicks"]["snips"]["value"] == pytest.approx(0.29)
    assert found["effective_lines"] == pytest.approx(1000 / (0.5 * 0.2**2 + 0.5 * 1.8**2), abs=0.1)


def test_a_list_that_nobody_was_shown_is_refused_in_words() -> None:
    """Without overlap every number would be invented."""
    lines = pages(300, PLAIN, [Choice(1.0, NEW)])
    found = earnings(lines, clicks(lines, "a", 100), seed=1)["pages"]
    assert "no line of the log is a choice that the policy would make" in found["refused"]
    assert "measures" not in found


def test_where_only_some_pages_are_as_the_candidate_wants_them_nothing_is_said_of_all() -> None:
    """Nine pages of ten would look the same, and of the tenth nothing is known."""
    kept = pages(900, PLAIN, [Choice(1.0, PLAIN)], [Choice(1.0, PLAIN)])
    other = [one._replace(visitor_id=f"w{n}") for n, one in enumerate(pages(100, SHORT, [Choice(1.0, NEW)]))]
    found = earnings([*kept, *other], {}, seed=1)["pages"]
    assert found["refused"].startswith(
        "of 90.0% the candidate might have shown what was shown; the log covers 90% of what the policy would choose"
    )


def test_another_title_is_another_choice() -> None:
    """Shoppers read it."""
    lines = pages(300, PLAIN, [Choice(1.0, shown("a", "b", title="Loved"))])
    assert earnings(lines, {}, seed=1)["pages"]["refused"] is not None


def test_a_placement_that_stays_is_told_apart_from_one_that_changes() -> None:
    """The page as a whole is unknown, and so is the slot that changes; the other's earnings stand."""
    beside = shown("x", placement="beside")
    lines = [
        one._replace(
            shown=one.shown + beside, possible=[Choice(1.0, PLAIN + beside)], wanted=[Choice(1.0, NEW + beside)]
        )
        for one in pages(300, PLAIN, [])
    ]
    clicked = {Place(one.request_id, "beside", "x"): (1.0, 0.0, 0.0) for one in lines[:60]}
    found = earnings(lines, clicked, seed=1)
    assert found["pages"]["refused"] is not None
    assert found["placements"]["slot"]["refused"] is not None
    assert found["placements"]["beside"]["measures"]["clicks"]["snips"]["value"] == pytest.approx(0.2)


def test_a_placement_that_the_candidate_drops_is_not_judged() -> None:
    """There is nothing that it would show there."""
    found = earnings(pages(300, PLAIN, [Choice(1.0, ())]), {}, seed=1)
    assert found["placements"] == {}


def test_nothing_logged_is_refused() -> None:
    """An empty log says nothing."""
    assert earnings([], {}, seed=1)["pages"]["refused"] is not None


def test_doubly_robust_needs_neither_luck_nor_many_pages() -> None:
    """Over forty logs of known truth (.3), it is right on average and no wider than IPS."""
    sure, draw = [Choice(1.0, SHORT)], np.random.default_rng(1)
    estimates = []
    for _ in range(40):
        plain, short = pages(300, PLAIN, sure), pages(300, SHORT, sure)
        kept = [one for one in plain if draw.random() < 0.5] + [one for one in short if draw.random() < 0.5]
        clicked = {
            Place(one.request_id, "slot", "a"): (1.0, 0.0, 0.0)
            for one in kept
            if draw.random() < (0.3 if one.shown == SHORT else 0.2)
        }
        logged = Table.of(kept).logged(clicked, 0, seed=1)
        estimates.append([ips(logged), dr(logged)])
    weighed, doubly = np.array(estimates).T
    assert doubly.mean() == pytest.approx(0.3, abs=0.012)
    assert doubly.std() <= weighed.std()
