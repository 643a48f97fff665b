"""Baselines answer the very cases, with the very items left out, that the engine answers."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from recommender.engine.request import Interaction, Visitor
from recommender.models.arrays import IntArray
from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import event, scan, shop_events
from training.baselines import ALL, Baseline, answers
from training.cases import Case, Unit
from training.interactions import Prepared
from training.past import Past
from training.steps import LocalSteps

SIZE = 5


def prepared(events: Iterable[dict[str, Any]]) -> Prepared:
    return LocalSteps().prepare(scan(*events), {}, configuration=TrainingConfiguration(), now=NOW)


def ranked(
    found: Prepared, unit: Unit, *cases: Case, repeats: bool, size: int = SIZE
) -> dict[Baseline, list[list[str]]]:
    past = Past.of(found, unit)
    lists = answers(ALL, past, past.known(cases), size=size, repeats=repeats, seed=1)
    return {name: [named(found, row) for row in rows] for name, rows in lists.items()}


def named(found: Prepared, rows: IntArray) -> list[str]:
    return [found.items[row] for row in rows.tolist() if row >= 0]


def buyer(name: str) -> Case:
    return Case(name, Visitor(customer_id=name), (), frozenset("x"))


def browsing(*items: str) -> Case:
    return Case("session", Visitor(session=tuple(Interaction(item) for item in items)), (), frozenset("x"))


def bought(*orders: str, customer: str = "c") -> list[dict[str, Any]]:
    """One order of several one-letter items a string, the first one the oldest."""
    return [
        event("purchase", item, ago=len(orders) - place, customer_id=customer, order_id=f"{customer}{place}")
        for place, order in enumerate(orders)
        for item in order
    ]


def test_what_most_had_lately_is_popular() -> None:
    events = [event("view_item", item, ago=ago, visitor_id=who) for item, ago, who in (
        ("old", 60, "u"), ("old", 61, "v"), ("old", 62, "w"), ("twice", 1, "u"), ("twice", 2, "v"), ("once", 1, "u"),
    )]  # fmt: skip

    found = ranked(prepared(events), Unit.PEOPLE, browsing("unknown"), repeats=False)

    assert found[Baseline.POPULAR] == [["twice", "once", "old"]]


def test_a_busy_hand_counts_once() -> None:
    events = [event("view_item", "a", ago=day, visitor_id="u") for day in range(1, 9)]
    events += [event("view_item", "b", visitor_id=who) for who in "vw"]

    assert ranked(prepared(events), Unit.PEOPLE, browsing("x"), repeats=False)[Baseline.POPULAR] == [["b", "a"]]


def test_personal_frequency_counts_orders_and_then_popularity() -> None:
    found = prepared(bought("ab", "ba", "bc", "d") + bought("d", customer="e"))

    lists = ranked(found, Unit.BUYERS, buyer("c"), buyer("stranger"), repeats=True)

    # b in three orders, a in two; d before c, because two people bought it; a stranger gets what is popular.
    assert lists[Baseline.PERSONAL_FREQUENCY][0] == ["b", "a", "d", "c"]
    assert lists[Baseline.PERSONAL_FREQUENCY][1] == lists[Baseline.POPULAR][1]


def test_where_nothing_may_come_again_there_is_no_personal_frequency() -> None:
    assert Baseline.PERSONAL_FREQUENCY not in ranked(prepared(bought("ab")), Unit.BUYERS, buyer("c"), repeats=False)


def test_neighbours_by_hand() -> None:
    # Of four baskets a and b share two, a and c share one; d stands alone.
    found = prepared([*bought("ab", "ab", "ac", "d")])

    lists = ranked(found, Unit.ORDERS, Case("k", Visitor(), ("a",), frozenset("b")), repeats=False, size=2)

    # cos(a, b) = 2 / sqrt(3 * 2) = .82, cos(a, c) = 1 / sqrt(3 * 1) = .58.
    assert lists[Baseline.COSINE] == [["b", "c"]]


@pytest.mark.parametrize("baseline", sorted(ALL - {Baseline.PERSONAL_FREQUENCY}))
@pytest.mark.parametrize("unit", [Unit.PEOPLE, Unit.SESSIONS, Unit.ORDERS])
def test_lists_are_full_distinct_and_without_what_is_known(baseline: Baseline, unit: Unit) -> None:
    found = prepared(shop_events("view_item", "purchase", people=40))
    cases = (browsing("a0", "a1", "a1"), browsing("nothing"), Case("v", Visitor(visitor_id="v2"), (), frozenset("x")))
    known = Past.of(found, unit).known(cases)

    for case, items in enumerate(ranked(found, unit, *cases, repeats=False)[baseline]):
        held = set(named(found, known[case].indices))
        assert len(items) == len(set(items)) == SIZE
        assert not held & set(items)


@pytest.mark.parametrize("baseline", [Baseline.COSINE, Baseline.BM25, Baseline.ALS])
def test_a_taste_is_found(baseline: Baseline) -> None:
    found = prepared(shop_events("view_item", people=80))

    (items,) = ranked(found, Unit.SESSIONS, browsing("a0", "a1"), repeats=False, size=4)[baseline]

    assert set(items) == {"a2", "a3", "a4", "a5"}


def test_answers_repeat() -> None:
    found = prepared(shop_events("view_item", people=40))

    assert ranked(found, Unit.PEOPLE, browsing("a0"), repeats=True) == ranked(
        found, Unit.PEOPLE, browsing("a0"), repeats=True
    )


def test_nothing_in_the_past_leaves_what_costs_nothing() -> None:
    lists = ranked(prepared([event("view_item", "a")]), Unit.ORDERS, browsing("a"), repeats=False)

    assert lists.keys() == {Baseline.POPULAR}
    assert lists[Baseline.POPULAR] == [[]]


def test_the_past_keeps_the_latest_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.past.MAX_ROWS", 2)
    found = prepared([event("view_item", item, ago=ago) for item, ago in (("a", 5), ("b", 4), ("c", 3))])

    counts = Past.of(found, Unit.PEOPLE).counts

    assert np.asarray(counts.sum(axis=0)).ravel().tolist() == [0, 1, 1]
