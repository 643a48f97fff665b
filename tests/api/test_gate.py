"""Gates of offers in service: whom the offer is expected to pay with meets it, once it was shown to earn more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import polars as pl
import pytest

from recommender.assignment import held_out
from recommender.events.log import EventLog
from recommender.models.gates import Gates, OfferGate, Standing
from recommender.models.uplift import Learner, UpliftConfig, UpliftModel
from recommender.retention.campaign import Campaign
from recommender.retention.features import FEATURES
from recommender.retention.withholding import OUTSIDE
from tests.api.artifacts import publish
from tests.api.conftest import Api, running
from tests.api.test_experiments import told
from tests.api.test_popups import arm, configure, logged, show
from training.measuring.groups import groups

pytestmark = pytest.mark.anyio

SHARE = 0.3
SALE: dict[str, Any] = {
    "id": "sale",
    "gate": True,
    "where": {"page_types": ["cart"]},
    "offer": {"percent": 10},
    "content": {"template": "last_chance"},
}
SMALL, LARGE = (
    {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 1, "price": price}]} for price in (10.0, 90.0)
)
MEETING = [who for place in range(90) if not held_out("shop", who := f"v{place}", "popups", SHARE)]
WITHOUT = [who for who in MEETING if held_out("shop", who, "offers", SHARE)]
OUT = [who for who in MEETING if who not in WITHOUT and held_out("shop", who, "gate:sale", OUTSIDE)]
GATED = [who for who in MEETING if who not in WITHOUT and who not in OUT]


@pytest.fixture(scope="module")
def gates() -> Gates:
    """Offers move those with small carts only."""
    draw = np.random.default_rng(1)
    lines = np.full((2_000, len(FEATURES)), np.nan)
    lines[:, FEATURES.index("cart_value")] = cart = draw.uniform(0, 100, 2_000)
    offered = draw.random(2_000) < 0.5
    bought = draw.random(2_000) < np.where(cart < 50, 0.1 + 0.6 * offered, 0.4)
    model = UpliftModel.fit(lines, offered, bought, UpliftConfig(learner=Learner.T, trees=20, min_leaf=50))
    offer = Campaign.model_validate(SALE).offer
    assert offer is not None
    effects = (1.0, 0.5, 1.5)
    return Gates({"sale": OfferGate(model, Standing(offer.digest, FEATURES, 20, 4, True, 900, 0.5, effects, effects))})


@pytest.fixture
async def gated(tmp_path: Path, gates: Gates) -> AsyncIterator[Api]:
    """A shop whose campaign has a gate that is on."""
    async with serving(tmp_path, gates) as api:
        yield api


@asynccontextmanager
async def serving(home: Path, gates: Gates | None) -> AsyncIterator[Api]:
    """A shop with a campaign that asks for a gate, and these."""
    async with running(home, holdout=SHARE) as api:
        await api.put_items()
        publish(api.artifacts, "lamp", "bulb", gates=gates)
        await anyio.to_thread.run_sync((await api.services.shops.get("shop")).refresh)
        await configure(api, SALE)
        yield api


async def opened(api: Api, visitor: str, cart: dict[str, Any]) -> dict[str, Any]:
    return await show(api, (await arm(api, "cart", visitor, cart=cart))["sale"], cart=cart)


async def test_the_offer_is_made_where_it_pays_and_the_popup_is_shown_without_where_not(gated: Api) -> None:
    small, large = [await opened(gated, who, cart) for who, cart in zip(GATED[:2], (SMALL, LARGE), strict=True)]
    assert (small["shown"], "offer" in small) == (True, True)
    assert (large["shown"], "offer" in large) == (True, False)
    rows = {row["visitor_id"]: row["told"] for row in await told(gated, "promotion_offered")}
    for who, reason, cart in zip(GATED[:2], ("pays", "does_not_pay"), (10.0, 90.0), strict=True):
        assert rows[who]["gate"] | {"expected": 0} == {"on": True, "outside": OUTSIDE, "reason": reason, "expected": 0}
        assert (rows[who]["gate"]["expected"] > 0) == (reason == "pays")
        assert rows[who]["facts"]["cart_value"] == cart
        assert {one["experiment"]: one["variant"] for one in rows[who]["layers"]} == {
            "offers": "shown", "gate:sale": "shown",
        }  # fmt: skip


async def test_content_that_does_not_stand_alone_is_not_shown_where_the_offer_does_not_pay(gated: Api) -> None:
    await configure(gated, {**SALE, "content": {}})
    assert await opened(gated, GATED[0], LARGE) == {"shown": False, "reason": "does_not_pay"}
    assert (await opened(gated, GATED[1], SMALL))["shown"]
    found = await anyio.to_thread.run_sync(lambda: logged_groups(gated))
    assert set(found.filter(found["experiment"] == "campaign:sale")["visitor_id"]) == {*GATED[:2]}


def logged_groups(api: Api) -> pl.DataFrame:

    logged(api, "promotion_offered")
    return groups(EventLog(api.services.workspace.shop("shop")).scan())


async def test_some_stay_outside_and_others_are_held_out_so_that_it_goes_on_being_judged(gated: Api) -> None:
    outside, without = await opened(gated, OUT[0], LARGE), await opened(gated, WITHOUT[0], SMALL)
    assert ("offer" in outside, "offer" in without) == (True, False)
    rows = {row["visitor_id"]: row["told"] for row in await told(gated, "promotion_offered")}
    assert rows[OUT[0]]["gate"]["reason"] == "outside"
    assert rows[OUT[0]]["layers"][1] == {"experiment": "gate:sale", "variant": "holdout", "propensity": OUTSIDE}
    assert rows[WITHOUT[0]]["gate"] == {"on": True, "outside": OUTSIDE}
    assert [one["experiment"] for one in rows[WITHOUT[0]]["layers"]] == ["offers"]


@pytest.mark.parametrize("case", ["no model", "unproven", "another offer", "not asked for"])
async def test_a_gate_that_is_off_leaves_the_campaign_as_it_is(tmp_path: Path, gates: Gates, case: str) -> None:
    gate = gates.campaigns["sale"]
    off = Gates({"sale": replace(gate, standing=replace(gate.standing, on=False))})
    async with serving(tmp_path, {"no model": None, "unproven": off}.get(case, gates)) as api:
        changes = {"another offer": {"offer": {"percent": 15}}, "not asked for": {"gate": False}}.get(case, {})
        await configure(api, SALE | changes)
        assert "offer" in await opened(api, GATED[0], LARGE)
        (row,) = await told(api, "promotion_offered")
        query = {"visitor_id": GATED[1], "page_type": "cart", "cart": "lamp"}
        preview = (await api.http.get("/v1/popups/sale/preview", params=query, headers=api.secret)).json()
    assert [one["experiment"] for one in row["told"]["layers"]] == ["offers"]
    assert "facts" in row["told"], "from the first day on, there is something to learn from"
    if case == "not asked for":
        assert "gate" not in row["told"] | preview
    else:
        assert (row["told"]["gate"]["on"], row["told"]["gate"]["reason"]) == (False, "unproven")
        assert preview["gate"]["reason"] == "unproven"


async def test_a_preview_says_what_the_gate_says_and_why(gated: Api) -> None:
    query = {"visitor_id": GATED[0], "page_type": "cart", "cart": "sofa"}
    answer = (await gated.http.get("/v1/popups/sale/preview", params=query, headers=gated.secret)).json()
    assert answer["gate"]["reason"] == answer["withheld"]["reason"] == "does_not_pay"
    assert answer["gate"]["expected"] < 0
    assert "cost more than it earns" in answer["gate"]["explanation"]


async def test_without_consent_nothing_of_the_visitor_is_logged(gated: Api) -> None:
    consent = {"analytics": "denied", "storage": "granted", "personalization": "granted"}
    popup = (await arm(gated, "cart", GATED[0], cart=SMALL, consent=consent))["sale"]
    await show(gated, popup, cart=SMALL, consent=consent)
    (row,) = await told(gated, "promotion_offered")
    assert not {"facts", "gate", "layers", "offer"} & set(row["told"])


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"campaigns": [{"id": "sale", "gate": True}]}, "campaigns[0].gate"),
        (
            {
                "campaigns": [SALE],
                "experiments": [
                    {
                        "id": "e",
                        "campaign": "sale",
                        "variants": [{"name": "a"}, {"name": "b", "changes": {"offer": {"percent": 20}}}],
                    }
                ],
            },
            "experiments[0].variants[1].changes.offer",
        ),
    ],
    ids=["no offer", "two offers"],
)
async def test_a_gate_without_one_offer_is_refused(api: Api, document: dict[str, Any], where: str) -> None:
    response = await api.http.put("/v1/config", json=document, headers=api.secret)
    assert response.status_code == 422
    assert where in response.text
