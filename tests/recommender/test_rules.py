"""Rules as a shop writes them: what may be said, and how a mistake is told."""

from datetime import UTC, datetime
from typing import Any

import pytest

from recommender.configuration import Configuration
from recommender.errors import ConfigurationError
from recommender.rules import Rule
from recommender.strategy import Strategy

LAMPS: dict[str, Any] = {"category": "Lighting"}
EXAMPLES: list[dict[str, Any]] = [
    {"id": "hero", "placements": ["home-for-you"], "pin": {"SKU1": 1, "SKU7": 3}},
    {"id": "own-brand", "strategies": ["similar"], "boost": {"filter": {"brand": "Acme"}, "factor": 1.5}},
    {"id": "not-now", "page_types": ["home", "cart"], "bury": {"filter": {"on_sale": True}, "factor": 0.5}},
    {"id": "recalled", "exclude": {"item_ids": ["SKU9"], "filter": {"season": ["winter"]}}},
    {"id": "lamps-with-lamps", "page_types": ["product"], "when": LAMPS, "only": LAMPS},
    {"id": "mixed", "max_per": {"brand": 3, "colour": 2}},
    {"id": "sale", "starts": "2026-11-27T00:00:00+01:00", "ends": "2026-12-01T00:00:00Z", "only": {"on_sale": True}},
]


def parsed(**rule: Any) -> Rule:
    return Configuration.parse({"rules": [{"id": "rule", **rule}]}).rules[0]


def test_rules_are_kept_as_they_were_written() -> None:
    configuration = Configuration.parse({"rules": EXAMPLES})
    document = configuration.document()
    assert document["rules"] == EXAMPLES
    assert Configuration.parse(document) == configuration


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({}, r"rules\[0\]: \[\] is not allowed; give exactly one of pin, boost, bury, exclude, only, max_per"),
        ({"pin": {"A": 1}, "only": LAMPS}, r"rules\[0\]: \['pin', 'only'\] is not allowed; give exactly one of"),
        ({"id": "a b", "only": LAMPS}, r"rules\[0\].id: 'a b'"),
        ({"colour": "red", "only": LAMPS}, r"rules\[0\].colour: 'red' .* use id, placements, page_types, strategies"),
        ({"placements": [], "only": LAMPS}, r"rules\[0\].placements: \[\] .* give at least one, or leave it out"),
        ({"placements": ["nowhere"], "only": LAMPS}, r"rules\[0\].placements\[0\]: 'nowhere' .*there are cart-bought"),
        ({"page_types": ["home", "moon"], "only": LAMPS}, r"rules\[0\].page_types\[1\]: 'moon' .*'home'"),
        ({"strategies": ["magic"], "only": LAMPS}, r"rules\[0\].strategies\[0\]: 'magic' .*'similar'"),
        ({"when": {"price": {"least": 1}}, "only": LAMPS}, r"rules\[0\].when.price: {'least': 1} .*use a value"),
        ({"when": {}, "only": LAMPS}, r"rules\[0\].when: {}"),
        ({"starts": "2026-11-27", "only": LAMPS}, r"rules\[0\].starts: '2026-11-27' .*with its zone, like 2026"),
        ({"ends": 5, "only": LAMPS}, r"rules\[0\].ends: 5 .*with its zone"),
        (
            {"starts": "2026-11-27T00:00:00Z", "ends": "2026-11-27T00:00:00Z", "only": LAMPS},
            r"rules\[0\].ends: '2026-11-27T00:00:00\+00:00' .*after starts",
        ),
        ({"pin": {}}, r"rules\[0\].pin: {}"),
        ({"pin": {"A": 0}}, r"rules\[0\].pin.A: 0 .*greater than or equal to 1"),
        ({"pin": {"A": 101}}, r"rules\[0\].pin.A: 101 .*less than or equal to 100"),
        ({"pin": {"A": 2, "B": 2}}, r"rules\[0\].pin.B: 2 .*A is pinned there"),
        ({"pin": ["A"]}, r"rules\[0\].pin: \['A'\]"),
        ({"boost": {"filter": LAMPS, "factor": 1}}, r"rules\[0\].boost.factor: 1 .*greater than 1"),
        ({"boost": {"filter": LAMPS, "factor": 101}}, r"rules\[0\].boost.factor: 101 .*less than or equal to 100"),
        ({"boost": {"filter": LAMPS}}, r"rules\[0\].boost.factor: .*required"),
        ({"boost": {"filter": LAMPS, "factor": 2, "by": 1}}, r"rules\[0\].boost.by: 1 .*use filter, factor"),
        ({"boost": {"filter": {"cost": 1}, "factor": 2}}, r"rules\[0\].boost.filter.cost: 1 .*secret"),
        ({"bury": {"filter": LAMPS, "factor": 2}}, r"rules\[0\].bury.factor: 2 .*less than 1"),
        ({"bury": {"filter": LAMPS, "factor": 0}}, r"rules\[0\].bury.factor: 0 .*greater than 0"),
        ({"bury": {"filter": {}, "factor": 0.5}}, r"rules\[0\].bury.filter: {}"),
        ({"exclude": {}}, r"rules\[0\].exclude: {} .*give a filter, item_ids, or both"),
        ({"exclude": {"item_ids": []}}, r"rules\[0\].exclude.item_ids: \[\] .*give at least one"),
        ({"exclude": {"item_ids": [""]}}, r"rules\[0\].exclude.item_ids\[0\]: ''"),
        ({"only": {"not": {"price": {"min": 2, "max": 1}}}}, r"rules\[0\].only.not.price: .*min must not be above max"),
        ({"max_per": {}}, r"rules\[0\].max_per: {}"),
        ({"max_per": {"brand": 0}}, r"rules\[0\].max_per.brand: 0"),
        ({"max_per": {"brand": "many"}}, r"rules\[0\].max_per.brand: 'many'"),
        ({"max_per": {"cost": 2}}, r"rules\[0\].max_per.cost: 'cost' .*secret"),
    ],
)
def test_a_mistake_is_named_by_its_path_with_what_is_allowed(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parsed(**rule)


def test_two_rules_may_not_have_one_name() -> None:
    with pytest.raises(ConfigurationError, match=r"rules\[2\].id: 'hero' is not allowed; rules\[0\] is called so"):
        Configuration.parse({"rules": [*EXAMPLES[:2], EXAMPLES[0]]})


def test_there_may_be_two_hundred_rules_and_no_more() -> None:
    rules = [{"id": f"rule-{number}", "only": LAMPS} for number in range(201)]
    assert len(Configuration.parse({"rules": rules[:200]}).rules) == 200
    with pytest.raises(ConfigurationError, match=r"rules: .*at most 200"):
        Configuration.parse({"rules": rules})


@pytest.mark.parametrize(
    ("where", "placement", "page", "strategy", "stands"),
    [
        ({}, None, None, "similar", True),
        ({"placements": ["home-trending"]}, "home-trending", "home", "trending", True),
        ({"placements": ["home-trending"]}, "home-for-you", "home", "for_you", False),
        ({"placements": ["home-trending"]}, None, None, "trending", False),
        ({"page_types": ["home"]}, "home-trending", "home", "trending", True),
        ({"page_types": ["home"]}, None, None, "trending", False),
        ({"strategies": ["similar"]}, None, None, Strategy.SIMILAR, True),
        ({"strategies": ["similar"], "page_types": ["home"]}, "slot", "product", "similar", False),
    ],
)
def test_a_rule_holds_where_everything_that_it_names_is_so(
    where: dict[str, Any], placement: str | None, page: str | None, strategy: str, stands: bool
) -> None:
    assert parsed(**where, only=LAMPS).stands(placement, page, strategy) is stands


def test_a_rule_is_due_from_its_start_until_just_before_its_end() -> None:
    rule = parsed(starts="2026-11-27T00:00:00+01:00", ends="2026-11-28T00:00:00Z", only=LAMPS)
    moments = [datetime(2026, 11, 26, 22, 59, tzinfo=UTC), datetime(2026, 11, 26, 23, tzinfo=UTC)]
    moments += [datetime(2026, 11, 27, 23, 59, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)]
    assert [rule.due(moment) for moment in moments] == [False, True, True, False]


@pytest.mark.parametrize(
    ("when", "category", "fits"),
    [
        (LAMPS, "Home > Lighting", True),
        (LAMPS, "Kitchen", False),
        ({"category": ["Kitchen", "Lighting"]}, "Lighting", True),
        ({"product_type": "Home > Lighting"}, "Home > Lighting > Lanterns", True),
        ({"category": "Lighting", "brand": "Acme"}, "Lighting", False),
    ],
)
def test_of_a_category_page_nothing_is_known_but_its_category(when: Any, category: str, fits: bool) -> None:
    assert parsed(when=when, only=LAMPS).fits_category(category) is fits
