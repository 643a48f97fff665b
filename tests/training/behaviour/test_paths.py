"""Paths, worked out by hand, and their flows as a picture."""

import re
from datetime import timedelta
from typing import Any

from tests.training.behaviour.test_funnel import did
from tests.training.measuring.logs import START, log
from training.behaviour.paths import To
from training.behaviour.reading import Behaviour
from training.behaviour.sankey import OTHERS, sankey
from training.behaviour.window import Window

BUYS = (
    did("page_view", 0, extra={"type": "home"}), did("view_item", 1), did("view_item_list", 2), did("view_item", 3),
    did("add_to_cart", 4), did("purchase", 5, order_id="1"), did("page_view", 6), did("purchase", 7, order_id="2"),
)  # fmt: skip
LEAVES = (did("search", 0, "w"), did("view_item", 1, "w"))


def found(*events: dict[str, Any], to: To = To.PURCHASE, steps: int = 5) -> dict[str, Any]:
    return Behaviour(log(*events), Window(START - timedelta(days=1), START + timedelta(days=9))).paths(to, steps)


def test_a_path_ends_with_the_first_purchase_and_tells_repetitions_once() -> None:
    document = found(*BUYS, *LEAVES)
    assert (document["sessions"], document["ending"]) == (2, 1)
    way = ["page_view:home", "view_item", "add_to_cart"]
    assert document["paths"] == [{"path": way, "sessions": 1, "share": 1.0}]
    assert [(one["back"], one["from"], one["to"]) for one in document["links"]] == [
        (0, "add_to_cart", "purchase"), (1, "view_item", "add_to_cart"), (2, "page_view:home", "view_item"),
    ]  # fmt: skip


def test_only_the_last_steps_are_told() -> None:
    assert found(*BUYS, steps=1)["paths"][0]["path"] == ["add_to_cart"]


def test_who_leaves_without_a_purchase_leaves_from_their_last_step() -> None:
    document = found(*BUYS, *LEAVES, to=To.EXIT)
    assert [one["path"] for one in document["paths"]] == [["search", "view_item"]]


def test_what_one_visitor_did_last_and_the_next_did_first_is_no_repetition() -> None:
    document = found(did("view_item", 0, "v"), did("view_item", 0, "w"), to=To.EXIT)
    assert document["paths"] == [{"path": ["view_item"], "sessions": 2, "share": 1.0}]


def test_a_purchase_with_nothing_before_it_is_a_path_without_steps() -> None:
    document = found(did("purchase", 0, order_id="1"))
    assert (document["paths"], document["links"]) == ([{"path": [], "sessions": 1, "share": 1.0}], [])
    assert sankey(document["links"], "") == ""


def test_a_path_may_have_eight_different_things_in_it_and_the_last_of_all_labels() -> None:
    names = ("search", "view_item", "view_cart", "add_to_wishlist", "begin_checkout", "select_item", "add_to_cart")
    events = [did(name, minute) for minute, name in enumerate(names)]
    shown = found(*events, did("page_view", 9, extra={"type": "other"}), to=To.EXIT, steps=7)
    assert shown["paths"][0]["path"] == [*names[1:], "page_view:other"]


def test_logs_without_any_path_say_so() -> None:
    assert found()["notes"] == ["Nobody did anything in this time that a path could be made of."]
    assert found(*LEAVES)["notes"] == ["No session ended in a purchase."]
    assert found(*BUYS, to=To.EXIT)["notes"] == ["Every session ended in a purchase."]
    assert found(*BUYS)["notes"] == []


def links(*flows: tuple[int, str, str, int]) -> list[dict[str, Any]]:
    return [dict(zip(("back", "from", "to", "sessions"), flow, strict=True)) for flow in flows]


def test_flows_are_as_thick_as_they_are_many_and_fit_the_picture() -> None:
    picture = sankey(links((0, "a", "exit", 30), (0, "b", "exit", 10), (1, "c", "a", 20)), "ways")
    widths = [float(width) for width in re.findall(r'stroke-width="([\d.]+)"', picture)]
    assert sorted(round(width / min(widths)) for width in widths) == [1, 2, 3]
    boxes = re.findall(r'<rect x="[\d.]+" y="([\d.]+)" width="9" height="([\d.]+)"', picture)
    assert len(boxes) == 4
    assert all(float(y) + float(tall) <= 300 for y, tall in boxes)


def test_rare_steps_flow_together_and_no_session_is_lost() -> None:
    flows = [(0, f"step{n}", "exit", 20 - n) for n in range(10)]
    picture = sankey(links(*flows), "ways")
    assert f"<title>{OTHERS}: {sum(20 - n for n in range(5, 10))}</title>" in picture
    assert "<title>exit: 155</title>" in picture


def test_labels_are_escaped() -> None:
    assert "<b>" not in sankey(links((0, "<b>", "exit", 3)), "<b>")
