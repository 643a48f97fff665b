"""Experiments in a configuration: what may be varied, and how a mistake is told."""

from typing import Any

import pytest

from recommender.configuration import Configuration
from recommender.errors import ConfigurationError
from recommender.retention.campaign import Campaign
from recommender.strategy import Strategy


def experiment(**fields: Any) -> dict[str, Any]:
    """Two variants of the home page's first showcase; the second is shorter."""
    variants = [{"name": "plain"}, {"name": "short", "changes": {"limit": 3}}]
    thing = {} if "campaign" in fields else {"placement": "home-for-you"}
    return {"id": "e", "variants": variants, **thing, **fields}


def changed(changes: dict[str, Any], **thing: Any) -> dict[str, Any]:
    return experiment(variants=[{"name": "plain"}, {"name": "other", "changes": changes}], **thing)


def parsed(*experiments: dict[str, Any]) -> Configuration:
    return Configuration.parse({"experiments": list(experiments)})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (changed({"limit": 0}), r"experiments\[0\]\.variants\[1\]\.changes\.limit: 0 is not allowed; .*equal to 1"),
        (changed({"filter": {"price": {"least": 1}}}), r"variants\[1\]\.changes\.filter\.price: .* use a value"),
        (changed({"id": "x"}), r"variants\[1\]\.changes\.id: 'x' .* use strategy, title, limit"),
        (changed({"page_types": ["cart"]}), r"changes\.page_types: .* use strategy"),
        (changed({"colour": "red"}), r"changes\.colour: 'red' .* use strategy"),
        (
            changed({"strategy": "best_sellers", "new_items_share": 0.5}),
            r"changes\.new_items_share: 0.5 .*has no places",
        ),
        (changed({"offer": {"percent": -3}}, campaign="dont-go"), r"variants\[1\]\.changes\.offer\.percent: -3"),
        (changed({"where": {}}, campaign="dont-go"), r"changes\.where: {} .* use enabled, priority"),
        (changed({"holdout": 0.5}, campaign="dont-go"), r"changes\.holdout: 0.5 "),
        (changed({"content": {"headlin": "x"}}, campaign="dont-go"), r"changes\.content\.headlin: .* use template"),
        (
            changed({"budget": {"total": 3, "currency": "EUR"}}, campaign="dont-go"),
            r"changes\.budget: .*without an offer",
        ),
        (experiment(placement="nowhere"), r"experiments\[0\]\.placement: 'nowhere' .*there are cart-bought-together"),
        (experiment(campaign="nothing"), r"experiments\[0\]\.campaign: 'nothing' .*there are dont-go, flash-promotion"),
        (experiment(placement=None), r"experiments\[0\]\.placement: None .*name the placement or the campaign"),
        (experiment(placement="home-new", campaign="dont-go"), r"\.campaign: 'dont-go' .*one thing is varied"),
        (
            experiment(variants=[{"name": "a", "weight": 0}, {"name": "b"}]),
            r"variants\[0\]\.weight: 0 .*greater than 0",
        ),
        (experiment(variants=[{"name": "a"}, {"name": "a"}]), r"variants\[1\]\.name: 'a' .*variants\[0\] is called so"),
        (experiment(variants=[{"name": "a"}]), r"experiments\[0\]\.variants: .*give at least 2"),
        (experiment(share=1.5), r"experiments\[0\]\.share: 1.5"),
        (
            experiment(starts="2026-12-02T00:00:00Z", ends="2026-12-01T00:00:00Z"),
            r"experiments\[0\]\.ends: '2026-12-01T00:00:00\+00:00' .*after starts",
        ),
        (experiment(starts="tomorrow"), r"experiments\[0\]\.starts: 'tomorrow' .*with its zone"),
    ],
)
def test_a_mistake_is_named_by_its_path_with_what_is_allowed(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parsed(wrong)


def test_two_experiments_have_names_of_their_own() -> None:
    with pytest.raises(ConfigurationError, match=r"experiments\[1\]\.id: 'e' .*experiments\[0\] is called so"):
        parsed(experiment(), experiment(placement="home-new"))


@pytest.mark.parametrize(
    "apart",
    [
        {"group": "home", "share": 0.5},
        {"starts": "2026-12-01T00:00:00Z"},
        {"enabled": False},
        {"placement": "home-new"},
    ],
    ids=["in one group", "one after the other", "one of them off", "of two placements"],
)
def test_two_experiments_vary_one_thing_only_where_no_visitor_meets_both(apart: dict[str, Any]) -> None:
    first = experiment(share=0.5, ends="2026-12-01T00:00:00Z", **({"group": "home"} if "group" in apart else {}))
    assert len(parsed(first, experiment(id="f", **apart)).trials) == 2
    with pytest.raises(ConfigurationError, match=r"experiments\[1\]\.placement: 'home-for-you' .*experiments\[0\] var"):
        parsed(first, experiment(id="f"))


def test_a_group_has_no_more_than_all_visitors() -> None:
    first = experiment(group="home", share=0.7)
    with pytest.raises(ConfigurationError, match=r"experiments\[1\]\.share: 0.4 .*group home has 0.3 left"):
        parsed(first, experiment(id="f", group="home", share=0.4))
    assert parsed(first, experiment(id="f", group="home", share=0.3)).trials[1].ends == 1.0


def test_a_shared_code_stands_for_one_offer() -> None:
    def offer(percent: int) -> dict[str, Any]:
        return {"offer": {"percent": percent, "code": {"shared": "SPRING"}}}

    wrong = changed(offer(20), campaign="dont-go")
    wrong["variants"][0]["changes"] = offer(10)
    with pytest.raises(ConfigurationError, match=r"variants\[1\]\.changes\.offer\.code\.shared: 'SPRING' .*own code"):
        parsed(wrong)


def test_each_variant_is_the_thing_with_what_it_changes() -> None:
    changes = {"strategy": "best_sellers", "title": {"en": "Loved"}, "limit": 3, "filter": {"brand": "Acme"}}
    (trial,) = parsed(changed(changes)).trials
    assert trial.things["plain"] == Configuration().placement("home-for-you")
    assert trial.things["other"].id == "home-for-you"
    assert (trial.things["other"].strategy, trial.things["other"].limit) == (Strategy.BEST_SELLERS, 3)
    assert trial.things["other"].parsed_filter is not None


def test_a_campaigns_members_are_replaced_as_a_whole_and_null_takes_one_away() -> None:
    campaign = {"id": "hello", "offer": {"percent": 10}, "content": {"template": "flash", "headline": "Stay"}}
    document = {
        "campaigns": [campaign],
        "experiments": [changed({"offer": None, "content": {"headline": "Go"}}, campaign="hello")],
    }
    (trial,) = Configuration.parse(document).trials
    other = trial.things["other"]
    assert isinstance(other, Campaign)
    assert (other.offer, other.content.headline) == (None, "Go")
    assert other.content.template != "flash"


@pytest.mark.parametrize(
    ("changes", "on_page"),
    [
        ({"content": {"headline": "Go"}}, False),
        ({"priority": 3}, True),
        ({}, False),
        ({"content": {"products": {"strategy": "similar"}}}, True),
    ],
)
def test_only_a_campaigns_words_are_compared_over_those_who_read_them(changes: dict[str, Any], on_page: bool) -> None:
    document = {"campaigns": [{"id": "hello"}], "experiments": [changed(changes, campaign="hello")]}
    assert Configuration.parse(document).trials[0].on_page is on_page


def test_a_document_is_read_as_it_was_written() -> None:
    configuration = parsed(
        experiment(share=0.2, starts="2026-12-01T00:00:00Z"),
        experiment(
            id="f", campaign="dont-go", variants=[{"name": "a"}, {"name": "b", "weight": 3, "changes": {"offer": None}}]
        ),
    )
    assert Configuration.parse(configuration.document()) == configuration
    assert configuration.document()["experiments"][1]["variants"][1]["changes"] == {"offer": None}
