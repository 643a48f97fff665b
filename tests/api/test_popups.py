"""Popups over HTTP: armed with the page, decided when the trigger fires, logged either way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recommender.events import schema
from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.tokens import customer_token, read
from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio

CART = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 2, "price": 43.8}]}
START = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    """A wall clock that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def on(self, **more: float) -> None:
        self.now += timedelta(**more)


async def configure(api: Api, *campaigns: dict[str, Any], **more: Any) -> None:
    """Put a configuration with these campaigns."""
    response = await api.http.put("/v1/config", json={"campaigns": list(campaigns), **more}, headers=api.secret)
    assert response.status_code == 200, response.text


async def arm(api: Api, type_: str = "home", visitor: str | None = "v", **more: Any) -> dict[str, dict[str, Any]]:
    """The page's popups by campaign."""
    given = {"visitor_id": visitor} if visitor else {}
    return {one["campaign_id"]: one for one in (await api.page(type_, **given, **more))["popups"]}


async def show(api: Api, popup: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Fire the trigger."""
    body = {"arm_token": popup["arm_token"], "trigger": "exit_intent", **more}
    path = f"/v1/popups/{popup['campaign_id']}/show"
    response = await api.http.post(path, json=body, headers=api.public)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def opened(api: Api, campaign: str, type_: str = "home", visitor: str = "v", **more: Any) -> dict[str, Any]:
    """Visit a page and fire the trigger."""
    cart = {"cart": more["cart"]} if "cart" in more else {}
    return await show(api, (await arm(api, type_, visitor, **more))[campaign], **cart)


async def dismiss(api: Api, popup: dict[str, Any]) -> None:
    """Close it."""
    path = f"/v1/popups/{popup['campaign_id']}/dismiss"
    response = await api.http.post(path, json={"arm_token": popup["arm_token"]}, headers=api.public)
    assert response.status_code == 204, response.text


def logged(api: Api, name: str) -> list[dict[str, Any]]:
    """The events of one name in the log."""
    folder = api.services.workspace.shop("shop")
    compact(folder, now=api.services.now(), leases=api.services.records.leases)
    rows = EventLog(folder).scan().collect().to_dicts()
    return [row for row in rows if row[schema.EVENT] == name]


async def test_a_new_shop_has_one_popup_on_home_product_and_cart(api: Api) -> None:
    assert list(await arm(api, "home")) == ["dont-go"]
    assert list(await arm(api, "product", item_id="lamp")) == ["flash-promotion"]
    assert list(await arm(api, "cart", cart=CART)) == ["last-chance"]
    assert list(await arm(api, "cart")) == []
    assert list(await arm(api, "search")) == []


async def test_a_popup_that_opens_has_words_products_and_a_token(api: Api) -> None:
    popup = (await arm(api, "home"))["dont-go"]
    assert popup["triggers"] == [{"on": "exit_intent", "after_seconds": 2, "idle_seconds": 30}]
    answer = await show(api, popup, language="de")
    assert answer["shown"] is True
    assert answer["content"]["headline"] == "Bevor Sie gehen"
    assert answer["content"]["language"] == "de"
    assert len(answer["content"]["products"]) == 4
    attribution = read(answer["attribution_token"], api.signing_key)
    assert (attribution.placement, attribution.experiment) == ("dont-go", "campaign:dont-go")
    assert (attribution.variant, attribution.propensity) == ("shown", 1.0)


async def test_asking_again_with_the_same_token_gives_the_same_bytes(api: Api) -> None:
    popup = (await arm(api, "home"))["dont-go"]
    assert await show(api, popup) == await show(api, popup)
    await dismiss(api, popup)
    refused = await arm(api, "home", visitor="w")
    await configure(api)
    answers = [await show(api, refused["dont-go"]) for _ in range(2)]
    assert answers == [{"shown": False, "reason": "unknown_campaign"}] * 2


async def test_a_popup_opens_once_a_visit_and_a_cap_holds_across_pages_and_tabs(api: Api) -> None:
    first = (await arm(api, "home", session_id="s"))["dont-go"]
    tab = (await arm(api, "home", session_id="s"))["dont-go"]
    assert (await show(api, first))["shown"] is True
    assert await show(api, tab) == {"shown": False, "reason": "cap"}
    assert await arm(api, "home", session_id="s") == {}


async def test_after_one_popup_there_is_a_pause_before_any_other(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        flash = (await arm(api, "product", item_id="lamp"))["flash-promotion"]
        assert (await opened(api, "dont-go"))["shown"] is True
        assert await show(api, flash) == {"shown": False, "reason": "cooldown"}
        assert await arm(api, "product", item_id="lamp") == {}
        clock.on(minutes=5)
        assert list(await arm(api, "product", item_id="lamp")) == ["flash-promotion"]


async def test_what_was_dismissed_stays_dismissed_and_comes_back_after_its_days(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        popup = (await arm(api, "home", session_id="s"))["dont-go"]
        await show(api, popup)
        await dismiss(api, popup)
        clock.on(days=2)
        assert await arm(api, "home", session_id="t") == {}
        assert [row["visitor_id"] for row in logged(api, "promotion_dismissed")] == ["v"]


async def test_a_visitor_who_bought_after_it_is_left_alone(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        await opened(api, "dont-go", session_id="s")
        clock.on(days=1)
        assert list(await arm(api, "home", session_id="t")) == ["dont-go"]
        await api.tell({"event": "purchase", "visitor_id": "v", "items": [{"item_id": "cup"}], "transaction_id": "1"})
        clock.on(minutes=1)
        assert await arm(api, "home", session_id="t") == {}


async def test_both_outcomes_are_logged_with_their_propensity(tmp_path: Path) -> None:
    async with running(tmp_path, holdout=0.25) as api:
        await api.put_items()
        await configure(api, {"id": "one", "holdout": 0.2})
        outcomes = {}
        for visitor in [f"v{number}" for number in range(40)]:
            outcomes[visitor] = await opened(api, "one", visitor=visitor)
        offered, refused = logged(api, "promotion_offered"), logged(api, "promotion_not_offered")
        assert {row["visitor_id"] for row in offered} == {id_ for id_, one in outcomes.items() if one["shown"]}
        assert len(offered) + len(refused) == 40
        assert {one["reason"] for one in outcomes.values() if not one["shown"]} == {"holdout"}
        assert len(refused) > 5
        for rows, variant, propensity in ((offered, "shown", 0.6), (refused, "holdout", 0.4)):
            found = [read(row["attribution_token"], api.signing_key) for row in rows]
            assert {(one.variant, one.propensity) for one in found} == {(variant, propensity)}


async def test_the_held_out_meet_the_same_caps_as_the_others(tmp_path: Path) -> None:
    async with running(tmp_path, holdout=0.5) as api:
        await api.put_items()
        await configure(api, {"id": "one"})
        for visitor in [f"v{number}" for number in range(8)]:
            first = (await arm(api, "home", visitor, session_id="s"))["one"]
            second = (await arm(api, "home", visitor, session_id="s"))["one"]
            await show(api, first)
            assert (await show(api, second))["reason"] == "cap"


async def test_without_consent_one_popup_without_offer_opens_and_nothing_is_kept(api: Api) -> None:
    await configure(
        api,
        {"id": "offer", "offer": {"percent": 10}, "priority": 9},
        {"id": "one"},
        {"id": "two"},
        {"id": "top", "slot": "top"},
    )
    popups = await arm(api, "home", consent="denied")
    assert list(popups) == ["one", "top"]
    answer = await show(api, popups["one"], consent="denied")
    assert answer["shown"] is True
    assert read(answer["attribution_token"], api.signing_key).experiment is None
    [row] = logged(api, "promotion_offered")
    assert (row["visitor_id"], row["attribution_token"]) == (None, None)
    assert list(await arm(api, "home")) == ["offer", "one", "two", "top"]


async def test_consent_taken_back_after_the_page_is_respected(api: Api) -> None:
    await configure(api, {"id": "offer", "offer": {"percent": 10, "minutes": 5}})
    popup = (await arm(api, "home"))["offer"]
    assert await show(api, popup, consent="denied") == {"shown": False, "reason": "consent"}


async def test_an_offer_is_reserved_with_a_code_that_really_ends(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        await configure(
            api,
            {
                "id": "flash",
                "where": {"page_types": ["product"]},
                "offer": {"percent": 10, "minutes": 15, "most": 20},
                "budget": {"total": 40, "currency": "EUR"},
                "content": {"template": "flash", "products": {"strategy": "similar"}},
            },
        )
        first = await opened(api, "flash", "product", item_id="lamp", cart=CART)
        assert first["offer"]["kind"] == "percent"
        assert first["offer"]["code"] == first["content"]["code"]["value"]
        assert first["content"]["countdown"]["ends_at"] == "2026-03-02T12:15:00+00:00"
        assert first["expires_at"] == "2026-03-02T12:15:00+00:00"
        second = await opened(api, "flash", "product", "w", item_id="lamp", cart=CART)
        assert second["shown"] is True
        assert second["offer"]["code"] != first["offer"]["code"]
        third = (await arm(api, "product", "x", item_id="lamp"))["flash"]
        assert await show(api, third, cart=CART) == {"shown": False, "reason": "budget"}
        clock.on(minutes=16)
        assert (await opened(api, "flash", "product", "y", item_id="lamp", cart=CART))["shown"] is True
        again = (await arm(api, "product", "v", item_id="lamp", session_id="other")).get("flash")
        if again is not None:  # a lapsed offer does not come back as another one
            assert (await show(api, again, cart=CART))["reason"] in {"ended", "cap"}


async def test_an_offer_below_the_margin_floor_is_not_shown(api: Api) -> None:
    floor = {"percent": 50, "margin_floor": 0.3}
    await configure(api, {"id": "deep", "where": {"page_types": ["product"]}, "offer": floor})
    lamp = (await arm(api, "product", item_id="lamp"))["deep"]
    assert await show(api, lamp, cart={"currency": "EUR", "items": [{"item_id": "lamp", "price": 10}]}) == {
        "shown": False,
        "reason": "margin",
    }
    unknown = (await arm(api, "product", item_id="cup"))["deep"]
    cart = {"currency": "EUR", "items": [{"item_id": "cup", "price": 3}]}
    assert (await show(api, unknown, cart=cart))["reason"] == "margin"


async def test_a_reduction_in_the_eu_says_the_lowest_price_of_thirty_days(tmp_path: Path) -> None:
    clock = Clock()
    flash = {"id": "flash", "where": {"page_types": ["product"]}, "offer": {"percent": 10}}
    async with running(tmp_path, now=clock) as api:
        for price in (8, 12):
            await api.put_items({"id": "lamp", "title": "Red lamp", "price": price, "currency": "EUR"})
            clock.on(days=1)
        await configure(api, flash, shop={"country": "FR"})
        first = await opened(api, "flash", "product", item_id="lamp", language="en")
        assert first["content"]["notes"] == ["Lowest price of the last 30 days: €8"]
        await configure(api, flash, shop={"country": "US"})
        second = await opened(api, "flash", "product", "w", item_id="lamp")
        assert second["content"]["notes"] == []


async def test_an_offer_on_what_is_sold_out_is_not_shown(api: Api) -> None:
    await configure(api, {"id": "flash", "where": {"page_types": ["product"]}, "offer": {"percent": 10}})
    popup = (await arm(api, "product", item_id="lamp"))["flash"]
    await api.put_items({"id": "lamp", "title": "Red lamp", "price": 10, "availability": "out_of_stock"})
    assert await show(api, popup) == {"shown": False, "reason": "stock"}


async def test_a_page_that_stood_open_too_long_may_not_ask_any_more(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        popup = (await arm(api, "home"))["dont-go"]
        clock.on(hours=3)
        assert await show(api, popup) == {"shown": False, "reason": "expired"}


async def test_a_token_of_another_campaign_or_shop_or_altered_is_refused(api: Api) -> None:
    popup = (await arm(api, "home"))["dont-go"]
    for path, token in [
        ("flash-promotion", popup["arm_token"]),
        ("dont-go", popup["arm_token"][:-1] + "x"),
        ("dont-go", "1.e30.aaaa"),
        ("dont-go", "nonsense"),
    ]:
        response = await api.http.post(f"/v1/popups/{path}/show", json={"arm_token": token}, headers=api.public)
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == "arm_token"


async def test_segments_follow_orders_that_were_vouched_for(api: Api) -> None:
    await configure(api, {"id": "vip", "whom": {"segments": ["orders >= 2", "spend >= 60"]}})
    order = {"event": "purchase", "visitor_id": "v", "items": [{"item_id": "cup", "price": 30, "quantity": 1}]}
    await api.tell({**order, "transaction_id": "1"}, {**order, "transaction_id": "2"})
    assert await arm(api, "home") == {}
    await api.tell({**order, "transaction_id": "1"}, {**order, "transaction_id": "2"}, secret=True)
    assert list(await arm(api, "home")) == ["vip"]


async def test_a_customer_is_known_only_when_the_shop_vouches_for_them(api: Api) -> None:
    await configure(api, {"id": "buyers", "whom": {"segments": ["buyer"]}})
    order = {
        "event": "purchase",
        "customer_id": "ann",
        "items": [{"item_id": "cup", "price": 3}],
        "transaction_id": "1",
    }
    await api.tell(order, secret=True)
    assert await arm(api, "home", customer_id="ann") == {}
    expires = int(api.services.time()) + 60
    token = customer_token("shop", "ann", expires, api.signing_key)
    assert list(await arm(api, "home", customer_id="ann", customer_token=token)) == ["buyers"]


async def test_device_country_attributes_and_addresses_are_asked_for(api: Api) -> None:
    await configure(
        api,
        {"id": "phone", "whom": {"devices": ["phone"]}},
        {"id": "brazil", "whom": {"countries": ["BR"]}},
        {"id": "gold", "whom": {"attributes": {"tier": "gold", "points": {"min": 10}}}},
    )
    headers = {**api.public, "User-Agent": "Mozilla/5.0 (iPhone) Mobile", "CF-IPCountry": "br"}
    answer = await api.page("home", headers=headers, visitor_id="v", attributes={"tier": "gold", "points": 10})
    assert [one["campaign_id"] for one in answer["popups"]] == ["phone", "brazil", "gold"]
    assert await arm(api, "home", attributes={"tier": "gold", "points": -9}) == {}


async def test_a_preview_tells_all_that_speaks_against_it_and_touches_nothing(api: Api) -> None:
    await configure(
        api, {"id": "one", "offer": {"percent": 10, "minutes": 5}, "schedule": {"ends": "2020-01-01T00:00:00Z"}}
    )
    path = "/v1/popups/one/preview"
    for _ in range(3):
        answer = (await api.http.get(path, params={"visitor_id": "v", "language": "en"}, headers=api.secret)).json()
    assert answer["would_show"] is False
    assert [one["reason"] for one in answer["reasons"]] == ["schedule"]
    assert answer["reasons"][0]["explanation"] == "it is not its time"
    early = {"visitor_id": "v", "at": "2019-12-31T12:00:00Z", "cart": "lamp*2,cup", "page_type": "cart"}
    answer = (await api.http.get(path, params=early, headers=api.secret)).json()
    assert (answer["would_show"], answer["reasons"]) == (True, [])
    assert answer["content"]["code"]["value"] == "PREVIEW"
    assert api.services.records.popups.taken("shop", "one", api.services.now()).shown == 0
    assert logged(api, "promotion_offered") == []
    assert (await api.http.get(path, headers=api.public)).status_code == 403
    assert (await api.http.get("/v1/popups/two/preview", headers=api.secret)).status_code == 404


async def test_a_bad_campaign_is_refused_and_the_running_configuration_stays(api: Api) -> None:
    bad = {"campaigns": [{"id": "one", "offer": {"percent": -5}}]}
    response = await api.http.put("/v1/config", json=bad, headers=api.secret)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "campaigns[0].offer.percent"
    assert list(await arm(api, "home")) == ["dont-go"]


async def test_a_banner_names_its_slot_and_keeps_no_popup_waiting(api: Api) -> None:
    await configure(api, {"id": "top", "slot": "top-banner"}, {"id": "one"})
    popups = await arm(api, "home")
    assert popups["top"]["slot"] == "top-banner"
    assert popups["top"]["triggers"] == [{"on": "view"}]
    assert (await show(api, popups["top"], trigger="view"))["shown"] is True
    assert (await show(api, popups["one"]))["shown"] is True
    assert list(await arm(api, "home")) == ["top"]


async def test_records_that_cannot_be_reached_close_the_popup(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    from recommender.records.popups import Popups

    def away(*_: Any) -> None:
        raise OperationalError("select", {}, Exception("away"))

    popup = (await arm(api, "home"))["dont-go"]
    monkeypatch.setattr(Popups, "decide", away)
    assert await show(api, popup) == {"shown": False, "reason": "unavailable"}


async def test_an_order_claimed_and_vouched_for_under_one_id_counts_once(api: Api) -> None:
    await configure(api, {"id": "buyers", "whom": {"segments": ["orders == 1"]}})
    order = {"event": "purchase", "visitor_id": "v", "customer_id": "c", "event_id": "e", "transaction_id": "1"}
    told = {**order, "timestamp": api.services.now().isoformat(), "items": [{"item_id": "cup", "price": 3}]}
    await api.tell(told)
    await api.tell(told, secret=True)
    token = customer_token("shop", "c", int(api.services.time()) + 60, api.signing_key)
    assert list(await arm(api, "home", customer_id="c", customer_token=token)) == ["buyers"]


async def test_a_page_is_armed_without_a_look_at_the_records(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from recommender.records.database import Database

    await api.page("home", visitor_id="v")  # the key is believed for a moment

    def asked(*_: Any) -> None:
        raise AssertionError("a page view asked the records")

    monkeypatch.setattr(Database, "read", asked)
    monkeypatch.setattr(Database, "write", asked)
    assert list(await arm(api, "product", item_id="lamp")) == ["flash-promotion"]


@pytest.mark.parametrize(
    ("zone", "hour", "runs"),
    [("Asia/Tokyo", 11, True), ("Asia/Tokyo", 20, False), ("Europe/Berlin", 20, True), ("Europe/Berlin", 11, False)],
)
async def test_a_campaign_runs_by_the_clock_of_the_shop(tmp_path: Path, zone: str, hour: int, runs: bool) -> None:
    """The hour is that of the service, in UTC."""
    evening = {"id": "evening", "schedule": {"begins_at": "20:00", "ends_at": "22:00"}}
    async with running(tmp_path, now=lambda: START.replace(hour=hour)) as api:
        await configure(api, evening, shop={"timezone": zone})
        assert list(await arm(api, "home")) == (["evening"] if runs else [])


@pytest.mark.parametrize(("country", "price"), [("FR", 8.0), ("US", 12.0)])
async def test_showcases_in_the_eu_strike_the_lowest_price_of_thirty_days(
    tmp_path: Path, country: str, price: float
) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        for given in ({"price": 8}, {"price": 12}, {"price": 12, "sale_price": 6}):
            await api.put_items({"id": "lamp", "title": "Red lamp", "currency": "EUR", **given})
            clock.on(days=1)
        await configure(api, shop={"country": country})
        answer = await api.page("home", placements=["home-best-sellers"])
        [item] = answer["showcases"][0]["items"]
        assert (item["price"], item["sale_price"]) == (price, 6.0)
