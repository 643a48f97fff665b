"""Some visitors are made no offer, so that what offers earn can be told: over HTTP, in the log, in a report."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from recommender.assignment import held_out
from recommender.events.log import EventLog
from recommender.tokens import read
from tests.api.conftest import Api, running
from tests.api.test_experiments import OFFER, told
from tests.api.test_popups import CART, Clock, arm, configure, show
from training.measuring.groups import groups

pytestmark = pytest.mark.anyio

SALE: dict[str, Any] = {
    "id": "sale",
    "where": {"page_types": ["cart"]},
    "offer": {"percent": 10, "code": {"generated": {"prefix": "VT"}}},
    "content": {"template": "last_chance"},
}
SHARE = 0.3
ALL = [f"v{number}" for number in range(40)]
MEETING = [visitor for visitor in ALL if not held_out("shop", visitor, "popups", SHARE)]
WITHOUT = [visitor for visitor in MEETING if held_out("shop", visitor, "offers", SHARE)]
WITH = [visitor for visitor in MEETING if visitor not in WITHOUT]
SOME = [*WITHOUT[:3], *WITH[:3]]


async def opened(api: Api, visitor: str, session: str = "s") -> dict[str, Any]:
    """The cart's popup."""
    popup = (await arm(api, "cart", visitor, cart=CART, session_id=session))["sale"]
    return await show(api, popup, cart=CART)


@pytest.fixture
async def sale(tmp_path: Path) -> AsyncIterator[Api]:
    """A shop that holds three tenths of its visitors out, of popups and of offers each."""
    async with running(tmp_path, holdout=SHARE) as api:
        await api.put_items()
        yield api


async def test_who_is_held_out_of_offers_meets_the_popup_without(sale: Api) -> None:
    await configure(sale, SALE)
    for visitor in SOME:
        answer = await opened(sale, visitor)
        assert answer["shown"], visitor
        assert ("offer" in answer, "code" in answer["content"]) == (visitor in WITH,) * 2
        assert ("10" in answer["content"]["headline"]) == (visitor in WITH)
        token = read(answer["attribution_token"], sale.signing_key)
        assert (token.experiment, token.variant, token.propensity) == ("campaign:sale", "shown", 1 - SHARE)
    rows = await told(sale, "promotion_offered")
    assert {row["visitor_id"]: row["told"]["layers"] for row in rows} == {
        **{v: [{"experiment": "offers", "variant": "holdout", "propensity": SHARE}] for v in WITHOUT[:3]},
        **{v: [{"experiment": "offers", "variant": "shown", "propensity": 1 - SHARE}] for v in WITH[:3]},
    }


@pytest.mark.parametrize(
    ("content", "alone"),
    [
        ({}, False),
        ({"products": {"strategy": "best_sellers"}}, True),
        ({"template": "last_chance", "headline": "Ten percent off"}, False),
        ({"template": "last_chance", "link": "/cart?coupon={code}"}, False),
        ({"headline": "Still thinking?", "without_offer": True}, True),
        ({"template": "last_chance", "without_offer": False}, False),
    ],
    ids=["nothing to say", "products", "own words", "own link", "own words that hold", "not asked for"],
)
async def test_content_that_may_promise_the_offer_is_not_shown_without(
    sale: Api, content: dict[str, Any], *, alone: bool
) -> None:
    await configure(sale, {**SALE, "content": content})
    answer = await opened(sale, WITHOUT[0])
    assert answer["shown"] is alone
    if not alone:
        assert answer == {"shown": False, "reason": "offer_holdout"}
        (row,) = await told(sale, "promotion_not_offered")
        assert (row["told"]["reason"], row["told"]["layers"][0]["variant"]) == ("offer_holdout", "holdout")


async def test_products_that_are_sold_out_do_not_stand_alone(sale: Api) -> None:
    none = {"products": {"strategy": "best_sellers", "filter": {"price": {"min": 5000}}}}
    await configure(sale, {**SALE, "content": none})
    assert (await opened(sale, WITHOUT[0])) == {"shown": False, "reason": "offer_holdout"}
    assert (await opened(sale, WITH[0]))["shown"]


@pytest.mark.parametrize("content", [{"template": "last_chance"}, {}], ids=["shown without", "not shown"])
async def test_both_groups_meet_the_same_caps(tmp_path: Path, content: dict[str, Any]) -> None:
    async with running(tmp_path, holdout=SHARE, now=Clock()) as api:
        await api.put_items()
        await configure(api, {**SALE, "content": content})
        for visitor in (WITH[0], WITHOUT[0]):
            first, second = [(await arm(api, "cart", visitor, cart=CART, session_id="s"))["sale"] for _ in range(2)]
            await show(api, first, cart=CART)
            assert (await show(api, second, cart=CART))["reason"] == "cap"


async def test_asking_again_gives_the_same_bytes_and_takes_nothing(sale: Api) -> None:
    await configure(sale, {**SALE, "offer": {"percent": 10, "most": 5, "currency": "EUR"},
                           "budget": {"total": 50, "currency": "EUR"}})  # fmt: skip
    popup = (await arm(sale, "cart", WITHOUT[0], cart=CART))["sale"]
    assert await show(sale, popup, cart=CART) == await show(sale, popup, cart=CART)
    now = sale.services.now()
    assert sale.services.records.popups.taken("shop", "sale", now).money == {}
    await opened(sale, WITH[0])
    assert [str(one) for one in sale.services.records.popups.taken("shop", "sale", now).money.values()] == ["5.00"]


async def test_who_finds_the_budget_spent_still_belongs_to_those_who_are_made_offers(sale: Api) -> None:
    budget = {"offer": {"percent": 10, "most": 5, "currency": "EUR"}, "budget": {"total": 5, "currency": "EUR"}}
    await configure(sale, {**SALE, **budget})
    assert [(await opened(sale, visitor)).get("reason") for visitor in WITH[:2]] == [None, "budget"]
    (row,) = await told(sale, "promotion_not_offered")
    assert row["told"]["layers"] == [{"experiment": "offers", "variant": "shown", "propensity": 1 - SHARE}]


async def test_what_the_caps_refuse_puts_nobody_into_a_group(sale: Api) -> None:
    await configure(sale, SALE)
    first, second = [(await arm(sale, "cart", WITH[0], cart=CART, session_id="s"))["sale"] for _ in range(2)]
    await show(sale, first, cart=CART)
    await show(sale, second, cart=CART)
    (row,) = await told(sale, "promotion_not_offered")
    assert (row["told"]["reason"], "layers" in row["told"]) == ("cap", False)


async def test_campaigns_without_an_offer_and_visitors_without_consent_are_in_no_such_group(sale: Api) -> None:
    await configure(sale, {"id": "sale", "where": {"page_types": ["cart"]}})
    await opened(sale, WITHOUT[0])
    await show(sale, (await arm(sale, "cart", "n", cart=CART, consent="denied"))["sale"], consent="denied")
    rows = await told(sale, "promotion_offered")
    assert len(rows) == 2
    assert not [row for row in rows if "layers" in row["told"]]


async def test_who_is_held_out_of_offers_is_in_no_experiment_on_offers(sale: Api) -> None:
    hello = {"id": "hello", "where": {"page_types": ["home"]}, "content": {"headline": "Hello"}}
    await configure(sale, hello, placements=[], experiments=[OFFER])
    seen = Counter[str]()
    for visitor in MEETING[:16]:
        answer = await show(sale, (await arm(sale, "home", visitor))["hello"])
        if answer["shown"]:
            token = read(answer["attribution_token"], sale.signing_key)
            inside = token.experiment == "experiment:offer"
            assert token.propensity == pytest.approx(0.5 * (1 - SHARE) ** 2 if inside else 1 - SHARE)
            assert inside == (visitor in WITH)
            seen[str(token.experiment)] += 1
    assert set(seen) == {"experiment:offer", "campaign:hello"}
    pages = [*await told(sale, "showcases_offered"), *await told(sale, "showcases_not_offered")]
    entered = {row["visitor_id"] for row in pages if "experiments" in row["told"]}
    assert entered == set(MEETING[:16]) & set(WITH)


async def test_a_preview_says_that_the_offer_is_withheld_and_why(sale: Api) -> None:
    await configure(sale, {**SALE, "offer": {**SALE["offer"], "minutes": 30}})
    query = {"visitor_id": WITHOUT[0], "page_type": "cart", "cart": "lamp*2"}
    answer = (await sale.http.get("/v1/popups/sale/preview", params=query, headers=sale.secret)).json()
    assert (answer["would_show"], answer["withheld"]["reason"]) == (True, "offer_holdout")
    assert "offer" not in answer
    assert not {"code", "countdown"} & set(answer["content"])
    query["visitor_id"] = WITH[0]
    answer = (await sale.http.get("/v1/popups/sale/preview", params=query, headers=sale.secret)).json()
    assert ("offer" in answer, "withheld" in answer) == (True, False)


async def test_a_report_finds_the_groups(sale: Api) -> None:
    await configure(sale, {**SALE, "content": {}})
    for visitor in SOME:
        await opened(sale, visitor)
    await told(sale, "promotion_offered")
    found = await anyio.to_thread.run_sync(groups, EventLog(sale.services.workspace.shop("shop")).scan())
    offers = found.filter(found["experiment"] == "offers").select("visitor_id", "variant", "propensity", "control")
    assert {row[0]: row[1:] for row in offers.rows()} == {
        visitor: ("shown", 1 - SHARE, "holdout") if visitor in WITH else ("holdout", SHARE, "holdout")
        for visitor in SOME
    }
    campaign = found.filter(found["experiment"] == "campaign:sale")
    assert set(campaign["visitor_id"]) == set(SOME), "who is refused the offer is not lost to the campaign's comparison"
