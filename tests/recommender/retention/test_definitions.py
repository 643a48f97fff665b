"""A shop's own segments and receivers in its configuration, and everything there that names segments."""

from dataclasses import replace
from typing import Any

import pytest

from recommender.configuration import Configuration
from recommender.errors import ConfigurationError
from recommender.retention.facts import Facts

FANS: dict[str, Any] = {
    "id": "big-fans",
    "name": {"en": "Big fans"},
    "when": "orders >= 3 and (spend > 200 or rfm_group == 'champions') and not country in ['DE','AT']",
}
CRM: dict[str, Any] = {"id": "crm", "url": "https://crm.example/in", "segments": ["big-fans", "orders == 1"]}


def test_segments_and_webhooks_are_kept_as_they_were_written() -> None:
    configuration = Configuration.parse({"segments": [FANS], "webhooks": [CRM]})
    document = configuration.document()
    assert (document["segments"], document["webhooks"]) == ([FANS], [CRM])
    assert Configuration.parse(document) == configuration
    assert configuration.segmentation.named["big-fans"].words == "Big fans"


def test_a_segment_may_name_those_above_it_and_campaigns_name_them_all() -> None:
    local = {"id": "local-fans", "when": "big-fans and country == 'FR'"}
    campaigns = [{"id": "one", "whom": {"segments": ["local-fans"], "without_segments": ["cart or country == 'CH'"]}}]
    configuration = Configuration.parse({"segments": [FANS, local], "campaigns": campaigns})
    whom = configuration.campaigns[0].whom
    fan = Facts(orders=3, spend=250, country="FR", registry=configuration.segmentation)  # type: ignore[arg-type]
    assert whom.holds(fan)
    assert not whom.holds(replace(fan, country="AT"))
    assert not whom.holds(replace(fan, country="CH"))
    assert not whom.holds(replace(fan, cart_items=1))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"segments": [{"id": "x", "when": "ordrs > 1"}]},
            r"segments\[0\]\.when: 'ordrs > 1' .*at character 1, 'ordrs'",
        ),
        ({"segments": [{"id": "x", "when": ""}]}, r"segments\[0\]\.when: ''"),
        (
            {"segments": [{"id": "a", "when": "b"}, {"id": "b", "when": "buyer"}]},
            r"segments\[0\]\.when: 'b' .*'b': use",
        ),
        ({"segments": [{"id": "a", "when": "a or buyer"}]}, r"segments\[0\]\.when: 'a or buyer' .*character 1, 'a'"),
        ({"segments": [FANS, FANS]}, r"segments\[1\]\.id: 'big-fans' .*another segment is called"),
        ({"segments": [{"id": "vip", "when": "buyer"}]}, r"segments\[0\]\.id: 'vip' .*use another, like big-fans"),
        ({"segments": [{"id": "orders", "when": "buyer"}]}, r"segments\[0\]\.id: 'orders' .*a trait"),
        ({"segments": [{"id": "Not", "when": "buyer"}]}, r"segments\[0\]\.id: 'Not' .*a word of the language"),
        ({"segments": [{"id": "2-fans", "when": "buyer"}]}, r"segments\[0\]\.id: '2-fans'"),
        ({"segments": [{**FANS, "colour": 1}]}, r"segments\[0\]\.colour: 1 .*use id, name, when"),
        ({"campaigns": [{"id": "c", "whom": {"segments": ["fans"]}}]}, r"campaigns\[0\]\.whom\.segments\[0\]: 'fans'"),
        (
            {"campaigns": [{"id": "c", "whom": {"without_segments": ["buyer", "orders >"]}}]},
            r"campaigns\[0\]\.whom\.without_segments\[1\]: 'orders >' .*at character 9, the end",
        ),
        ({"rules": [{"id": "r", "segments": ["fans"], "pin": {"A": 1}}]}, r"rules\[0\]\.segments\[0\]: 'fans'"),
        ({"webhooks": [{**CRM, "segments": ["fans"]}]}, r"webhooks\[0\]\.segments\[0\]: 'fans'"),
        ({"segments": [FANS], "webhooks": [CRM, CRM]}, r"webhooks\[1\]\.id: 'crm'"),
        (
            {"webhooks": [{**CRM, "url": "ftp://crm.example"}]},
            r"webhooks\[0\]\.url: 'ftp://crm.example' .*https://host",
        ),
        ({"webhooks": [{**CRM, "url": "https://me:pw@crm.example"}]}, r"webhooks\[0\]\.url: .*without a user"),
        ({"webhooks": [{**CRM, "url": "https:///path"}]}, r"webhooks\[0\]\.url: .*https://host"),
        ({"webhooks": [{**CRM, "url": "https://[::1"}]}, r"webhooks\[0\]\.url: .*https://host"),
    ],
)
def test_a_mistake_is_told_by_its_path(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Configuration.parse(document)


def test_a_variant_of_a_campaign_may_name_only_segments_that_there_are() -> None:
    variants = [{"name": "a"}, {"name": "b", "changes": {"whom": {"segments": ["fans"]}}}]
    experiment = {"id": "try", "campaign": "one", "variants": variants}
    with pytest.raises(
        ConfigurationError, match=r"experiments\[0\]\.variants\[1\]\.changes\.whom\.segments\[0\]: 'fans'"
    ):
        Configuration.parse({"campaigns": [{"id": "one"}], "experiments": [experiment]})
