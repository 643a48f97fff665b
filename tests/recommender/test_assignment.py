"""Groups are drawn by hash: sticky, independent between layers, and of the size asked for."""

import json
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.assignment import draw, held_out, variant
from recommender.errors import InputError

CASES = json.loads((Path(__file__).parent / "assignment_cases.json").read_text())
VISITORS = [f"visitor-{number}" for number in range(20_000)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['shop']}-{case['visitor_id']}-{case['layer']}")
def test_the_draw_never_changes(case: dict[str, object]) -> None:
    drawn = draw(str(case["shop"]), str(case["visitor_id"]), str(case["layer"]))
    assert drawn == case["draw"]
    assert held_out(str(case["shop"]), str(case["visitor_id"]), str(case["layer"]), 0.05) == case["held_out_of_20"]
    weights = cast("dict[str, float]", case["variants"])
    assert variant(str(case["shop"]), str(case["visitor_id"]), str(case["layer"]), weights) == case["variant"]


@given(st.text(), st.text(), st.text())
def test_a_draw_lies_between_0_and_1(shop: str, visitor: str, layer: str) -> None:
    assert 0 <= draw(shop, visitor, layer) < 1
    assert not held_out(shop, visitor, layer, 0)
    assert held_out(shop, visitor, layer, 1)


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_keeps_whom_a_smaller_one_held_out(visitor: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert held_out("gifts", visitor, "showcases", large) or not held_out("gifts", visitor, "showcases", small)


def test_as_many_are_held_out_as_asked_for() -> None:
    out = sum(held_out("gifts", visitor, "showcases", 0.05) for visitor in VISITORS)
    assert 0.045 < out / len(VISITORS) < 0.055


def test_layers_are_independent() -> None:
    one = {visitor for visitor in VISITORS if held_out("gifts", visitor, "showcases", 0.5)}
    both = sum(held_out("gifts", visitor, "popups", 0.5) for visitor in one)
    assert 0.48 < both / len(one) < 0.52


def test_variants_are_drawn_as_often_as_they_weigh() -> None:
    drawn = [variant("gifts", visitor, "campaign:flash", {"a": 1, "b": 3}) for visitor in VISITORS]
    assert 0.24 < drawn.count("a") / len(drawn) < 0.26


@pytest.mark.parametrize("weights", [{"a": 0.0}, {"a": -1.0, "b": 2.0}])
def test_weights_that_say_nothing_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(InputError, match="variants"):
        variant("gifts", "visitor-1", "layer", weights)
