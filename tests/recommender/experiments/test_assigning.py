"""Who has what: sticky, of the size asked for, ramped without moving anybody, in one experiment of a group at most."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.configuration import Configuration
from recommender.experiments.assigning import Assigned, assigned, logged
from recommender.experiments.experiment import Experiment
from recommender.experiments.trial import trials
from tests.recommender.experiments.test_experiment import changed, experiment

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
VISITORS = [f"visitor-{number}" for number in range(20_000)]
SLOTS = {slot.id: slot for slot in Configuration().placements}


def given_to(visitor: str | None, *experiments: dict[str, Any], now: datetime = NOW) -> Assigned:
    return assigned(Configuration.parse({"experiments": list(experiments)}), "gifts", visitor, now)


def drawn(*experiments: dict[str, Any], visitors: list[str] = VISITORS) -> list[list[str | None]]:
    """The variants of each experiment, visitor by visitor."""
    made = trials([Experiment.model_validate(one) for one in experiments], SLOTS, {})
    return [[trial.drawn("gifts", visitor) for visitor in visitors] for trial in made]


def test_variants_are_drawn_as_often_as_they_weigh_within_the_share() -> None:
    variants = [{"name": "plain", "weight": 2}, {"name": "short", "weight": 1}, {"name": "long", "weight": 1}]
    (found,) = drawn(experiment(variants=variants, share=0.4))
    counts = Counter(found)
    assert {name: round(count / len(VISITORS), 2) for name, count in counts.items()} == pytest.approx(
        {None: 0.6, "plain": 0.2, "short": 0.1, "long": 0.1}, abs=0.011
    )


def test_whether_somebody_is_in_it_says_nothing_of_their_variant() -> None:
    (found,) = drawn(experiment(share=0.1))
    inside = [one for one in found if one is not None]
    assert 0.46 < inside.count("short") / len(inside) < 0.54


def test_experiments_without_a_group_are_independent() -> None:
    one, other = drawn(experiment(), experiment(id="f", placement="home-new"))
    both = sum(a == b == "short" for a, b in zip(one, other, strict=True))
    assert 0.24 < both / len(VISITORS) < 0.26


shares = st.floats(0, 1)
visitors = st.text(max_size=20)


@given(visitors, shares, shares)
def test_raising_the_share_only_ever_adds_visitors_and_moves_none(visitor: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    ((before,),) = drawn(experiment(share=small), visitors=[visitor])
    ((after,),) = drawn(experiment(share=large), visitors=[visitor])
    assert before is None or before == after


@given(visitors, st.lists(st.floats(0, 0.3), min_size=2, max_size=3), st.data())
def test_of_a_group_a_visitor_is_in_one_experiment_at_most_and_a_raised_share_keeps_its_own(
    visitor: str, shares: list[float], data: st.DataObject
) -> None:
    def found(shares: list[float]) -> list[str | None]:
        group = [experiment(id=f"e{place}", group="home", share=share) for place, share in enumerate(shares)]
        return [one for (one,) in drawn(*group, visitors=[visitor])]

    before = found(shares)
    assert sum(one is not None for one in before) <= 1
    raised = data.draw(st.integers(0, len(shares) - 1))
    after = found([share + 0.1 * (place == raised) for place, share in enumerate(shares)])
    assert before[raised] is None or after[raised] == before[raised]
    assert after[:raised] == before[:raised]


def test_a_group_is_shared_out_as_asked() -> None:
    one, other = drawn(experiment(group="home", share=0.25), experiment(id="f", group="home", share=0.5))
    assert not [1 for a, b in zip(one, other, strict=True) if a and b]
    assert sum(map(bool, one)) / len(VISITORS) == pytest.approx(0.25, abs=0.01)
    assert sum(map(bool, other)) / len(VISITORS) == pytest.approx(0.5, abs=0.01)


def test_a_visitor_always_has_the_same() -> None:
    wanted = changed({"limit": 3}), changed({"priority": 100}, id="f", campaign="dont-go")
    for visitor in VISITORS[:50]:
        one, again = given_to(visitor, *wanted), given_to(visitor, *wanted)
        assert (one.placements, one.campaigns) == (again.placements, again.campaigns)
        slot, campaign = one.configuration.placement("home-for-you"), one.configuration.campaign("dont-go")
        assert slot is not None
        assert campaign is not None
        assert slot.limit == (3 if one.placements["home-for-you"].variant == "other" else 12)
        assert (campaign.priority == 100) == (one.campaigns["dont-go"].variant == "other")


def test_nobody_without_an_id_is_in_an_experiment() -> None:
    assert given_to(None, experiment()) == Assigned(Configuration.parse({"experiments": [experiment()]}))


@pytest.mark.parametrize(
    "off",
    [
        {"enabled": False},
        {"share": 0},
        {"starts": "2026-03-02T12:00:01Z"},
        {"ends": "2026-03-02T12:00:00Z"},
    ],
)
def test_who_is_in_no_experiment_has_the_plain_configuration(off: dict[str, Any]) -> None:
    configuration = Configuration.parse({"experiments": [experiment(**off)]})
    found = assigned(configuration, "gifts", "v", NOW)
    assert found.configuration is configuration
    assert (found.placements, found.campaigns) == ({}, {})


def test_an_experiment_runs_from_its_start_until_its_end() -> None:
    between = experiment(starts="2026-03-02T12:00:00Z", ends="2026-03-02T12:00:01Z")
    assert list(given_to("v", between).placements) == ["home-for-you"]


def test_what_is_told_has_the_probability_of_just_this() -> None:
    variants = [{"name": "plain", "weight": 1}, {"name": "short", "weight": 1, "changes": {"limit": 3}}]
    found = given_to("v", experiment(variants=variants)).placements["home-for-you"]
    token = {"experiment": "experiment:e", "variant": found.variant, "propensity": 0.475}
    assert found.credited(0.95) == token
    told = {"experiments": [["e", found.variant, 0.5]], "controls": {"e": "plain"}}
    assert logged([found]) == told
    assert logged([]) == {}
