"""What visitors may draw on a page, with its chance."""

from datetime import UTC, datetime, timedelta
from math import isclose
from typing import Any

import pytest

from recommender.configuration import Configuration
from recommender.errors import InputError
from recommender.experiments.assigning import as_drawn, assigned
from recommender.experiments.learned import Epoch
from recommender.experiments.lottery import lots

NOW, DAY = datetime(2026, 3, 2, tzinfo=UTC), timedelta(days=1)
SLOT, OTHER = ({"id": id_, "page_types": ["home"], "strategy": "best_sellers"} for id_ in ("slot", "other"))


def experiment(id_: str, **more: Any) -> dict[str, Any]:
    variants = [{"name": "plain", "weight": 3}, {"name": "short", "changes": {"limit": 3}}]
    return {"id": id_, "placement": "slot", "variants": variants, **more}


def configuration(*experiments: dict[str, Any]) -> Configuration:
    return Configuration.parse({"placements": [SLOT, OTHER], "experiments": [*experiments]})


def found(told: Configuration, *placements: str, **logged: tuple[str, float]) -> dict[str, float]:
    return {str(dict(lot.variants)): round(lot.chance, 9) for lot in lots(told, placements or ("slot",), NOW, logged)}


def test_without_experiments_there_is_one_outcome() -> None:
    """And it is certain."""
    assert found(configuration()) == {"{}": 1.0}


def test_who_is_outside_the_share_is_one_of_the_outcomes() -> None:
    """A fifth are in it, three quarters of these have the first variant."""
    assert found(configuration(experiment("e", share=0.2))) == {
        "{'e': 'plain'}": 0.15,
        "{'e': 'short'}": 0.05,
        "{}": 0.8,
    }


def test_independent_experiments_multiply() -> None:
    """Two times two outcomes, unless the other's placement is not on the page."""
    both = configuration(experiment("e"), experiment("f", placement="other"))
    assert list(found(both, "slot", "other").values()) == [0.5625, 0.1875, 0.1875, 0.0625]
    assert list(found(both, "slot").values()) == [0.75, 0.25]


def test_experiments_of_one_group_exclude_each_other() -> None:
    """Half each: nobody has a variant of both."""
    grouped = configuration(experiment("e", group="g", share=0.5), experiment("f", group="g", share=0.25))
    assert found(grouped) == {
        "{'e': 'plain'}": 0.375,
        "{'e': 'short'}": 0.125,
        "{'f': 'plain'}": 0.1875,
        "{'f': 'short'}": 0.0625,
        "{}": 0.25,
    }


def test_an_experiment_that_does_not_run_is_none() -> None:
    """Everybody has the plain configuration again."""
    assert found(configuration(experiment("e", enabled=False))) == {"{}": 1.0}


def test_a_logged_propensity_counts_instead_of_the_weight() -> None:
    """What a bandit drew with .1 leaves .9 to the other."""
    assert found(configuration(experiment("e")), e=("short", 0.1)) == {"{'e': 'plain'}": 0.9, "{'e': 'short'}": 0.1}
    assert found(configuration(experiment("e")), e=("gone", 0.1)) == {"{'e': 'plain'}": 0.75, "{'e': 'short'}": 0.25}


def test_learned_weights_count_instead_of_the_documents() -> None:
    """Those of the stretch in which the page was asked for."""
    told = configuration(experiment("e", learn={}))
    learned = {"e": (Epoch(NOW - DAY, {"plain": 0.6, "short": 0.4}), Epoch(NOW + DAY, {"plain": 0.1, "short": 0.9}))}
    for moment, chances in ((NOW - 2 * DAY, [0.75, 0.25]), (NOW, [0.6, 0.4]), (NOW + DAY, [0.1, 0.9])):
        assert [lot.chance for lot in lots(told, ["slot"], moment, learned=learned)] == chances


def test_of_two_lists_in_one_the_chance_is_not_told() -> None:
    """Each order that a coin brings about would be an outcome of its own."""
    variants = [{"name": "plain"}, {"name": "other", "changes": {"strategy": "trending"}}]
    with pytest.raises(InputError, match="two lists in one"):
        found(configuration(experiment("e", variants=variants, interleave=True)))


def test_too_many_outcomes_are_refused() -> None:
    """Three times three times ... would be worked out for each page."""
    slots = [{**SLOT, "id": f"slot-{number}"} for number in range(7)]
    tried = [experiment(f"e{number}", placement=f"slot-{number}") for number in range(7)]
    many = Configuration.parse({"placements": slots, "experiments": tried})
    with pytest.raises(InputError, match="64 combinations"):
        lots(many, [one["id"] for one in slots], NOW)


def test_the_chances_are_those_with_which_visitors_draw() -> None:
    """Of 4,000 visitors each outcome has its share, and `as_drawn` is the configuration that they have."""
    told = configuration(experiment("e", group="g", share=0.5), experiment("f", group="g", share=0.25))
    counts: dict[str, int] = {}
    for number in range(4000):
        own = assigned(told, "shop", f"v{number}", NOW)
        variants = {one.experiment: one.variant for one in own.placements.values()}
        assert as_drawn(told, "shop", f"v{number}", variants).configuration.placements == own.configuration.placements
        counts[str(variants)] = counts.get(str(variants), 0) + 1
    for outcome, chance in found(told).items():
        assert isclose(counts[outcome] / 4000, chance, abs_tol=0.025), outcome
