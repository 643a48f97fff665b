"""What comes next in a session, once the shop's sessions have taught it."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from recommender.engine.answer import Recommendations
from recommender.engine.engine import recommend
from recommender.engine.request import CartItem, Interaction, Query, Visitor
from recommender.engine.snapshot import Snapshot
from recommender.models.sessions import SessionModel, fit_sessions
from tests.recommender.engine.shops import NOW, deletion, models, snapshot
from tests.recommender.models.sessions.logs import SMALL, nothing_known, sessions

WAYS = (("heart-white", "lantern", "teapot"), ("tin", "apron", "star"))
"""Looked at one after the other, though nothing else connects them."""


@cache
def taught() -> SessionModel:
    items = models().items
    words = ["".join(chr(ord("a") + row) for row in items.rows(way)) for way in WAYS]
    return fit_sessions(sessions(*words * 20, items=len(items)), SMALL, **nothing_known(len(items)))


def shop(*changes: object) -> Snapshot:
    known = snapshot(*changes)  # type: ignore[arg-type]
    return replace(known, models=replace(known.models, sessions=taught()))


def visitor(*items: str, event: str = "view_item", **more: object) -> Visitor:
    return Visitor("stranger", session=tuple(Interaction(item, event) for item in items), **more)  # type: ignore[arg-type]


def ask(who: Visitor, *changes: object, limit: int = 3, **more: object) -> Recommendations:
    return recommend(shop(*changes), who, Query("for_you", limit=limit, **more), NOW)  # type: ignore[arg-type]


def ids(answer: Recommendations) -> list[str]:
    return [item.item_id for item in answer.items]


def test_the_next_item_of_the_session_comes_first() -> None:
    assert ids(ask(visitor("heart-white", "lantern")))[0] == "teapot"
    assert ids(ask(visitor("tin", "apron")))[0] == "star"


def test_the_reason_names_the_step_that_speaks_for_it() -> None:
    assert ask(visitor("lantern")).items[0].reason == "Because you viewed Metal Lantern"
    assert ask(visitor("lantern", event="purchase")).items[0].reason == "Because you bought Metal Lantern"


def test_seen_items_return_only_when_they_are_wanted() -> None:
    seen = {"heart-white", "lantern"}

    assert not seen & set(ids(ask(visitor(*seen), limit=12)))
    wanted = ask(visitor(*seen), limit=12, allow_seen=True)
    assert seen <= set(ids(wanted))
    assert {item.reason for item in wanted.items if item.item_id in seen} == {"You viewed this recently"}


def test_places_behind_what_comes_next_are_filled_by_affinity() -> None:
    answer = ask(visitor("heart-white"), limit=12, explain=True)

    sources = [next(iter(item.explanation["scores"])) for item in answer.items if item.explanation]
    assert sources[0] == "session"
    assert sources.index("affinity") > sources.index("session")
    scores = [item.score for item in answer.items]
    assert scores == sorted(scores, reverse=True)


def test_what_may_not_be_shown_is_not() -> None:
    assert "teapot" not in ids(ask(visitor("heart-white", "lantern"), deletion("teapot", 200), limit=12))
    assert "teapot" not in ids(ask(visitor("lantern", cart=(CartItem("teapot"),)), limit=12))
    assert "teapot" not in ids(ask(visitor("lantern"), limit=12, exclude=("teapot",)))


@pytest.mark.parametrize("who", [Visitor("visitor-3"), Visitor(session=(Interaction("unknown"),)), Visitor()])
def test_without_a_session_of_known_items_the_shop_answers_as_before(who: Visitor) -> None:
    assert ids(ask(who)) == ids(recommend(snapshot(), who, Query("for_you", limit=3), NOW))


def test_without_consent_the_session_is_not_used() -> None:
    silent = visitor("heart-white", "lantern", personal=False)

    assert ids(ask(silent)) == ids(ask(Visitor()))


def test_the_same_question_gets_the_same_answer() -> None:
    assert ask(visitor("lantern"), limit=12) == ask(visitor("lantern"), limit=12)


def test_the_taught_model_keeps_to_the_vocabulary() -> None:
    assert len(taught()) == len(models().items)
    assert np.isfinite(taught().encoder.bias).all()
