"""Campaigns: what is refused is named by its path; what is accepted holds where, for whom and when it says."""

from decimal import Decimal
from typing import Any

import pytest

from recommender.configuration import Configuration
from recommender.engine.page import PageType
from recommender.errors import ConfigurationError
from recommender.retention.audience import Whom
from recommender.retention.campaign import Campaign
from recommender.retention.facts import Device, Facts, Scene
from recommender.retention.place import Where


def test_a_new_shop_has_three_campaigns_without_offers() -> None:
    campaigns = Configuration.parse({}).campaigns
    places = {campaign.id: campaign.where.page_types for campaign in campaigns}
    assert places == {
        "last-chance": (PageType.CART,),
        "flash-promotion": (PageType.PRODUCT,),
        "dont-go": (PageType.HOME,),
    }
    assert all(campaign.enabled and campaign.offer is None for campaign in campaigns)


def test_a_document_read_back_is_the_same_configuration() -> None:
    configuration = Configuration.parse(
        {
            "campaigns": [
                {
                    "id": "vip",
                    "whom": {
                        "segments": ["orders >= 2"],
                        "attributes": {"tier": ["gold", "silver"], "age": {"min": 18}},
                    },
                    "offer": {"tiers": True, "minutes": 20, "most": 50, "currency": "EUR"},
                    "budget": {"total": 500, "per_day": 50, "currency": "EUR"},
                    "content": {"headline": {"en": "{offer}", "pt-BR": "{offer}!"}},
                }
            ]
        }
    )
    assert Configuration.parse(configuration.document()) == configuration


@pytest.mark.parametrize(
    ("campaign", "message"),
    [
        ({"whom": {"segments": ["magic"]}}, r"campaigns\[0\]\.whom\.segments\[0\]: 'magic' .*use new, returning"),
        ({"offer": {"percent": -5}}, r"campaigns\[0\]\.offer\.percent: -5 .*greater than 0"),
        (
            {"offer": {"tiers": [{"above": 100, "percent": 5}, {"above": 100, "percent": 9}]}},
            r"campaigns\[0\]\.offer\.tiers\[1\]\.above: '100' .*use more than 100",
        ),
        (
            {"content": {"headline": "<script>alert(1)</script>"}},
            r"campaigns\[0\]\.content\.headline: '<s' .*plain text",
        ),
        ({"content": {"text": {"de": "{secret}"}}}, r"campaigns\[0\]\.content\.text\.de: '{secret}' .*use {offer}"),
        ({"content": {"text": "{offer"}}, r"campaigns\[0\]\.content\.text: '{offer' .*close every brace"),
        ({"content": {"link": "javascript:alert(1)"}}, r"campaigns\[0\]\.content\.link: .*use https://"),
        ({"content": {"link": "//evil.example"}}, r"campaigns\[0\]\.content\.link: .*use https://"),
        ({"content": {"link": "/cart?x={item}"}}, r"campaigns\[0\]\.content\.link: .*{code} for the coupon code"),
        ({"triggers": [{"on": "magic"}]}, r"campaigns\[0\]\.triggers\[0\]\.on: 'magic' .*'exit_intent'"),
        ({"triggers": [{"on": "timer", "percent": 3}]}, r"triggers\[0\]\.percent: 3\.0 .*timer takes seconds"),
        ({"triggers": [{"on": "api"}]}, r"triggers\[0\]\.name: None"),
        ({"triggers": [{"on": "view"}]}, r"campaigns\[0\]\.triggers: 'view' .*only a banner"),
        ({"slot": "top", "triggers": [{"on": "timer"}]}, r"campaigns\[0\]\.triggers: .*only trigger is view"),
        ({"schedule": {"begins_at": "25:00"}}, r"campaigns\[0\]\.schedule\.begins_at: '25:00' .*like 18:30"),
        (
            {"whom": {"cart_value": {"min": 5, "max": 1}}},
            r"campaigns\[0\]\.whom\.cart_value\.max: 1\.0 .*use 5 or more",
        ),
        ({"whom": {"attributes": {"a": {"max": -1}}}}, r"campaigns\[0\]\.whom\.attributes\.a\.max: -1"),
        ({"caps": {"per_session": 0}}, r"campaigns\[0\]\.caps\.per_session: 0"),
        ({"holdout": 1}, r"campaigns\[0\]\.holdout: 1"),
        ({"budget": {"total": 5, "currency": "EUR"}}, r"campaigns\[0\]\.budget: .*without an offer nothing is spent"),
        (
            {"offer": {"percent": 5}, "budget": {"total": 5, "currency": "EUR"}},
            r"campaigns\[0\]\.offer\.most: None .*say it in `most`",
        ),
        ({"colour": "red"}, r"campaigns\[0\]\.colour: .*use id, enabled, priority"),
    ],
)
def test_a_bad_campaign_is_refused_with_the_path_and_what_is_allowed(campaign: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Configuration.parse({"campaigns": [{"id": "one", **campaign}]})


def test_two_campaigns_cannot_be_called_the_same() -> None:
    with pytest.raises(ConfigurationError, match=r"campaigns\[1\]\.id: 'one' .*campaigns\[0\] is called so"):
        Configuration.parse({"campaigns": [{"id": "one"}, {"id": "one"}]})


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"shop\.timezone: 'Mars/Base' .*like Europe/Berlin"):
        Configuration.parse({"shop": {"timezone": "Mars/Base"}})


@pytest.mark.parametrize(
    ("where", "scene", "holds"),
    [
        ({}, Scene(), True),
        ({"page_types": ["home"]}, Scene(PageType.HOME), True),
        ({"page_types": ["home", "cart"]}, Scene(PageType.PRODUCT), False),
        ({"urls": ["/sale/*"]}, Scene(url="https://shop.example/sale/shoes?x=1"), True),
        ({"urls": ["/sale/*"]}, Scene(url="https://shop.example/other/sale/shoes"), False),
        (
            {"urls": ["https://shop.example/*utm_source=mail*"]},
            Scene(url="https://shop.example/?utm_source=mail"),
            True,
        ),
        ({"urls": ["/"]}, Scene(url="https://shop.example"), True),
        ({"urls": ["/"]}, Scene(url="https://shop.example/#top"), True),
        ({"urls": ["/a.c"]}, Scene(url="https://shop.example/abc"), False),
        ({"categories": ["Shoes"]}, Scene(category="Clothes > shoes > Boots"), True),
        ({"categories": ["Hats"]}, Scene(category="Clothes > Shoes"), False),
        ({"categories": ["Hats"]}, Scene(), False),
        ({"brands": ["ACME"]}, Scene(brand="acme"), True),
        ({"brands": ["ACME"]}, Scene(), False),
        ({"page_types": ["product"], "brands": ["ACME"]}, Scene(PageType.HOME, brand="ACME"), False),
    ],
)
def test_where_a_campaign_runs(where: dict[str, Any], scene: Scene, holds: bool) -> None:
    assert Where.model_validate(where).holds(scene) is holds


@pytest.mark.parametrize(
    ("whom", "facts", "holds"),
    [
        ({}, Facts(), True),
        ({"segments": ["returning", "orders >= 2"]}, Facts(orders=2), True),
        ({"segments": ["returning", "orders >= 2"]}, Facts(returning=True), False),
        ({"without_segments": ["buyer"]}, Facts(orders=1), False),
        ({"cart_value": {"min": 50, "max": 100}}, Facts(cart_value=Decimal(50)), True),
        ({"cart_value": {"min": 50, "max": 100}}, Facts(cart_value=Decimal("100.01")), False),
        ({"cart_items": {"min": 1}}, Facts(), False),
        ({"page_views": {"min": 3}}, Facts(page_views=3), True),
        ({"referrers": ["*google.*"]}, Facts(Scene(referrer="https://www.google.com/")), True),
        ({"referrers": ["*google.*"]}, Facts(), False),
        ({"countries": ["DE", "AT"]}, Facts(country="AT"), True),
        ({"countries": ["DE"]}, Facts(), False),
        ({"devices": ["phone"]}, Facts(device=Device.PHONE), True),
        ({"devices": ["phone"]}, Facts(device=Device.DESKTOP), False),
        ({"attributes": {"tier": "gold"}}, Facts(attributes={"tier": "gold"}), True),
        ({"attributes": {"tier": ["gold", "silver"]}}, Facts(attributes={"tier": "silver"}), True),
        ({"attributes": {"tier": "gold"}}, Facts(), False),
        ({"attributes": {"points": {"min": 100}}}, Facts(attributes={"points": 100}), True),
        ({"attributes": {"points": {"min": 100}}}, Facts(attributes={"points": "100"}), False),
        ({"attributes": {"member": True}}, Facts(attributes={"member": True}), True),
    ],
)
def test_whom_a_campaign_is_for(whom: dict[str, Any], facts: Facts, holds: bool) -> None:
    assert Whom.model_validate(whom).holds(facts) is holds


def test_a_banner_stands_on_every_page_and_a_popup_opens_once_a_visit() -> None:
    banner, popup = Campaign(id="b", slot="top"), Campaign(id="p")
    assert [trigger.told() for trigger in banner.opening] == [{"on": "view"}]
    assert [trigger.told() for trigger in popup.opening] == [
        {"on": "exit_intent", "after_seconds": 2, "idle_seconds": 30}
    ]
    assert (banner.limits.per_session, popup.limits.per_session, popup.limits.per_visitor) == (None, 1, 3)
