"""Visitors are in the group of their first decision."""

from datetime import timedelta

from tests.training.measuring.logs import START, decided, log, tried, triggered
from training.measuring.groups import groups


def test_a_visitor_enters_with_the_first_decision() -> None:
    found = groups(log(decided("v", "shown", at=3), decided("v", "shown", at=1), decided("w", "holdout", at=2)))
    assert found.select("experiment", "visitor_id", "variant", "propensity", "entered", "mixed").rows() == [
        ("showcases", "v", "shown", 0.5, START + timedelta(days=1), False),
        ("showcases", "w", "holdout", 0.5, START + timedelta(days=2), False),
    ]


def test_who_was_in_both_variants_stays_in_the_first_and_is_marked() -> None:
    (row,) = groups(log(decided("v", "shown", at=2, share=0.05), decided("v", "holdout", at=5))).to_dicts()
    assert (row["variant"], row["propensity"], row["mixed"]) == ("shown", 0.95, True)


def test_a_campaign_counts_who_saw_it_and_whom_only_the_holdout_kept_from_it() -> None:
    found = groups(
        log(triggered("seen"), triggered("held", reason="holdout"), triggered("capped", reason="cap", variant="shown"))
    )
    assert found.select("experiment", "visitor_id", "variant").rows() == [
        ("campaign:hello", "held", "holdout"),
        ("campaign:hello", "seen", "shown"),
    ]


def test_the_first_decision_that_counts_is_the_one_that_nothing_else_stood_against() -> None:
    (row,) = groups(log(triggered("v", reason="cap", at=1), triggered("v", at=4))).to_dicts()
    assert row["entered"] == START + timedelta(days=4)


def test_decisions_outside_experiments_and_about_nobody_put_nobody_into_a_group() -> None:
    outside = {"event": "showcases_offered", "visitor_id": "v", "extra": {"placements": {}}}
    nobody = decided("v", "shown") | {"visitor_id": None}
    bare = {"event": "showcases_offered", "visitor_id": "v"}
    assert groups(log(outside, nobody, bare, {"event": "page_view", "visitor_id": "v"})).is_empty()


def test_a_visitor_is_in_every_experiment_on_their_own() -> None:
    found = groups(log(decided("v", "shown"), triggered("v", reason="holdout", at=1)))
    assert found.select("experiment", "variant").rows() == [("campaign:hello", "holdout"), ("showcases", "shown")]


def test_who_is_in_configured_experiments_is_in_each_of_them_beside_the_holdout() -> None:
    both = tried("v", ["titles", "a", 0.25], ["offer-2", "b", 1e-6], controls={"titles": "z", "offer-2": "b"})
    found = groups(log(both, tried("w", ["titles", "z", 0.75], controls={"titles": "z"}, at=1)))
    assert found.select("experiment", "visitor_id", "variant", "propensity", "control").rows() == [
        ("experiment:offer-2", "v", "b", 1e-6, "b"),
        ("experiment:titles", "v", "a", 0.25, "z"),
        ("experiment:titles", "w", "z", 0.75, "z"),
        ("showcases", "v", "shown", 0.5, "holdout"),
        ("showcases", "w", "shown", 0.5, "holdout"),
    ]


def test_a_page_without_showcases_enters_experiments_only() -> None:
    popup = {"experiments": [["offer", "a", 0.5]], "controls": {"offer": "a"}}
    found = groups(log({"event": "showcases_offered", "visitor_id": "v", "extra": popup}))
    assert found.select("experiment", "variant").rows() == [("experiment:offer", "a")]


def test_a_popup_that_was_refused_enters_nobody() -> None:
    refused = triggered("v", reason="cap")
    refused["extra"] |= {"experiments": [["words", "a", 0.5]], "controls": {"words": "a"}}
    assert groups(log(refused)).is_empty()


def test_a_propensity_of_one_may_be_written_without_a_point() -> None:
    told = {"experiment": "showcases", "variant": "shown", "propensity": 1, "placements": {"variant": "similar"}}
    (row,) = groups(log({"event": "showcases_offered", "visitor_id": "v", "extra": told})).to_dicts()
    assert (row["variant"], row["propensity"]) == ("shown", 1.0)
