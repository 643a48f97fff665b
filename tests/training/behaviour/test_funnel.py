"""A funnel, with numbers worked out by hand."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from tests.training.measuring.logs import START, log
from training.behaviour.funnel import Funnel
from training.behaviour.origins import By
from training.behaviour.reading import Behaviour
from training.behaviour.steps import steps
from training.behaviour.window import Window

MINUTE = 1 / 1440
NOBODY = pl.Series([], dtype=pl.String)


def did(event: str, minute: float, visitor: str | None = "v", **more: Any) -> dict[str, Any]:
    return {"event": event, "at": minute * MINUTE, "visitor_id": visitor, "verified": False} | more


def found(*events: dict[str, Any], ask: str = "view_item,add_to_cart,purchase", **asked: Any) -> dict[str, Any]:
    window = Window(START - timedelta(days=1), START + timedelta(days=60))
    return Behaviour(log(*events), window).funnel(Funnel(tuple(steps(ask)), **asked))


def counts(document: dict[str, Any], group: str = "all") -> list[int]:
    (one,) = (one for one in document["groups"] if one["group"] == group)
    return [step["count"] for step in one["steps"]]


def test_steps_count_only_in_their_order() -> None:
    forward = (did("view_item", 0), did("add_to_cart", 1), did("purchase", 2))
    backward = (did("add_to_cart", 0, "w"), did("view_item", 1, "w"), did("purchase", 2, "w"))
    assert counts(found(*forward, *backward)) == [2, 1, 1]


def test_the_same_step_twice_takes_two_events_not_two_items_of_one() -> None:
    item = {"event_id": "same", "sequence": 7}
    once = (did("view_item", 0, **item), did("view_item", 0, item_index=1, **item))
    assert counts(found(*once, ask="view_item,view_item")) == [1, 0]
    assert counts(found(*once, did("view_item", 1), ask="view_item,view_item")) == [1, 1]


def test_times_are_quartiles_between_a_step_and_the_next() -> None:
    events = [one for n, s in enumerate("abcde") for one in (did("view_item", 0, s), did("add_to_cart", n + 1, s))]
    document = found(*events, ask="view_item,add_to_cart")
    first = document["groups"][0]["steps"][0]
    assert first["seconds_to_next"] == {"quartile_1": 120, "median": 180, "quartile_3": 240}
    assert document["groups"][0]["seconds"] == first["seconds_to_next"]


def test_who_stops_is_told_by_what_they_did_instead_repetitions_aside() -> None:
    leaves = (did("view_item", 0), did("view_item", 1), did("view_item_list", 2))
    turns = (did("view_item", 0, "w"), did("view_item", 1, "w"), did("search", 2, "w"), did("page_view", 3, "w"))
    later = (did("view_item", 0, "x"), did("search", 60, "x"))
    first = found(*leaves, *turns, *later)["groups"][0]["steps"][0]
    assert first["lost"] == 3
    assert first["instead"] == [
        {"did": "exit", "count": 2, "share": 2 / 3},
        {"did": "search", "count": 1, "share": 1 / 3},
    ]


def test_half_an_hour_of_silence_ends_a_session_unless_the_shop_calls_it_the_same() -> None:
    pause = (did("view_item", 0), did("add_to_cart", 31))
    named = (did("view_item", 0, "w", session_id="s"), did("add_to_cart", 31, "w", session_id="s"))
    other = (did("view_item", 0, "x", session_id="s1"), did("add_to_cart", 1, "x", session_id="s2"))
    midway = (did("view_item", 0, "y"), did("search", 1, "y", session_id="s1"), did("add_to_cart", 2, "y"))
    assert counts(found(*pause, *named, *other, *midway, ask="view_item,add_to_cart")) == [4, 2]


def test_what_counts_for_a_person_is_the_best_try_within_the_time() -> None:
    tries = (did("view_item", 0), did("view_item", 100), did("add_to_cart", 130), did("purchase", 150, order_id="1"))
    document = found(*tries, within=timedelta(hours=1))
    assert (document["unit"], document["within"], counts(document)) == ("person", "1h", [1, 1, 1])
    assert document["groups"][0]["steps"][0]["seconds_to_next"]["median"] == 1800
    assert counts(found(*tries, within=timedelta(minutes=50))) == [1, 1, 1]
    assert counts(found(*tries, within=timedelta(minutes=49))) == [1, 1, 0]


def test_a_person_goes_on_in_another_browser_where_they_are_logged_in() -> None:
    phone = (did("view_item", 0, "phone"), did("page_view", 1, "phone", customer_id="ann"))
    desk = (did("page_view", 60, "desk", customer_id="ann"), did("add_to_cart", 61, "desk"))
    assert counts(found(*phone, *desk, ask="view_item,add_to_cart", within=timedelta(days=1))) == [1, 1]
    assert counts(found(*phone, *desk, ask="view_item,add_to_cart")) == [1, 0]


class TestPurchases:
    def test_an_order_told_by_browser_and_server_is_one_where_the_browser_told_it(self) -> None:
        claim, server = did("purchase", 2, order_id="1"), did("purchase", 1, None, order_id="1", verified=True)
        document = found(did("view_item", 0), claim, server, ask="view_item,purchase")
        assert (counts(document), document["steps"][1]["events"]) == ([1, 1], 1)
        assert document["groups"][0]["seconds"]["median"] == 120
        assert document["notes"] == []
        named = found(did("view_item", 0), claim, server | {"visitor_id": "v"}, ask="view_item,purchase")
        assert named["groups"][0]["seconds"]["median"] == 120, "also where the server knows the browser"

    def test_an_order_that_only_the_server_told_is_made_where_its_customer_logged_in(self) -> None:
        server = did("purchase", 3, None, customer_id="ann", order_id="1", verified=True)
        login = did("page_view", 1, "v", customer_id="ann")
        assert counts(found(did("view_item", 0), login, server, ask="view_item,purchase")) == [1, 1]

    def test_what_nobody_vouched_for_counts_and_is_told(self) -> None:
        document = found(did("view_item", 0), did("purchase", 1, order_id="1"), ask="view_item,purchase")
        assert counts(document) == [1, 1]
        assert document["notes"] == ["1 of 1 orders were told of by browsers only: nobody vouched for them."]


class TestConditions:
    def test_a_page_view_is_told_by_its_page_and_unknown_pages_are_others(self) -> None:
        pages = [did("page_view", n, extra={"type": kind}) for n, kind in enumerate(("home", "landing", "cart"))]
        for kind, expected in (("home", [1, 1]), ("other", [1, 1]), ("search", [0, 0])):
            assert counts(found(*pages, ask=f"page_view:{kind},page_view:cart")) == expected

    def test_an_event_is_told_by_what_it_carried(self) -> None:
        clicks = [did("select_item", n, "vw"[n], extra={"item_list_id": f"list-{n}"}) for n in range(2)]
        bought = [did("purchase", 5, v, order_id=v, extra={"coupon": "TEN"}) for v in "vw"]
        document = found(*clicks, *bought, ask="select_item:item_list_id=list-1,purchase:coupon=TEN")
        assert counts(document) == [1, 1]


class TestGroups:
    def test_device_and_source_are_the_first_that_the_session_tells(self) -> None:
        shown = {"verified": True, "extra": {"device": "phone", "source": "google.com"}}
        events = (
            did("view_item", 0),
            did("showcases_offered", 0.1, **shown),
            did("showcases_offered", 1, **(shown | {"extra": {"device": "tablet", "source": "pay.example"}})),
            did("add_to_cart", 2),
            did("view_item", 0, "w"),
        )
        document = found(*events, ask="view_item,add_to_cart", by=(By.DEVICE, By.SOURCE))
        assert counts(document, "phone") == counts(document, "google.com") == [1, 1]
        assert [one["by"] for one in document["groups"] if one["group"] == "unknown"] == ["device", "source"]

    def test_ga4_tells_the_source_by_addresses(self) -> None:
        def page(minute: float, referrer: str, visitor: str) -> dict[str, Any]:
            here = {"page_location": "https://www.shop.example/a", "page_referrer": referrer}
            return did("page_view", minute, visitor, extra=here)

        inside = page(0, "https://shop.example/", "w")
        document = found(
            page(0, "https://www.Google.com/search?q=x", "v"), page(1, "https://pay.example", "v"), inside,
            page(0, "", "x"), ask="page_view,page_view", by=(By.SOURCE,),
        )  # fmt: skip
        assert {one["group"] for one in document["groups"]} == {"all", "google.com", "unknown", "direct"}

    def test_the_first_page_is_told_by_page_views_or_what_is_done_there(self) -> None:
        events = (did("page_view", 0, extra={"type": "home"}), did("view_item", 1), did("view_item", 0, "w"))
        document = found(*events, ask="view_item,purchase", by=(By.PAGE_TYPE,))
        assert (counts(document, "home"), counts(document, "product")) == ([1, 0], [1, 0])

    def test_segments_are_those_at_the_beginning_of_each_session(self) -> None:
        day = 1440
        events = (
            did("view_item", -2 * day, "old"),
            did("view_item", 0, "old"),
            did("view_item", 0, "new"),
            did("purchase", 1, "new", order_id="1"),
            did("view_item", day, "new"),
            did("purchase", -3 * day, None, customer_id="ann", order_id="2", verified=True),
            did("view_item", 5, None, customer_id="ann"),
        )
        document = found(*events, ask="view_item,purchase", by=(By.SEGMENT,))
        assert counts(document, "returning") == [1, 0]
        assert counts(document, "new") == [1, 1]
        assert counts(document, "buyer") == [2, 0]

    def test_small_groups_are_added_up_when_there_are_many(self) -> None:
        events = [
            did("view_item", n, f"{source}-{n}", extra={"device": f"d{source}"})
            for source in range(12)
            for n in range(20 - source)
        ]
        document = found(*events, ask="view_item,purchase", by=(By.DEVICE,))
        assert [one["group"] for one in document["groups"][1:]] == [*(f"d{n}" for n in range(9)), "others"]
        assert counts(document, "others") == [11 + 10 + 9, 0]


class TestOddLogs:
    def test_nothing_at_all_is_told_in_words_and_without_numbers_that_are_none(self) -> None:
        document = found()
        (group,) = document["groups"]
        assert counts(document) == [0, 0, 0]
        assert (group["conversion"], group["seconds"], group["steps"][0]["to_next"]) == (None, None, None)
        assert len(document["notes"]) == 3

    def test_a_step_that_never_occurs_is_named(self) -> None:
        document = found(did("view_item", 0), did("purchase", 1), ask="view_item,begin_checkout,purchase")
        assert document["notes"][0] == "begin_checkout does not occur in this time: does the shop send it?"
        assert counts(document) == [1, 0, 0]

    def test_the_order_of_rows_in_the_log_does_not_matter(self) -> None:
        events = [did("view_item", 0), did("add_to_cart", 1), did("purchase", 2, order_id="1")]
        assert counts(found(*reversed(events))) == counts(found(*events)) == [1, 1, 1]

    def test_robots_and_nobody_do_not_count(self) -> None:
        robot = [did("view_item", n / 60, "robot", item_id="a") for n in range(1001)]
        document = found(*robot, did("view_item", 0), did("view_item", 0, None), ask="view_item,purchase")
        assert counts(document) == [1, 0]

    def test_what_comes_after_now_does_not_count(self) -> None:
        bounds = (START, START + timedelta(days=3))
        window = Window.of(bounds, START + timedelta(days=1), days=30)
        assert window.until == START + timedelta(days=1)
        ahead = (did("view_item", 0), did("view_item", 2 * 1440, "w"))
        document = Behaviour(log(*ahead), window).funnel(Funnel(tuple(steps("view_item,purchase"))))
        assert counts(document) == [1, 0]


def test_a_log_that_ended_long_ago_is_looked_back_on_from_its_end() -> None:
    end = START + timedelta(days=3)
    now = START + timedelta(days=300)
    assert Window.of((START, end), now).until == end
    assert Window.of((START, end), now, until=START + timedelta(days=1), days=1) == Window(
        START, START + timedelta(days=1)
    )


@pytest.mark.parametrize("name", [*By])
def test_every_way_to_tell_sessions_apart_adds_up_to_the_whole(name: By) -> None:
    events = [did("view_item", n * 7, f"v{n % 5}", extra={"device": f"d{n % 3}"}) for n in range(40)]
    document = found(*events, ask="view_item,view_item", by=(name,))
    for place, count in enumerate(counts(document)):
        assert sum(one["steps"][place]["count"] for one in document["groups"][1:]) == count
