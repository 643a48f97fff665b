"""Segments online: previewed, decided by from one read, and logged with decisions."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Api, running
from tests.api.test_experiments import told
from tests.recommender.retention.people import NOW, models, publish

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Api]:
    """The people of `tests.recommender.retention.people`, at the end of their data."""
    async with running(tmp_path, now=lambda: NOW) as started:
        publish(started.artifacts, models())
        await started.put_items()
        await started.http.get("/v1/models", headers=started.secret)
        live = await started.services.shops.get("shop")
        live.refresh()
        yield started


async def preview(api: Api, when: str, **more: Any) -> dict[str, Any]:
    response = await api.http.post("/v1/segments/preview", json={"when": when, **more}, headers=api.secret)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def configure(api: Api, **document: Any) -> None:
    response = await api.http.put("/v1/config", json=document, headers=api.secret)
    assert response.status_code == 200, response.text


async def test_a_preview_counts_accounts_and_browsers_and_tells_what_only_a_page_knows(shop: Api) -> None:
    found = await preview(shop, "buyer", examples=3)
    assert found["customers"] == {"known": 30, "meet": 30, "share": 1.0, "at_most": 30}
    assert found["visitors"] == {"known": 40, "meet": 20, "share": 0.5, "at_most": 20}
    assert (len(found["examples"]), found["only_on_page"]) == (3, [])
    assert all(key.startswith(("customer:", "visitor:")) for key in found["examples"])
    found = await preview(shop, "buyer and country == 'DE'")
    assert (found["customers"]["meet"], found["customers"]["at_most"]) == (0, 30)
    assert found["only_on_page"] == ["country"]


async def test_a_shop_without_a_model_knows_nobody(api: Api) -> None:
    found = await preview(api, "buyer")
    assert found["customers"] == {"known": 0, "meet": 0, "share": None, "at_most": 0}


@pytest.mark.parametrize("when", ["ordrs > 1", "orders >", ""])
async def test_an_expression_that_is_not_understood_is_refused(api: Api, when: str) -> None:
    response = await api.http.post("/v1/segments/preview", json={"when": when}, headers=api.secret)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "when")


async def test_a_preview_needs_the_secret_key(api: Api) -> None:
    response = await api.http.post("/v1/segments/preview", json={"when": "buyer"}, headers=api.public)
    assert response.status_code in {401, 403}


async def test_popups_and_showcases_change_with_the_segment(shop: Api) -> None:
    """The preview and the page agree about every customer."""
    fans = {"id": "fans", "when": "orders >= 3 and (monetary >= 3 or rfm_group == 'champions')"}
    await configure(
        shop,
        segments=[fans],
        campaigns=[{"id": "thanks", "whom": {"segments": ["fans"]}}],
        rules=[{"id": "sofa-for-fans", "segments": ["fans"], "pin": {"sofa": 1}}],
    )
    members = {*(await preview(shop, "fans", examples=100))["examples"]}
    reached = set()
    for number in range(30):
        found = await shop.page(
            "home",
            visitor_id=f"b{number}",
            customer_id=f"c{number}",
            placements=["home-best-sellers"],
            headers=shop.secret,
        )
        popups = {one["campaign_id"] for one in found["popups"]}
        first = found["showcases"][0]["items"][0]["item_id"]
        assert (popups == {"thanks"}) == (first == "sofa")
        if popups:
            reached.add(f"customer:c{number}")
    assert reached == {key for key in members if key.startswith("customer:")}
    assert 0 < len(reached) < 30


async def test_decisions_are_logged_with_the_segments_of_the_visitor(shop: Api) -> None:
    await configure(shop, segments=[{"id": "fans", "when": "orders >= 1"}], campaigns=[{"id": "thanks"}])
    page = await shop.page("home", visitor_id="b", customer_id="c3", headers=shop.secret)
    token = page["popups"][0]["arm_token"]
    await shop.http.post("/v1/popups/thanks/show", json={"arm_token": token}, headers=shop.public)
    await shop.page("home", visitor_id="stranger")
    shown, offered = await told(shop, "showcases_offered"), await told(shop, "promotion_offered")
    assert [row["told"]["segments"][-1] for row in offered] == ["fans"]
    assert {"returning", "buyer", "fans"} <= {*shown[0]["told"]["segments"]}
    assert shown[1]["told"]["segments"] == ["new"]
