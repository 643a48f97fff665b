"""A planted effect is found, none is invented, and broken splits are told."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from recommender.assignment import HOLDOUT, SHOWN
from tests.training.measuring.logs import START, decided, log, tried, triggered
from training.measuring.effects import Measured, measured
from training.measuring.horizon import Horizon
from training.measuring.orders import orders

NOBODY = pl.Series([], dtype=pl.String)


def shop(lift: float, *, visitors: int = 4000, holdout: float = 0.5, seed: int = 1) -> list[dict[str, Any]]:
    """A fifth of the holdout buys for about 20, and `1 + lift` times as many of the others; half of it is cost."""
    draw, events = np.random.default_rng(seed), list[dict[str, Any]]()
    for place in range(visitors):
        who, at = f"v{place}", 20 * place / visitors
        variant = HOLDOUT if draw.random() < holdout else SHOWN
        events += [
            decided(who, variant, at=at, share=holdout),
            {"event": "page_view", "visitor_id": who, "at": at, "verified": False},
        ]
        if draw.random() < 0.2 * (1 + lift * (variant == SHOWN)):
            spent = float(draw.uniform(15, 25))
            events.append({"visitor_id": who, "order_id": who, "value": spent, "item_id": "a", "at": at + 0.1})
    return events


def found(events: list[dict[str, Any]], **options: Any) -> list[Measured]:
    rows = log(*events)
    return measured(rows, orders(rows, {"a": 10.0}), options.pop("robots", NOBODY), **options)


def only(events: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    (one,) = found(events, **options)
    return one.document()


def metric(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in document["metrics"] if one["metric"] == name)


def test_a_planted_lift_is_a_gain_whose_interval_holds_the_truth() -> None:
    document = only(shop(0.5))
    assert {metric(document, name)["answer"] for name in ("conversion", "revenue per visitor")} == {"gain"}
    for name, truth in (("conversion", 0.1), ("revenue per visitor", 2.0), ("profit per visitor", 1.0)):
        low, high = metric(document, name)["interval"]
        assert low < truth < high
    low, high = metric(document, "conversion")["lift_interval"]
    assert low < 0.5 < high
    assert metric(document, "average order value")["answer"] == "cannot_tell_yet"


def test_a_planted_loss_is_told_as_one() -> None:
    assert metric(only(shop(-0.5)), "revenue per visitor")["answer"] == "loss"


def test_without_a_difference_nobody_can_tell_yet_and_the_outlook_is_told() -> None:
    one = metric(only(shop(0.0)), "conversion")
    assert one["answer"] == "cannot_tell_yet"
    assert one["words"].startswith("Cannot tell yet whether conversion differs")
    assert "At the present rate" in one["words"]


def test_metrics_are_those_of_a_calculation_by_hand() -> None:
    events = [*(decided(f"v{place}", SHOWN if place < 4 else HOLDOUT) for place in range(6))]
    for who, value in (("v0", 30.0), ("v0", 20.0), ("v1", 10.0), ("v4", 40.0)):
        events.append({"visitor_id": who, "order_id": f"{who}{value}", "value": value, "item_id": "a", "at": 1})
    document = only(events)
    assert document["visitors"] == {HOLDOUT: 2, SHOWN: 4}
    by_name = {one["metric"]: (one["control"], one["treated"]) for one in document["metrics"]}
    assert by_name["revenue per visitor"] == pytest.approx((20.0, 15.0))
    assert by_name["profit per visitor"] == pytest.approx((15.0, 7.5))
    assert by_name["conversion"] == pytest.approx((0.5, 0.5))
    assert by_name["orders per visitor"] == pytest.approx((0.5, 0.75))
    assert by_name["average order value"] == pytest.approx((40.0, 20.0))
    assert by_name["repeat customers"] == pytest.approx((0.0, 0.5))


def test_lost_visitors_are_an_alarm_and_nothing_is_claimed() -> None:
    kept = [one for one in shop(0.5) if not (one["visitor_id"].endswith("7") and one.get("extra", {}).get("variant"))]
    assert not only(kept)["sample_ratio"]["alarm"], "who is lost in both groups alike is no bias"
    lost = {one["visitor_id"] for one in shop(0.5) if one.get("extra", {}).get("variant") == SHOWN}
    biased = [one for one in shop(0.5) if one["visitor_id"] not in {who for who in lost if who[-1] in "357"}]
    document = only(biased)
    assert document["sample_ratio"]["alarm"]
    assert {one["answer"] for one in document["metrics"]} == {"cannot_tell_yet"}


def test_after_the_holdouts_share_was_changed_only_those_who_came_since_count() -> None:
    before = [decided(f"old{place}", SHOWN, at=place / 10, share=0.05) for place in range(30)]
    after = [decided(f"v{place}", (HOLDOUT, SHOWN)[place % 2], at=5 + place / 10, share=0.5) for place in range(20)]
    document = only([*before, *after, decided("old1", HOLDOUT, at=9, share=0.5)])
    assert document["visitors"] == {HOLDOUT: 10, SHOWN: 10}
    assert (document["left_out"], document["weights"]) == (30, {HOLDOUT: 0.5, SHOWN: 0.5})


def test_who_was_in_both_groups_is_counted_in_the_first_and_mentioned() -> None:
    document = only([decided("v", SHOWN), decided("v", HOLDOUT, at=1), decided("w", HOLDOUT)])
    assert (document["visitors"], document["mixed"]) == ({HOLDOUT: 1, SHOWN: 1}, 1)


def test_robots_are_left_out() -> None:
    events = [decided("v", SHOWN), decided("robot", HOLDOUT)]
    assert only(events, robots=pl.Series(["robot"]))["visitors"] == {HOLDOUT: 0, SHOWN: 1}


def test_who_was_there_before_an_experiment_began_stays_out() -> None:
    events = [decided("old", SHOWN, at=1), decided("old", SHOWN, at=8), decided("new", SHOWN, at=9)]
    document = only(events, since=START + timedelta(days=5))
    assert (document["visitors"], document["entered_earlier"]) == ({HOLDOUT: 0, SHOWN: 1}, 1)
    assert found(events, since=START + timedelta(days=20)) == []


def test_a_shop_without_a_holdout_has_no_results() -> None:
    document = only([decided("v", SHOWN, share=0.0), decided("w", SHOWN, share=0.0, at=1)])
    assert (document["visitors"], document["metrics"]) == ({HOLDOUT: 0, SHOWN: 2}, [])


def test_every_campaign_is_an_experiment_of_its_own() -> None:
    events = [triggered("v"), triggered("w", reason="holdout"), triggered("v", campaign="bye"), decided("v", SHOWN)]
    assert [one.name for one in found(events)] == ["showcases", "campaign:bye", "campaign:hello"]


def test_a_log_without_decisions_has_no_experiments() -> None:
    assert found([{"event": "page_view", "visitor_id": "v"}]) == []


WEIGHTS = {"plain": 0.5, "twice": 0.25, "same": 0.25}


def three(*, visitors: int = 6000, seed: int = 1) -> list[dict[str, Any]]:
    """A fifth of the control buys for about 20, half as many again with `twice`, and just as many with `same`."""
    draw, events = np.random.default_rng(seed), list[dict[str, Any]]()
    for place in range(visitors):
        who, at = f"v{place}", 20 * place / visitors
        variant = str(draw.choice([*WEIGHTS], p=[*WEIGHTS.values()]))
        events.append(tried(who, ["titles", variant, WEIGHTS[variant]], controls={"titles": "plain"}, at=at))
        if draw.random() < 0.2 * (1 + 0.5 * (variant == "twice")):
            spent = float(draw.uniform(15, 25))
            events.append({"visitor_id": who, "order_id": who, "value": spent, "item_id": "a", "at": at + 0.1})
    return events


def titles(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What is told of each variant."""
    documents = [one.document() for one in found(events) if one.name == "experiment:titles"]
    return {one["treated"]: one for one in documents}


def test_of_three_variants_the_one_with_a_planted_lift_is_a_gain_and_the_other_cannot_be_told() -> None:
    told = titles(three())
    assert list(told) == ["same", "twice"]
    for name, one in told.items():
        assert (one["control"], list(one["visitors"])) == ("plain", ["plain", name])
        assert one["weights"] == pytest.approx({"plain": 2 / 3, name: 1 / 3})
        assert not one["sample_ratio"]["alarm"]
    for name, truth in (("conversion", 0.1), ("revenue per visitor", 2.0), ("profit per visitor", 1.0)):
        one = metric(told["twice"], name)
        assert one["answer"] == "gain"
        assert one["interval"][0] < truth < one["interval"][1]
        other = metric(told["same"], name)
        assert other["answer"] == "cannot_tell_yet"
        assert other["interval"][0] < 0 < other["interval"][1]


def test_one_of_several_variants_that_loses_visitors_silences_all_comparisons() -> None:
    """The sizes of all of them are judged together: 3,000, 1,500 and 1,200 of 1,500."""
    everybody = three()
    drawn = {one["visitor_id"]: one["extra"]["experiments"][0][1] for one in everybody if "extra" in one}
    same = [who for who, variant in drawn.items() if variant == "same"]
    lost = {*same[: len(same) // 5]}
    told = titles([one for one in everybody if one["visitor_id"] not in lost])
    assert [one["sample_ratio"]["alarm"] for one in told.values()] == [True, True]
    assert told["same"]["sample_ratio"] == told["twice"]["sample_ratio"]
    assert {one["answer"] for one in told["twice"]["metrics"]} == {"cannot_tell_yet"}


def test_more_variants_make_wider_intervals() -> None:
    def width(events: list[dict[str, Any]]) -> float:
        low, high = metric(titles(events)["twice"], "conversion")["interval"]
        return float(high - low)

    events = three()
    others = {one["visitor_id"] for one in events if "same" in str(one.get("extra"))}
    assert width(events) > width([one for one in events if one["visitor_id"] not in others])


def test_after_weights_were_changed_only_those_who_came_since_count() -> None:
    def came(number: int, variant: str, chance: float, at: float) -> dict[str, Any]:
        return tried(f"v{number}", ["titles", variant, chance], controls={"titles": "plain"}, at=at)

    before = [came(place, ("plain", "twice")[place % 2], 0.5, place / 100) for place in range(10)]
    after = [
        came(10 + place, ("plain", "twice")[place % 4 > 0], 0.25 + 0.5 * (place % 4 > 0), 1 + place / 100)
        for place in range(20)
    ]
    (one,) = titles([*before, *after]).values()
    assert (one["visitors"], one["left_out"]) == ({"plain": 5, "twice": 15}, 10)
    assert one["weights"] == {"plain": 0.25, "twice": 0.75}


def test_what_an_interval_is_planned_for_stays_after_the_first_week() -> None:
    seconds = np.arange(0, 60 * 86_400, 864)
    planned = [Horizon.of(seconds[seconds < days * 86_400], days, 28).visitors for days in (7, 8, 28, 60)]
    assert planned == [2800] * 4
    assert Horizon.of(seconds[:1], 1.0, 28).visitors == 28


def test_weights_that_change_at_the_very_moment_of_the_last_decision_leave_that_one() -> None:
    events = [tried(f"v{place}", ["titles", "twice", 0.25 * place], controls={"titles": "plain"}) for place in (2, 3)]
    (one,) = titles(events).values()
    assert (one["visitors"], one["left_out"]) == ({"plain": 0, "twice": 1}, 1)


def test_what_visitors_did_before_they_entered_shortens_the_metrics_that_decide() -> None:
    """Who bought before nearly always buys again, for about as much, and others nearly never."""
    draw, events, before = np.random.default_rng(1), list[dict[str, Any]](), list[dict[str, Any]]()
    for place in range(1_000):
        who, regular, spends = f"v{place}", draw.random() < 0.5, float(draw.uniform(20, 80))
        events.append(decided(who, (HOLDOUT, SHOWN)[place % 2], at=10 + place / 500))
        line = {"visitor_id": who, "item_id": "a"}
        if regular:
            before.append(line | {"order_id": f"{who}-", "value": spends, "at": place / 500})
        if draw.random() < (0.95 if regular else 0.05):
            events.append(line | {"order_id": who, "value": spends + float(draw.normal()), "at": 12.5})
    knowing, blind = only([*events, *before]), only(events)
    for name in ("profit per visitor", "revenue per visitor", "conversion"):
        one, other = metric(knowing, name), metric(blind, name)
        assert one["decides"]
        assert (one["variance_explained"] > 0.5, other["variance_explained"]) == (True, 0)
        assert np.ptp(one["interval"]) < 0.7 * np.ptp(other["interval"])
