"""Segments and facts, by hand on a log of four items."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from recommender.engine.request import Interaction, Visitor
from recommender.metrics import RecallOf
from recommender.models.models import Models
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import event, scan
from training import segments
from training.cases import Case, Task, Unit
from training.facts import Facts
from training.interactions import Prepared
from training.past import Past
from training.questions import Questions
from training.steps import LocalSteps

CATALOGUE: dict[str, dict[str, Any]] = {
    "cold": {"title": "never had", "product_type": "Lamps", "price": 1.0},
    "head": {"title": "had by most", "product_type": "Mugs", "price": 2.0},
    "tail": {"title": "had by one", "product_type": "Lamps", "price": 3.0},
    "x": {"title": "had by one", "price": 40.0},
}


def log() -> Prepared:
    events = [event("view_item", "head", ago=day, visitor_id=f"v{day}") for day in range(1, 7)]
    events += [event("view_item", "tail", visitor_id="v1"), event("view_item", "x", visitor_id="v2")]
    return LocalSteps().prepare(scan(*events), CATALOGUE, configuration=TrainingConfiguration(), now=NOW)


def asked(*cases: tuple[tuple[str, ...], set[str]]) -> Questions:
    posed = tuple(
        Case(f"{place}", Visitor(session=tuple(Interaction(item) for item in session)), (), frozenset(relevant))
        for place, (session, relevant) in enumerate(cases)
    )
    task = Task("next_new", (Strategy.FOR_YOU,), posed, Unit.SESSIONS, allow_seen=False)
    return Questions.of(task, Past.of(log(), Unit.SESSIONS))


def rows_of(*items: str) -> list[int]:
    return log().items.rows(items).tolist()


def test_visitors_are_told_apart_by_what_is_known_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MIN_CASES", 1)
    monkeypatch.setattr(segments, "HEAVY", 3)
    questions = asked(((), {"x"}), (("head",), {"x"}), (("head", "tail"), {"x"}), (("head", "tail", "cold"), {"x"}))

    found = {part.name: part.cases.tolist() for part in segments.segments(questions) if part.kind == "visitor"}

    assert found == {"new": [0, 1], "light": [2], "heavy": [3]}


def test_targets_are_told_apart_by_how_many_had_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MIN_CASES", 1)
    questions = asked(((), {"cold", "head"}), ((), {"tail"}), ((), {"head", "tail", "x"}))

    found = {
        part.name: (part.cases.tolist(), part.counts.tolist())
        for part in segments.segments(questions)
        if part.kind == "item"
    }

    assert found == {"cold": ([0], [1, 0, 0]), "warm": ([1, 2], [0, 1, 2]), "popular": ([0, 2], [1, 0, 1])}


def test_a_segment_counts_only_its_own_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "MIN_CASES", 1)
    questions = asked(((), {"cold", "head"}))
    lists = {"one": np.array([rows_of("head", "tail")], np.int32)}

    found = {row["name"]: row["recall"] for row in segments.rows(questions, lists, seed=1, recall_of=RecallOf.LIST)}

    assert (found["cold"], found["popular"]) == (0, 1)


def test_a_segment_of_few_cases_says_nothing() -> None:
    assert not [*segments.segments(asked(((), {"head"})))]


def test_what_no_catalogue_knows_was_right_and_is_never_found() -> None:
    questions = asked(((), {"nowhere", "head"}))
    ranked = np.array([[*rows_of("head"), -1]], np.int32)

    assert questions.counts.tolist() == [2]
    assert questions.hits(ranked).tolist() == [[True, False]]


def test_lists_as_a_whole_by_hand() -> None:
    questions = asked((("tail",), {"x"}))
    facts = Facts.of(log(), Models.empty(NOW - timedelta(days=1)))

    found = facts.of_lists(questions, np.array([rows_of("cold", "head", "x")], np.int32))

    # Six people: head had by 6 of them, tail and x by one, cold by none.
    bits = -np.log2(np.array([1, 7, 2]) / 7)
    assert found["coverage"] == 0.75
    assert found["novelty"] == pytest.approx(bits.mean(), abs=1e-4)
    # cold above none of three, x above cold and level with tail, head above all.
    assert found["popularity"] == pytest.approx((0 + 1.5 / 3 + 1) / 3, abs=1e-4)
    assert found["popularity_of_history"] == pytest.approx(0.5)
    # Of cold and head, which have a category, one is a lamp as tail is.
    assert found["same_category"] == 0.5
    assert found["diversity"] == 1
    # Fifths of the prices 1, 2, 3, 40 end at 1.6, 2.2, 2.8 and 17.8: none shares the band of 3.
    assert found["same_price_band"] == 0


def test_what_nobody_tells_is_not_measured() -> None:
    prepared = LocalSteps().prepare(
        scan(event("view_item", "a"), event("view_item", "b")), {}, configuration=TrainingConfiguration(), now=NOW
    )
    task = Task("t", (), (Case("k", Visitor(), ("a",), frozenset("b")),), Unit.SESSIONS, allow_seen=None)
    questions = Questions.of(task, Past.of(prepared, Unit.SESSIONS))

    found = Facts.of(prepared, Models.empty()).of_lists(questions, np.array([[1]], np.int32))

    assert (found["same_category"], found["same_price_band"], found["diversity"]) == (None, None, None)
