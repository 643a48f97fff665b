from datetime import timedelta
from typing import Any

import numpy as np

from recommender.training import CleaningConfig, TrainingConfiguration
from tests.conftest import NOW
from tests.training.logs import event, scan
from training.interactions import Prepared
from training.steps import LocalSteps


def prepared(*events: dict[str, Any], catalogue: dict[str, Any] | None = None, **cleaning: Any) -> Prepared:
    configuration = TrainingConfiguration(cleaning=CleaningConfig(**cleaning))
    return LocalSteps().prepare(
        scan(*events), catalogue or {}, configuration=configuration, now=NOW + timedelta(hours=3)
    )


def test_a_window_is_what_was_learned_from() -> None:
    found = prepared(event("view_item", "a", ago=90), event("view_item", "b"), window_days=7)

    assert (found.data_start, found.data_end) == (NOW - timedelta(days=7), NOW)


def test_the_vocabulary_holds_the_log_and_the_catalogue() -> None:
    found = prepared(event("view_item", "b"), catalogue={"a": {"title": "Lamp"}, "c": {}})

    assert [*found.items] == ["a", "b", "c"]
    assert [*found.documents] == [{"title": "Lamp"}, {}, {}]


def test_ages_count_from_the_last_event() -> None:
    found = prepared(event("view_item", "a", ago=12), event("page_view", ago=10))

    assert found.data_end == NOW - timedelta(days=10)
    np.testing.assert_allclose(found.interactions.ages_days, [2.0], atol=1e-4)


def test_an_empty_log_ends_today() -> None:
    assert prepared().data_end == NOW.replace(hour=0)


def test_a_customer_has_what_happened_in_their_browser_and_the_browser_what_happened_there() -> None:
    found = prepared(
        event("view_item", "a", visitor_id="v1", ago=2),
        event("purchase", "b", visitor_id="v1", customer_id="c1", ago=1),
        event("purchase", "c", customer_id="c1"),
    ).profiles
    by_key = {
        key: {found.items[item] for item in found.item_rows[found.person_rows == row]}
        for row, key in enumerate(found.people)
    }

    assert by_key == {"customer:c1": {"a", "b", "c"}, "visitor:v1": {"a", "b"}}


def test_what_was_known_at_a_moment() -> None:
    moment = NOW - timedelta(days=5)
    found = prepared(event("view_item", "a", ago=7), event("view_item", "b")).until(moment)

    assert [found.items[row] for row in found.interactions.item_rows] == ["a"]
    np.testing.assert_allclose(found.interactions.ages_days, [2.0], atol=1e-4)
    assert found.data_end == moment


def test_the_fingerprint_does_not_depend_on_the_order_of_the_log() -> None:
    events = [event("view_item", "a", ago=2, event_id="1"), event("view_item", "b", ago=1, event_id="2")]

    assert prepared(*events).fingerprint == prepared(*events[::-1]).fingerprint


def test_the_fingerprint_changes_with_the_catalogue() -> None:
    assert (
        prepared(catalogue={"a": {"title": "x"}}).fingerprint != prepared(catalogue={"a": {"title": "y"}}).fingerprint
    )


def test_only_purchases_have_orders() -> None:
    found = prepared(
        event("add_to_cart", "a", order_id="o1", ago=1), event("purchase", "a", order_id="o1")
    ).interactions

    assert found.order_rows.tolist() == [-1, 0]
