"""Two strategies in one showcase: who brought which item is answered and logged, and clicks tell what is preferred."""

from pathlib import Path
from typing import Any

import anyio
import polars as pl
import pytest

from recommender.assignment import held_out
from recommender.events.log import EventLog
from recommender.tokens import read
from tests.api.conftest import Api, running
from tests.api.test_experiments import PAGE, VISITORS, slot, told
from tests.api.test_popups import configure
from training.measuring.groups import groups
from training.measuring.interleaved import interleaved

pytestmark = pytest.mark.anyio

BOTH: dict[str, Any] = {
    "id": "both",
    "placement": "slot",
    "interleave": True,
    "variants": [
        {"name": "cheap", "changes": {"filter": {"price": {"max": 3}}}},
        {"name": "dear", "changes": {"filter": {"price": {"min": 5}}}},
    ],
}
CHEAP, DEAR = {"bulb", "cup"}, {"lamp", "plate", "sofa"}
FOUR = {**PAGE, "limit": 4}
TWO = {"id": "below", "page_types": ["home"], "strategy": "best_sellers", "limit": 2}


async def test_each_item_says_which_variant_brought_it(api: Api) -> None:
    await configure(api, placements=[FOUR], experiments=[BOTH])
    first = set()
    for visitor in VISITORS:
        showcase = await slot(api, visitor)
        brought = {item["item_id"]: item["variant"] for item in showcase["items"]}
        assert brought == {id_: "cheap" if id_ in CHEAP else "dear" for id_ in brought}
        assert [*brought.values()].count("cheap") == 2
        token = read(showcase["attribution_token"], api.signing_key)
        assert (token.experiment, token.variant, token.propensity) == ("experiment:both", "interleaved", 1.0)
        assert (await slot(api, visitor))["items"] == showcase["items"], "it stays for a visitor"
        first.add(showcase["items"][0]["variant"])
    assert first == {"cheap", "dear"}


async def test_no_item_stands_in_another_showcase_as_well(api: Api) -> None:
    await configure(api, placements=[FOUR, TWO], experiments=[BOTH])
    both, below = (await api.page("home", visitor_id="v"))["showcases"]
    assert not {item["item_id"] for item in both["items"]} & {item["item_id"] for item in below["items"]}
    assert "variant" not in str(below["items"])


async def test_what_a_rule_pins_keeps_its_place_and_is_nobodys(api: Api) -> None:
    pin = {"id": "pin", "pin": {"sofa": 2}, "placements": ["slot"]}
    await configure(api, placements=[{**FOUR, "filter": None}], rules=[pin], experiments=[
        {**BOTH, "variants": [{"name": "cheap"}, {"name": "dear", "changes": {"strategy": "trending"}}]}
    ])  # fmt: skip
    for visitor in VISITORS[:6]:
        items = (await slot(api, visitor))["items"]
        assert (items[1]["item_id"], items[1]["source"], "variant" in items[1]) == ("sofa", "pin", False)
        assert len({item["item_id"] for item in items}) == 4
        assert all("variant" in item for place, item in enumerate(items) if place != 1)


async def test_without_consent_or_outside_the_share_there_is_one_list(api: Api) -> None:
    await configure(api, placements=[FOUR], experiments=[BOTH])
    assert "variant" not in str((await slot(api, "v", consent="denied"))["items"])
    assert "variant" not in str((await slot(api, None))["items"])
    await configure(api, placements=[FOUR], experiments=[{**BOTH, "share": 0.5}])
    inside = ["variant" in str((await slot(api, visitor))["items"]) for visitor in VISITORS]
    assert 0 < sum(inside) < len(VISITORS)


async def test_who_is_held_out_sees_none_and_is_not_counted(tmp_path: Path) -> None:
    async with running(tmp_path, holdout=0.5) as api:
        await api.put_items()
        await configure(api, placements=[FOUR], experiments=[BOTH])
        for visitor in VISITORS:
            await slot(api, visitor)
        rows = [*await told(api, "showcases_offered"), *await told(api, "showcases_not_offered")]
    seen = {row["visitor_id"] for row in rows if "interleaved" in row["told"]}
    assert seen == {visitor for visitor in VISITORS if not held_out("shop", visitor, "showcases", 0.5)}


async def test_clicks_are_credited_by_the_log_and_the_report_says_what_is_preferred(api: Api) -> None:
    await configure(api, placements=[FOUR], experiments=[BOTH])
    for visitor in VISITORS:
        showcase = await slot(api, visitor)
        dear = next(item["item_id"] for item in showcase["items"] if item["variant"] == "dear")
        click = {"event": "select_item", "item_id": dear, "visitor_id": visitor}
        await api.tell(click | {"attribution_token": showcase["attribution_token"]})
    (row, *_) = await told(api, "showcases_offered")
    (one,) = row["told"]["interleaved"]
    assert (one["experiment"], one["placement"], one["variants"]) == ("both", "slot", ["cheap", "dear"])
    assert (set(one["first"]) <= CHEAP, set(one["second"]) <= DEAR) == (True, True)
    log = EventLog(api.services.workspace.shop("shop")).scan()
    (found,) = await anyio.to_thread.run_sync(lambda: interleaved(log, pl.Series([], dtype=pl.String)))
    document = found.document()
    assert (document["chose_control"], document["chose_treated"], document["preference"]) == (0, 16, 1.0)
    assert document["preferred"] is None, "sixteen visitors are too few"
    entered = await anyio.to_thread.run_sync(groups, log)
    assert set(entered["experiment"]) == {"showcases"}, "nobody has one variant alone"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"variants": [*BOTH["variants"], {"name": "third"}]}, "experiments[0].variants"),
        ({"placement": None, "campaign": "dont-go", "variants": [{"name": "a"}, {"name": "b"}]}, "interleave"),
        ({"learn": {"metric": "clicks"}}, "experiments[0].learn"),
        ({"variants": [{"name": "a"}, {"name": "b", "changes": {"limit": 2}}]}, "variants[1].changes.limit"),
    ],
    ids=["three", "campaign", "learned", "length"],
)
async def test_what_cannot_be_interleaved_is_refused_with_its_path(
    api: Api, changes: dict[str, Any], where: str
) -> None:
    document = {"placements": [FOUR], "experiments": [BOTH | changes]}
    response = await api.http.put("/v1/config", json=document, headers=api.secret)
    assert response.status_code == 422
    assert where in response.text
