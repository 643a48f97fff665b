"""`POST /v1/page`."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.tokens import customer_token, read
from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio


def item_ids(showcase: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in showcase["items"]]


async def test_a_new_shop_has_three_showcases_on_a_product_page(api: Api) -> None:
    answer = await api.page("product", item_id="lamp", visitor_id="v")
    placements = [showcase["placement"] for showcase in answer["showcases"]]
    assert placements == ["product-similar", "product-bought-together", "product-recently-viewed"]
    assert [popup["campaign_id"] for popup in answer["popups"]] == ["flash-promotion"]


async def test_only_the_placements_asked_for_are_filled(api: Api) -> None:
    answer = await api.page("home", placements=["home-best-sellers", "misspelt"])
    assert [showcase["placement"] for showcase in answer["showcases"]] == ["home-best-sellers"]


async def test_no_item_stands_twice_on_a_page(api: Api) -> None:
    answer = await api.page("home", visitor_id="v")
    shown = [item for showcase in answer["showcases"] for item in item_ids(showcase)]
    assert len(shown) == len(set(shown)) == len("12345")


async def test_the_session_is_known_without_any_id(api: Api) -> None:
    answer = await api.page("home", session=[{"item_id": "plate"}], placements=["not-found-recently-viewed"])
    assert item_ids(answer["showcases"][0]) == ["plate"]


async def test_what_lies_in_the_cart_is_not_offered(api: Api) -> None:
    cart = {"currency": "EUR", "items": [{"item_id": "cup", "quantity": 1, "price": 3}]}
    answer = await api.page("cart", cart=cart, visitor_id="v")
    assert all("cup" not in item_ids(showcase) for showcase in answer["showcases"])


async def test_titles_follow_the_browsers_language(api: Api) -> None:
    german = await api.page("home", headers={**api.public, "Accept-Language": "de-AT,de;q=0.9"}, visitor_id="v")
    english = await api.page("home", visitor_id="v")
    assert german["showcases"][0]["title"] != english["showcases"][0]["title"]


async def test_the_token_tells_where_the_list_stood(api: Api) -> None:
    answer = await api.page("home", visitor_id="v", placements=["home-best-sellers"])
    attribution = read(answer["showcases"][0]["attribution_token"], api.signing_key)
    assert (attribution.placement, attribution.strategy) == ("home-best-sellers", "best_sellers")
    assert (attribution.request_id, attribution.propensity) == (answer["request_id"], 1.0)


class TestConsent:
    async def test_denied_gives_the_answer_that_nobody_in_particular_gets(self, api: Api) -> None:
        await api.tell({"event": "view_item", "item_id": "plate", "visitor_id": "v"})
        session = [{"item_id": "plate"}]
        denied = await api.page("home", visitor_id="v", session=session, consent="denied")
        nobody = await api.page("home")
        assert [item_ids(one) for one in denied["showcases"]] == [item_ids(one) for one in nobody["showcases"]]
        assert item_ids(denied["showcases"][0])

    async def test_unknown_follows_the_session_but_not_what_is_stored(self, api: Api) -> None:
        await api.tell({"event": "view_item", "item_id": "lamp", "visitor_id": "v"})
        answer = await api.page(
            "not_found",
            visitor_id="v",
            session=[{"item_id": "plate"}],
            placements=["not-found-recently-viewed"],
            consent="unknown",
        )
        assert item_ids(answer["showcases"][0]) == ["plate"]


class TestCustomer:
    async def buy_as_customer(self, api: Api) -> None:
        await api.tell({"event": "purchase", "transaction_id": "o", "customer_id": "c", "item_id": "cup"}, secret=True)

    async def test_a_token_brings_the_customers_history(self, api: Api) -> None:
        await self.buy_as_customer(api)
        token = customer_token("shop", "c", 4_000_000_000, api.signing_key)
        answer = await api.page("home", visitor_id="new", customer_id="c", customer_token=token)
        assert all("cup" not in item_ids(showcase) for showcase in answer["showcases"])

    @pytest.mark.parametrize("expires", [1_000_000_000, None])
    async def test_without_a_valid_token_the_answer_is_anonymous(self, api: Api, expires: int | None) -> None:
        await self.buy_as_customer(api)
        token = customer_token("shop", "c", expires, api.signing_key) if expires else "4000000000.00"
        answer = await api.page("home", visitor_id="new", customer_id="c", customer_token=token)
        assert any("cup" in item_ids(showcase) for showcase in answer["showcases"])


class TestHoldout:
    async def test_a_held_out_visitor_sees_nothing_and_the_token_says_so(self, tmp_path: Path) -> None:
        async with running(tmp_path, holdout=0.5) as api:
            await api.put_items()
            answers = [await api.page("home", visitor_id=f"v{number}") for number in range(40)]
            out = [answer for answer in answers if answer["showcases"][0].get("held_out")]
            assert 0 < len(out) < len(answers)
            for showcase in out[0]["showcases"]:
                attribution = read(showcase["attribution_token"], api.signing_key)
                assert (showcase["items"], showcase["held_out"], attribution.variant) == ([], True, "holdout")

    async def test_a_visitor_stays_where_they_are(self, tmp_path: Path) -> None:
        async with running(tmp_path, holdout=0.5) as api:
            await api.put_items()
            answers = [(await api.page("home", visitor_id="v7"))["showcases"][0] for _ in range(5)]
            assert len({answer.get("held_out", False) for answer in answers}) == 1

    async def test_nobody_without_id_is_held_out(self, tmp_path: Path) -> None:
        async with running(tmp_path, holdout=0.5) as api:
            await api.put_items()
            answers = [await api.page("home") for _ in range(5)]
            assert not any("held_out" in showcase for answer in answers for showcase in answer["showcases"])


async def test_each_decision_about_showcases_is_logged_with_its_propensity(tmp_path: Path) -> None:
    async with running(tmp_path, holdout=0.5) as api:
        await api.put_items()
        answers = {visitor: await api.page("home", visitor_id=visitor) for visitor in "abcdefgh"}
        await api.page("home", visitor_id="nobody", consent="denied")
        folder = api.services.workspace.shop("shop")
        await anyio.sleep(0.1)
        compact(folder, now=api.services.now(), leases=api.services.records.leases)
        rows = EventLog(folder).scan().collect().to_dicts()
    out = {row["visitor_id"] for row in rows if row["event"] == "showcases_not_offered"}
    assert out == {visitor for visitor, answer in answers.items() if "held_out" in answer["showcases"][0]}
    assert {row["visitor_id"] for row in rows} == set("abcdefgh")
    assert {json.loads(row["extra"])["propensity"] for row in rows} == {0.5}


async def test_a_decision_tells_device_and_source_and_neither_address_nor_agent(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await api.put_items()
        page = {
            "type": "home",
            "url": "https://shop.example/?me=ann",
            "referrer": "https://www.google.com/search?q=ann",
        }
        asked = {"page": page, "visitor_id": "v"}
        for agent in ("Mozilla/5.0 (iPad)", "python"):
            await api.http.post("/v1/page", json=asked, headers={**api.public, "User-Agent": agent})
        await anyio.sleep(0.1)
        folder = api.services.workspace.shop("shop")
        compact(folder, now=api.services.now(), leases=api.services.records.leases)
        texts = EventLog(folder).scan().select("extra").collect()["extra"].to_list()
    assert [json.loads(text).get("device") for text in texts] == ["tablet", None]
    assert {json.loads(text)["source"] for text in texts} == {"google.com"}
    assert "ann" not in str(texts)
    assert "iPad" not in str(texts)


async def test_a_decision_leaves_nothing_in_the_visitors_state(api: Api) -> None:
    await api.page("product", item_id="lamp", visitor_id="v")
    state = (await api.http.get("/v1/visitors/v", headers=api.secret)).json()["state"]
    assert state == []


async def test_a_long_address_leaves_no_page_empty(api: Api) -> None:
    page = {"type": "home", "url": "https://shop.example/?" + "x" * 9000, "referrer": "r" * 9000}
    response = await api.http.post("/v1/page", json={"page": page}, headers=api.public)
    assert response.status_code == 200
