"""A banner is varied like any campaign: its words, offer and place; seen, clicked, bought, reported by variant."""

from typing import Any

import anyio
import polars as pl
import pytest

from recommender.events.log import EventLog
from recommender.tokens import read
from tests.api.conftest import Api
from tests.api.test_experiments import VISITORS, told
from tests.api.test_popups import arm, configure, show
from training.measuring.campaigns import campaigns
from training.measuring.effects import measured
from training.measuring.groups import groups
from training.measuring.orders import orders

pytestmark = pytest.mark.anyio

BANNER: dict[str, Any] = {
    "id": "sale",
    "slot": "home-banner",
    "where": {"page_types": ["home"]},
    "content": {"headline": "Sale"},
}


def tried(**changes: Any) -> dict[str, Any]:
    """Half of the visitors have the banner with changes."""
    return {"id": "banner", "campaign": "sale", "variants": [{"name": "plain"}, {"name": "other", "changes": changes}]}


async def test_words_of_a_banner_are_entered_when_it_is_shown_and_reported_by_variant(api: Api) -> None:
    loud = {"content": {"headline": "SALE", "link": "/sale", "button": "Look"}}
    await configure(api, BANNER, placements=[], experiments=[tried(**loud)])
    bought = set()
    for visitor in VISITORS:
        popup = (await arm(api, "home", visitor))["sale"]
        assert (popup["slot"], popup["triggers"]) == ("home-banner", [{"on": "view"}])
        answer = await show(api, popup, trigger="view")
        token = read(answer["attribution_token"], api.signing_key)
        assert (token.experiment, token.propensity) == ("experiment:banner", 0.5)
        assert answer["content"]["headline"] == {"plain": "Sale", "other": "SALE"}[str(token.variant)]
        about = {"promotion_id": "sale", "visitor_id": visitor, "attribution_token": answer["attribution_token"]}
        await api.tell({"event": "view_promotion", **about})
        if token.variant == "other":
            await api.tell({"event": "select_promotion", **about})
            bought.add(visitor)
    order = {"event": "purchase", "value": 20, "currency": "EUR"}
    paid = [{"visitor_id": who, "transaction_id": who, **order} for who in bought]
    await api.tell(*paid, secret=True)
    rows = await told(api, "promotion_offered")
    assert {row["told"]["experiments"][0][0] for row in rows} == {"banner"}
    assert not await told(api, "showcases_offered"), "words alone are entered when they are read"
    log = EventLog(api.services.workspace.shop("shop")).scan()
    nobody = pl.Series([], dtype=pl.String)
    found = await anyio.to_thread.run_sync(lambda: measured(log, orders(log, {}), nobody))
    (one,) = [one.document() for one in found if one.name == "experiment:banner"]
    conversion = next(metric for metric in one["metrics"] if metric["metric"] == "conversion")
    assert (one["visitors"]["plain"], one["visitors"]["other"]) == (16 - len(bought), len(bought))
    assert (conversion["control"], conversion["treated"]) == (0.0, 1.0)
    (counted,) = await anyio.to_thread.run_sync(campaigns, log)
    assert (counted["shown"], counted["seen"], counted["taken"]) == (16, 16, len(bought))


async def test_an_offer_on_a_banner_is_entered_with_the_page(api: Api) -> None:
    offer = {"offer": {"percent": 10, "code": {"shared": "SPRING"}}}
    await configure(api, BANNER, placements=[], experiments=[tried(**offer)])
    seen = {}
    for visitor in VISITORS:
        answer = await show(api, (await arm(api, "home", visitor))["sale"], trigger="view")
        seen[visitor] = "other" if "offer" in answer else "plain"
        assert (answer["content"].get("code", {}).get("value") == "SPRING") == (seen[visitor] == "other")
    assert set(seen.values()) == {"plain", "other"}
    pages = await told(api, "showcases_offered")
    assert {row["visitor_id"]: row["told"]["experiments"] for row in pages} == {
        visitor: [["banner", variant, 0.5]] for visitor, variant in seen.items()
    }
    log = EventLog(api.services.workspace.shop("shop")).scan()
    entered = await anyio.to_thread.run_sync(groups, log)
    assert {row[0]: row[1] for row in entered.filter(pl.col("experiment") == "experiment:banner")
            .select("visitor_id", "variant").rows()} == seen  # fmt: skip


async def test_a_banner_may_be_tried_as_a_dialog(api: Api) -> None:
    dialog = {"slot": None, "triggers": [{"on": "timer", "seconds": 5}]}
    await configure(api, BANNER, placements=[], experiments=[tried(**dialog)])
    kinds = set()
    for visitor in VISITORS:
        popup = (await arm(api, "home", visitor))["sale"]
        kind = ("slot" in popup, popup["triggers"][0]["on"])
        answer = await show(api, popup, trigger=popup["triggers"][0]["on"])
        assert (answer["shown"], answer["content"]["headline"]) == (True, "Sale")
        kinds.add(kind)
        again = await arm(api, "home", visitor)
        assert ("sale" in again) == kind[0], "a dialog opens once a visit, a banner stands on every page"
    assert kinds == {(True, "view"), (False, "timer")}
    assert len({row["visitor_id"] for row in await told(api, "showcases_offered")}) == 16


async def test_a_banner_that_waits_for_a_trigger_is_refused_by_path(api: Api) -> None:
    wrong = tried(triggers=[{"on": "timer", "seconds": 5}])
    document = {"campaigns": [BANNER], "experiments": [wrong]}
    response = await api.http.put("/v1/config", json=document, headers=api.secret)
    assert response.status_code == 422
    assert "experiments[0].variants[1].changes.triggers" in response.text
    assert "its only trigger is view" in response.text


async def test_a_preview_shows_the_visitors_banner(api: Api) -> None:
    await configure(api, BANNER, experiments=[tried(content={"headline": "SALE"})])
    found = set()
    for visitor in VISITORS:
        query = {"visitor_id": visitor, "page_type": "home"}
        answer = (await api.http.get("/v1/popups/sale/preview", params=query, headers=api.secret)).json()
        found.add((answer["variant"], answer["content"]["headline"], answer["would_show"]))
    assert found == {("plain", "Sale", True), ("other", "SALE", True)}
