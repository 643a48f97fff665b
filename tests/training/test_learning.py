"""Weights are learned from the log: by what visitors bought, earned or clicked, within stretches of equal weights."""

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from recommender.experiments.experiment import Experiment
from recommender.experiments.learned import Learned
from tests.training.measuring.logs import START, log, token, tried
from tests.training.measuring.test_effects import found as measured_in
from training.learning import Lesson, lessons
from training.measuring.groups import groups
from training.measuring.stretches import stretches

CONTROLS = {"titles": "plain"}
NOW = START + timedelta(days=30)
TITLES: dict[str, Any] = {
    "id": "titles",
    "placement": "pdp",
    "variants": [{"name": "plain"}, {"name": "bold"}],
    "learn": {"metric": "conversion"},
}


def came(place: int, variant: str, chance: float, *, at: float, epoch: str | None = None) -> dict[str, Any]:
    one = tried(f"v{place}", ["titles", variant, chance], controls=CONTROLS, at=at)
    one["extra"] |= {"epochs": {"titles": epoch}} if epoch else {}
    return one


def bought(place: int, at: float, value: float = 20.0) -> dict[str, Any]:
    return {"visitor_id": f"v{place}", "order_id": f"o{place}", "value": value, "item_id": "a", "at": at}


def day(first: int, count: int, bold: float, rates: tuple[float, float], **more: Any) -> list[dict[str, Any]]:
    """Visitors of one day; `rates` are the shares that buy of those with plain and with bold titles."""
    draw, events = np.random.default_rng(first), list[dict[str, Any]]()
    for place in range(first, first + count):
        variant = "bold" if draw.random() < bold else "plain"
        events.append(came(place, variant, bold if variant == "bold" else 1 - bold, **more))
        if draw.random() < rates[variant == "bold"]:
            events.append(bought(place, more["at"] + 0.01))
    return events


def learned(events: list[dict[str, Any]], so_far: Learned | None = None, **changes: Any) -> Lesson:
    experiment = Experiment.model_validate(TITLES | changes)
    (lesson,) = lessons(log(*events), [experiment], so_far or {}, {"a": 5.0}, NOW, 1000)
    return lesson


def test_the_variant_after_which_more_is_bought_is_drawn_more() -> None:
    lesson = learned(day(0, 1_200, 0.5, (0.05, 0.15), at=1))
    assert lesson.visitors == 1_200
    assert lesson.epoch is not None
    assert lesson.epoch.weights["bold"] == pytest.approx(0.95, abs=0.005)


def test_profit_and_conversion_may_disagree() -> None:
    # Bold titles sell twice as often, at a loss.
    events = day(0, 1_200, 0.5, (0.1, 0.2), at=1)
    bold = {one["visitor_id"] for one in events if "bold" in str(one.get("extra"))}
    dear = [one | {"value": 2.0} if "value" in one and one["visitor_id"] in bold else one for one in events]
    for metric, favoured in (("conversion", "bold"), ("profit", "plain")):
        epoch = learned(dear, learn={"metric": metric}).epoch
        assert epoch is not None
        assert epoch.weights[favoured] > 0.9, metric


def test_clicks_count_on_what_is_varied_once_a_visitor() -> None:
    events = day(0, 800, 0.5, (0, 0), at=1)
    variants = {one["visitor_id"]: "bold" if "bold" in str(one["extra"]) else "plain" for one in events}
    clicked = [who for place, who in enumerate(variants) if place % (5 if variants[who] == "bold" else 20) == 0]
    click = {"event": "select_item", "item_id": "a", "attribution_token": token("pdp"), "at": 1.001}
    elsewhere = [click | {"visitor_id": who, "attribution_token": token("home")} for who in variants]
    found = learned([*events, *elsewhere, *(click | {"visitor_id": who} for who in clicked * 2)],
                    learn={"metric": "clicks"}).found  # fmt: skip
    assert found is not None
    for name in ("plain", "bold"):
        hits = sum(variants[who] == name for who in clicked)
        assert found[name] == pytest.approx((hits, [*variants.values()].count(name)))


def test_what_a_visitor_does_after_variants_were_drawn_anew_tells_nothing_of_the_old_one() -> None:
    epoch = "2025-03-05T00:00Z"
    events = [*day(0, 300, 0.5, (0.1, 0.1), at=1), *day(300, 300, 0.5, (0.1, 0.1), at=2, epoch=epoch)]
    late = [bought(place, 2.5) | {"order_id": f"late{place}"} for place in range(300)]
    before, after = learned(events).found, learned([*events, *late]).found
    assert before is not None
    assert before == after
    entered = groups(log(*events)).filter(pl.col("experiment") == "experiment:titles")
    met = stretches("experiment:titles", entered)
    assert {*met.visitors["until"]} == {None, START + timedelta(days=2)}
    assert [one.keys() for one in met.chances] == [{"plain", "bold"}] * 2


def test_a_report_compares_within_stretches_of_equal_weights() -> None:
    # In the second stretch twice as many buy, whatever the title, and nine in ten have the bold one.
    epoch = "2025-03-05T00:00Z"
    events = [*day(0, 3_000, 0.5, (0.1, 0.1), at=1), *day(3_000, 3_000, 0.9, (0.3, 0.3), at=2, epoch=epoch)]
    (one,) = [one.document() for one in measured_in(events) if one.name == "experiment:titles"]
    conversion = next(metric for metric in one["metrics"] if metric["metric"] == "conversion")
    assert (one["stretches"], conversion["answer"]) == (2, "cannot_tell_yet")
    assert abs(conversion["difference"]) < 0.05, "all in one pot they would differ by about 0.1"
    assert one["weights"]["bold"] == pytest.approx(0.7)
    assert not one["sample_ratio"]["alarm"]
    assert one["visitors"]["plain"] + one["visitors"]["bold"] == 6_000


def test_too_few_visitors_leave_the_documents_weights() -> None:
    lesson = learned(day(0, 100, 0.5, (0.05, 0.5), at=1))
    assert (lesson.found, lesson.epoch) == (None, None)
    assert learned([bought(1, 1)]).visitors == 0


def test_only_stretches_in_which_all_variants_were_met_count() -> None:
    alone = day(300, 300, 1.0, (0, 1.0), at=2, epoch="2025-03-05T00:00Z")
    found = learned([*day(0, 600, 0.5, (0.1, 0.1), at=1), *alone]).found
    assert found is not None
    assert found["plain"][1] + found["bold"][1] == pytest.approx(600)
