"""What is logged of a page is all that the engine was asked with."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.engine.page import Page, PageType
from recommender.engine.request import CartItem, Encounter, Interaction, Visitor
from recommender.errors import InputError
from recommender.replay.asked import Asked, Chosen, sampled
from recommender.retention.facts import Device
from recommender.retention.knowledge import Told

NOW = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
IDS = st.text(min_size=1, max_size=5)
NUMBERS = st.floats(0, 1e9)
MAYBE = st.none() | NUMBERS
DONE = st.builds(Interaction, IDS, st.sampled_from(["view_item", "purchase"]), MAYBE, NUMBERS, MAYBE)
VISITORS = st.builds(
    Visitor,
    visitor_id=st.just("v"),
    customer_id=st.none() | st.just("c"),
    history=st.lists(DONE, max_size=3).map(tuple),
    session=st.lists(DONE, max_size=3).map(tuple),
    cart=st.lists(st.builds(CartItem, IDS, NUMBERS, MAYBE), max_size=2).map(tuple),
    encounters=st.lists(st.builds(Encounter, IDS, st.booleans(), NUMBERS), max_size=2).map(tuple),
    personal=st.booleans(),
)
TEXTS = st.none() | IDS
TOLD = st.builds(
    Told,
    page=st.builds(Page, st.sampled_from(PageType), TEXTS, TEXTS, TEXTS),
    url=st.text(max_size=5),
    referrer=st.text(max_size=5),
    page_views=st.integers(1, 9),
    country=st.none() | st.just("DE"),
    device=st.none() | st.sampled_from(Device),
    attributes=st.dictionaries(IDS, st.booleans() | IDS | NUMBERS, max_size=2),
    currency=st.none() | st.just("EUR"),
)
ASKED = st.builds(
    Asked,
    now=st.just(NOW),
    visitor=VISITORS,
    told=TOLD,
    placements=st.none() | st.lists(IDS, max_size=2).map(tuple),
    language=st.sampled_from(["en", "de"]),
    model=st.just("20260301-abcdef01"),
    configuration=st.integers(0, 9),
    catalog=st.integers(0, 9),
    drawn=st.lists(st.builds(Chosen, IDS, IDS, st.floats(0.01, 1)), max_size=2).map(tuple),
)


def again(asked: Asked, **ids: Any) -> Asked:
    """Through JSON and back."""
    columns = {"visitor_id": asked.visitor.visitor_id, "customer_id": asked.visitor.customer_id, **ids}
    return Asked.read(orjson.loads(orjson.dumps(asked.document())), now=asked.now, **columns)


@given(ASKED)
def test_what_is_read_is_what_was_asked(asked: Asked) -> None:
    """Every value survives, to the last bit of a float."""
    assert again(asked) == asked


def test_no_member_of_a_visitor_or_a_page_is_forgotten() -> None:
    """A member that is added and not logged fails here."""
    visitor = Visitor(
        "v", "c", (Interaction("a"),), (Interaction("b"),), (CartItem("c"),), (Encounter("p", True, 1.0),)
    )
    told = Told(Page(PageType.SEARCH, "a", "c", "q"), "u", "r", 2, "DE", Device.PHONE, {"vip": True}, "EUR")
    usual_visitor, usual_told = Visitor(), Told(Page(PageType.HOME))
    unlogged = {one.name for one in fields(Visitor) if getattr(visitor, one.name) == getattr(usual_visitor, one.name)}
    assert unlogged == {"personal"}, "checked by the test above"
    assert all(getattr(told, one.name) != getattr(usual_told, one.name) for one in fields(Told))
    asked = Asked(NOW, visitor, told, ("slot",), "de", "m", 1, 2, (Chosen("e", "b", 0.5),))
    assert again(asked) == asked


def test_somebody_who_was_not_remembered_stays_unknown() -> None:
    """Without consent to personalise, the engine was not told the ids that the log may hold."""
    asked = Asked(NOW, Visitor(personal=False), Told(Page(PageType.HOME)), None, "en", "none", 0, 0)
    assert again(asked, visitor_id="v", customer_id="c") == asked


def test_what_is_usual_takes_no_room() -> None:
    """Hand-written: a view is an id, or an id with its moment."""
    history = (Interaction("a", "view_item", 1.5), Interaction("b", "purchase", 2.0, 3.0, 9.9))
    asked = Asked(NOW, Visitor("v", history=history), Told(Page(PageType.HOME)), None, "en", "none", 0, 7)
    assert asked.document() == {
        "format": 1,
        "model": "none",
        "configuration": 0,
        "catalog": 7,
        "language": "en",
        "page": [PageType.HOME],
        "told": {},
        "visitor": {"history": [["a", "view_item", 1.5], ["b", "purchase", 2.0, 3.0, 9.9]]},
        "drawn": [],
    }


def test_another_format_is_refused() -> None:
    """Guessing what a newer Vitrine meant would be worse."""
    with pytest.raises(InputError, match="format 1"):
        Asked.read({"format": 2}, now=NOW, visitor_id="v", customer_id=None)


def test_the_sample_is_drawn_by_request_id() -> None:
    """The same request is always in or out, and raising the share only adds some."""
    ids = [f"r{number}" for number in range(2000)]
    few, many = ({one for one in ids if sampled("shop", one, share)} for share in (0.1, 0.3))
    assert few < many
    assert len(few) == pytest.approx(200, abs=60)
    assert not any(sampled("shop", one, 0.0) for one in ids)
    assert all(sampled("shop", one, 1.0) for one in ids)
