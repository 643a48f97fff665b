"""The configuration document: what a new shop has, and how a mistake is told."""

from typing import Any

import pytest

from recommender.configuration import Configuration, default_configuration
from recommender.engine.page import PageType
from recommender.errors import ConfigurationError
from recommender.strategy import Strategy
from recommender.training import TrainingConfiguration


def placement(**fields: Any) -> dict[str, Any]:
    return {"id": "slot", "page_types": ["home"], "strategy": "similar", **fields}


def experiment(changes: dict[str, Any]) -> dict[str, Any]:
    return {"id": "tried", "placement": "slot", "variants": [{"name": "plain"}, {"name": "other", "changes": changes}]}


def test_a_new_shop_has_three_showcases_on_a_product_page() -> None:
    slots = default_configuration().on("product")
    assert [slot.id for slot in slots] == ["product-similar", "product-bought-together", "product-recently-viewed"]
    assert [slot.strategy for slot in slots] == [
        Strategy.SIMILAR,
        Strategy.BOUGHT_TOGETHER,
        Strategy.RECENTLY_VIEWED,
    ]


@pytest.mark.parametrize("page", PageType)
def test_every_page_has_a_showcase_from_the_first_day(page: PageType) -> None:
    assert default_configuration().on(page)


def test_a_document_is_read_as_it_was_written() -> None:
    assert Configuration.parse(default_configuration().document()) == default_configuration()


def test_what_a_document_leaves_out_keeps_its_default() -> None:
    configuration = Configuration.parse({"training": {"seed": 1}})
    assert configuration.placements == default_configuration().placements
    assert configuration.training == TrainingConfiguration(seed=1)


def test_a_shop_may_have_no_placement_at_all() -> None:
    assert Configuration.parse({"placements": []}).on("home") == ()


def test_a_placement_is_found_by_its_id() -> None:
    configuration = default_configuration()
    assert configuration.placement("cart-for-you") in configuration.placements
    assert configuration.placement("nowhere") is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"placements": [placement(strategy="magic")]}, r"placements\[0\].strategy: 'magic' .*'similar'"),
        ({"placements": [placement(limit=0)]}, r"placements\[0\].limit: 0"),
        ({"placements": [placement(limit=101)]}, r"placements\[0\].limit: 101"),
        ({"placements": [placement(page_types=["moon"])]}, r"placements\[0\].page_types\[0\]: 'moon'"),
        ({"placements": [placement(colour="red")]}, r"placements\[0\].colour: .* use id, page_types, strategy"),
        ({"placements": [placement(id="a b")]}, r"placements\[0\].id: 'a b'"),
        ({"placements": [placement(), placement()]}, r"placements\[1\]\.id: 'slot' .*placements\[0\] is called so"),
        (
            {"placements": [placement(filter={"price": {"least": 1}})]},
            r"placements\[0\].filter.price: {'least': 1} .*use a value",
        ),
        ({"offers": []}, r"offers: .* use placements, segments, rules, campaigns, experiments, webhooks, shop, popups"),
        ({"popups": {"cooldown_minutes": -1}}, r"popups\.cooldown_minutes: -1"),
        ({"placements": [placement(diversity=2)]}, r"placements\[0\].diversity: 2 .*less than or equal to 1"),
        ({"placements": [placement(max_per_brand=0)]}, r"placements\[0\].max_per_brand: 0"),
        ({"placements": [placement(new_items_share=2)]}, r"placements\[0\].new_items_share: 2"),
        ({"placements": "all"}, r"placements: 'all'"),
        (
            {"placements": [placement(without_rules=["summer"])], "rules": [{"id": "winter", "pin": {"mug": 1}}]},
            r"placements\[0\].without_rules\[0\]: 'summer' .*no rule is called so; there are winter",
        ),
        (
            {"placements": [placement()], "experiments": [experiment({"without_rules": ["summer"]})]},
            r"experiments\[0\].variants\[1\].changes.without_rules\[0\]: 'summer' .*there are none at all",
        ),
        ({"placements": [placement(layout="a b")]}, r"placements\[0\].layout: 'a b'"),
    ],
)
def test_a_mistake_is_named_by_its_path_with_what_is_allowed(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Configuration.parse(document)


def test_the_training_section_is_checked_as_well() -> None:
    with pytest.raises(ConfigurationError, match=r"training\.factors\.dimensions: 0 is not allowed"):
        Configuration.parse({"training": {"factors": {"dimensions": 0}}})


def test_a_title_may_be_told_in_several_languages() -> None:
    slot = Configuration.parse({"placements": [placement(title={"en": "Look", "pt-BR": "Veja"})]}).placements[0]
    assert slot.title == {"en": "Look", "pt-BR": "Veja"}
