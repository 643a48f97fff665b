"""Steps are read as they are written, and refused with what there is."""

import pytest

from recommender.errors import InputError
from training.behaviour.steps import Step, steps


def test_a_step_is_an_event_a_page_or_an_event_with_a_parameter() -> None:
    assert steps("view_item, page_view:category ,select_item:item_list_id=home = 1") == [
        Step("view_item", "view_item"),
        Step("page_view:category", "page_view", page="category"),
        Step("select_item:item_list_id=home = 1", "select_item", parameter=("item_list_id", "home = 1")),
    ]


@pytest.mark.parametrize(
    "text", ["view", "", "view_item:", "view_item:category", "page_view:basket", "page_view:=x", "page_view:a b=x", ":"]
)
def test_what_is_no_step_is_refused_with_all_that_are(text: str) -> None:
    with pytest.raises(
        InputError, match=r"use view_item_list, .*page_view: and one of home, category.*parameter=value"
    ):
        steps(f"purchase,{text}")


@pytest.mark.parametrize("text", ["purchase", ",".join(["view_item"] * 9)])
def test_one_step_is_no_funnel_nor_are_nine(text: str) -> None:
    with pytest.raises(InputError, match="name 2 to 8 steps"):
        steps(text)
