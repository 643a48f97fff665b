from typing import Any

import pytest

from recommender.training import CleaningConfig
from tests.training.logs import event, scan
from training.cleaning import clean


def items(*events: dict[str, Any], **settings: Any) -> list[str]:
    return clean(scan(*events), CleaningConfig(**settings)).rows["item_id"].to_list()


def test_only_interest_in_items_is_kept() -> None:
    kept = items(
        event("view_item", "a"), event("page_view"), event("view_item_list", "b"), event("remove_from_cart", "c")
    )

    assert kept == ["a"]


def test_an_order_told_twice_counts_once_as_the_server_told_it() -> None:
    frame = scan(
        event("purchase", "a", order_id="o1", quantity=1, ago=2),
        event("purchase", "a", order_id="o1", quantity=3, ago=1),
    )
    claimed = frame.with_columns(verified=frame.collect()["quantity"] > 1)

    cleaned = clean(claimed, CleaningConfig())

    assert cleaned.rows["quantity"].to_list() == [3.0]
    assert cleaned.left_out["repeated_order_rows"] == 1


def test_two_lines_of_one_order_add_up() -> None:
    rows = clean(
        scan(event("purchase", "a", order_id="o1", quantity=2), event("purchase", "a", order_id="o1", quantity=3)),
        CleaningConfig(),
    ).rows

    assert rows["quantity"].to_list() == [5.0]


def test_purchases_without_an_order_all_count() -> None:
    assert items(event("purchase", "a"), event("purchase", "a")) == ["a", "a"]


@pytest.mark.parametrize("refund", [{"quantity": 2}, {}])
def test_what_was_given_back_whole_does_not_count(refund: dict[str, Any]) -> None:
    bought = event("purchase", "a", order_id="o1", quantity=2, ago=2)

    assert items(bought, event("refund", "a", order_id="o1", **refund)) == []


def test_what_was_given_back_in_part_counts() -> None:
    bought = event("purchase", "a", order_id="o1", quantity=2, ago=2)

    assert items(bought, event("refund", "a", order_id="o1", quantity=1)) == ["a"]


def test_a_refund_without_items_takes_the_whole_order() -> None:
    bought = [event("purchase", item, order_id=order, ago=2) for item, order in ("a1", "b1", "c2")]

    assert items(*bought, event("refund", order_id="1")) == ["c"]


def test_a_refund_that_names_no_order_takes_nothing() -> None:
    assert items(event("purchase", "a", order_id="o1", ago=2), event("refund", "a", quantity=5)) == ["a"]


def test_a_robot_by_number_is_left_out_but_its_purchases_stay() -> None:
    robot = [event("view_item", f"i{n}", visitor_id="robot", ago=n / 1000) for n in range(21)]

    kept = items(*robot, event("purchase", "b", visitor_id="robot"), event("view_item", "a"), max_events_a_day=10)

    assert set(kept) == {"a", "b"}


def test_a_robot_by_haste_is_left_out() -> None:
    hasty = [event("view_item", f"i{n}", visitor_id="robot", ago=n * 0.2 / 86_400) for n in range(60)]
    slow = [event("view_item", f"i{n}", visitor_id="ann", ago=n * 20 / 86_400) for n in range(60)]

    cleaned = clean(scan(*hasty, *slow), CleaningConfig())

    assert cleaned.rows["visitor_id"].unique().to_list() == ["ann"]
    assert cleaned.left_out["robot_rows"] == 60


def test_a_big_order_at_one_moment_is_no_robot() -> None:
    order = [event("purchase", f"i{n}", order_id="o1") for n in range(200)]

    assert len(items(*order)) == 200


def test_nobodys_views_are_kept() -> None:
    assert items(event("view_item", "a", visitor_id=None)) == ["a"]


@pytest.mark.parametrize(("told", "counted"), [(None, 1.0), (0, 1.0), (99_999, 1.0), (12, 12.0)])
def test_an_absurd_quantity_counts_as_one(told: float | None, counted: float) -> None:
    rows = clean(scan(event("add_to_cart", "a", quantity=told)), CleaningConfig()).rows

    assert rows["quantity"].to_list() == [counted]


def test_the_window_counts_from_the_end_of_the_log() -> None:
    kept = items(
        event("view_item", "a", ago=90), event("view_item", "b", ago=70), event("page_view", ago=60), window_days=20
    )

    assert kept == ["b"]


def test_a_login_without_an_item_tells_who_it_was() -> None:
    login = event("page_view", visitor_id="v", customer_id="c", ago=1)

    rows = clean(scan(event("view_item", "a", ago=2), login), CleaningConfig()).rows

    assert rows["person"].to_list() == ["customer:c"]


def test_an_empty_log_is_cleaned() -> None:
    assert items() == []
