"""Experiments over HTTP: pages and popups have the visitor's variant, tokens and the log tell which."""

from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import orjson
import pytest

from recommender.events import schema
from recommender.events.log import EventLog
from recommender.tokens import read
from tests.api.conftest import Api, running
from tests.api.test_popups import CART, START, Clock, arm, configure, logged, show
from training.measuring.groups import groups

pytestmark = pytest.mark.anyio

PAGE: dict[str, Any] = {"id": "slot", "page_types": ["home"], "strategy": "best_sellers", "limit": 3}
SHORTER: dict[str, Any] = {
    "id": "shorter",
    "placement": "slot",
    "variants": [
        {"name": "plain", "weight": 1},
        {"name": "short", "weight": 1, "changes": {"limit": 1, "title": "The one"}},
    ],
}
HELLO: dict[str, Any] = {
    "id": "hello",
    "where": {"page_types": ["home"]},
    "caps": {"stop_after": []},
    "content": {"headline": "Hello"},
}
WORDS: dict[str, Any] = {
    "id": "words",
    "campaign": "hello",
    "variants": [{"name": "plain"}, {"name": "loud", "changes": {"content": {"headline": "HELLO"}}}],
}
OFFER: dict[str, Any] = {
    "id": "offer",
    "campaign": "hello",
    "variants": [
        {"name": "plain"},
        {
            "name": "offer",
            "changes": {
                "offer": {"percent": 10, "code": {"shared": "SPRING"}},
                "triggers": [{"on": "timer", "seconds": 5}],
            },
        },
    ],
}
VISITORS = [f"v{number}" for number in range(16)]


async def slot(api: Api, visitor: str | None, **more: Any) -> dict[str, Any]:
    """The home page's showcase."""
    given = {"visitor_id": visitor} if visitor else {}
    (showcase,) = (await api.page("home", **given, **more))["showcases"]
    return dict(showcase)


async def told(api: Api, name: str) -> list[dict[str, Any]]:
    """The decisions of one name in the log, with what they say."""
    await anyio.sleep(0.1)
    rows = await anyio.to_thread.run_sync(logged, api, name)
    return [{**row, "told": orjson.loads(row[schema.EXTRA])} for row in rows]


async def test_a_page_has_the_visitors_variant_and_a_token_that_says_so(api: Api) -> None:
    await configure(api, placements=[PAGE], experiments=[SHORTER])
    seen = Counter[str]()
    for visitor in VISITORS:
        showcase = await slot(api, visitor)
        token = read(showcase["attribution_token"], api.signing_key)
        assert (token.experiment, token.propensity) == ("experiment:shorter", 0.5)
        short = token.variant == "short"
        assert (len(showcase["items"]), showcase["title"] == "The one") == ((1, True) if short else (3, False))
        assert (await slot(api, visitor))["title"] == showcase["title"], "it stays"
        seen[str(token.variant)] += 1
    assert set(seen) == {"plain", "short"}


@pytest.mark.parametrize(
    "consent",
    [
        "denied",
        "unknown",
        {"analytics": "granted", "storage": "granted", "personalization": "denied"},
        {"analytics": "denied", "storage": "granted", "personalization": "granted"},
    ],
    ids=["denied", "unknown", "no personalisation", "no analytics"],
)
async def test_without_consent_a_visitor_is_outside(api: Api, consent: Any) -> None:
    only_short = {**SHORTER, "variants": [{"name": "plain", "weight": 1e-6}, {**SHORTER["variants"][1], "weight": 1e6}]}
    await configure(api, placements=[PAGE], experiments=[only_short])
    assert len((await slot(api, "v"))["items"]) == 1, "with consent"
    showcase = await slot(api, "v", consent=consent)
    token = read(showcase["attribution_token"], api.signing_key)
    assert len(showcase["items"]) == 3
    assert token.experiment != "experiment:shorter"
    assert len((await slot(api, None))["items"]) == 3, "nobody"


async def test_the_holdout_stays_and_both_are_logged(tmp_path: Path) -> None:
    async with running(tmp_path, holdout=0.5) as api:
        await api.put_items()
        await configure(api, placements=[PAGE], experiments=[SHORTER])
        tokens = {v: read((await slot(api, v))["attribution_token"], api.signing_key) for v in VISITORS}
        offered, held = await told(api, "showcases_offered"), await told(api, "showcases_not_offered")
    assert len(offered) + len(held) == len(VISITORS)
    for row in held:
        token = tokens[row["visitor_id"]]
        assert (token.experiment, token.variant, token.propensity) == ("showcases", "holdout", 0.5)
        assert "experiments" not in row["told"]
    for row in offered:
        token = tokens[row["visitor_id"]]
        assert (token.experiment, token.propensity) == ("experiment:shorter", 0.25)
        assert (row["told"]["experiment"], row["told"]["variant"], row["told"]["propensity"]) == (
            "showcases",
            "shown",
            0.5,
        )
        assert row["told"]["experiments"] == [["shorter", token.variant, 0.5]]
        assert row["told"]["controls"] == {"shorter": "plain"}


async def test_who_is_outside_the_share_is_logged_without_an_experiment(api: Api) -> None:
    await configure(api, placements=[PAGE], experiments=[{**SHORTER, "share": 0.5}])
    inside = set()
    for visitor in VISITORS:
        token = read((await slot(api, visitor))["attribution_token"], api.signing_key)
        assert token.experiment in {"experiment:shorter", "showcases"}
        inside |= {visitor} if token.experiment == "experiment:shorter" else set()
    rows = await told(api, "showcases_offered")
    assert {row["visitor_id"] for row in rows if "experiments" in row["told"]} == inside
    assert 0 < len(inside) < len(VISITORS)


async def test_a_popup_says_its_variants_words_and_its_token_and_the_log_tell_which(api: Api) -> None:
    await configure(api, HELLO, placements=[PAGE], experiments=[WORDS])
    seen = {}
    for visitor in VISITORS:
        answer = await show(api, (await arm(api, "home", visitor))["hello"])
        token = read(answer["attribution_token"], api.signing_key)
        assert (token.experiment, token.propensity, token.placement) == ("experiment:words", 0.5, "hello")
        assert answer["content"]["headline"] == {"plain": "Hello", "loud": "HELLO"}[str(token.variant)]
        seen[visitor] = token.variant
    assert set(seen.values()) == {"plain", "loud"}
    rows = await told(api, "promotion_offered")
    assert {row["visitor_id"]: row["told"]["experiments"] for row in rows} == {
        visitor: [["words", variant, 0.5]] for visitor, variant in seen.items()
    }
    assert {row["told"]["experiment"] for row in rows} == {"campaign:hello"}
    pages = await told(api, "showcases_offered")
    assert not [row for row in pages if "experiments" in row["told"]], "words are compared over those who read them"


async def test_a_rule_and_a_layout_can_be_tried(api: Api) -> None:
    """The control goes without the rule; the page is told how each variant is laid out."""
    await configure(api, placements=[PAGE])
    (first, *_, last) = (await slot(api, None))["items"]
    tried = {
        "id": "tried",
        "placement": "slot",
        "variants": [
            {"name": "plain", "changes": {"without_rules": ["pinned"]}},
            {"name": "ruled", "changes": {"layout": "grid"}},
        ],
    }
    rule = {"id": "pinned", "pin": {last["item_id"]: 1}}
    await configure(api, placements=[PAGE], rules=[rule], experiments=[tried])
    seen = set()
    for visitor in VISITORS:
        showcase = await slot(api, visitor)
        variant = read(showcase["attribution_token"], api.signing_key).variant
        begins = {"plain": first["item_id"], "ruled": last["item_id"]}[variant or ""]
        assert showcase["items"][0]["item_id"] == begins
        assert showcase.get("layout") == {"plain": None, "ruled": "grid"}[variant or ""]
        seen.add(variant)
    assert seen == {"plain", "ruled"}


async def test_without_consent_a_popup_says_what_it_always_says(api: Api) -> None:
    await configure(api, HELLO, experiments=[WORDS])
    consent = {"analytics": "denied", "storage": "granted", "personalization": "granted"}
    answers = [
        await show(api, (await arm(api, "home", v, consent=consent))["hello"], consent=consent) for v in VISITORS
    ]
    assert {answer["content"]["headline"] for answer in answers} == {"Hello"}
    rows = await told(api, "promotion_offered")
    assert not [row for row in rows if {"experiments", "controls", "experiment"} & set(row["told"])]


async def test_variants_that_open_otherwise_are_entered_with_the_page(api: Api) -> None:
    await configure(api, HELLO, placements=[], experiments=[OFFER])
    timed = {v: (await arm(api, "home", v))["hello"]["triggers"][0]["on"] == "timer" for v in VISITORS}
    await arm(api, "cart", "elsewhere", cart=CART)
    await arm(api, "home", "undecided", consent="unknown")
    rows = await told(api, "showcases_offered")
    assert {row["visitor_id"]: row["told"]["experiments"] for row in rows} == {
        v: [["offer", "offer" if timed[v] else "plain", 0.5]] for v in VISITORS
    }
    assert not [row for row in rows if "experiment" in row["told"]], "no showcase was decided"


async def test_a_popups_holdout_keeps_visitors_out_of_its_experiment(api: Api) -> None:
    await configure(api, {**HELLO, "holdout": 0.5}, placements=[], experiments=[OFFER])
    shown = set()
    for visitor in VISITORS:
        answer = await show(api, (await arm(api, "home", visitor))["hello"])
        if answer["shown"]:
            token = read(answer["attribution_token"], api.signing_key)
            assert (token.experiment, token.propensity) == ("experiment:offer", 0.25)
            shown.add(visitor)
    assert 0 < len(shown) < len(VISITORS)
    assert {row["visitor_id"] for row in await told(api, "showcases_offered")} == shown
    held = await told(api, "promotion_not_offered")
    assert not [row for row in held if "experiments" in row["told"]]


async def test_a_preview_shows_the_visitors_variant(api: Api) -> None:
    await configure(api, HELLO, experiments=[WORDS])
    found = Counter[tuple[str, str, str]]()
    for visitor in VISITORS:
        query = {"visitor_id": visitor, "page_type": "home"}
        answer = (await api.http.get("/v1/popups/hello/preview", params=query, headers=api.secret)).json()
        found[answer["experiment"], answer["variant"], answer["content"]["headline"]] += 1
    assert set(found) == {("experiment:words", "plain", "Hello"), ("experiment:words", "loud", "HELLO")}
    nobody = (await api.http.get("/v1/popups/hello/preview", params={"page_type": "home"}, headers=api.secret)).json()
    assert ("variant" in nobody, nobody["content"]["headline"]) == (False, "Hello")


async def test_a_variants_shared_code_holds_at_checkout(api: Api) -> None:
    cart = {"currency": "EUR", "items": [{"item_id": "lamp", "quantity": 2, "price": "50.00"}]}
    await configure(api, HELLO, experiments=[OFFER])
    body = {"code": "spring", "cart": cart, "customer_id": "c"}
    answer = (await api.http.post("/v1/coupons/validate", json=body, headers=api.secret)).json()
    assert (answer["valid"], answer["discount"]) == (True, "10.00")


async def test_an_experiment_that_ended_leaves_everybody_with_the_plain_page(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        ends = {"ends": (START.replace(hour=18)).isoformat()}
        await configure(api, placements=[PAGE], experiments=[{**SHORTER, **ends}])
        assert {len((await slot(api, v))["items"]) for v in VISITORS} == {1, 3}
        clock.on(hours=6)
        assert {len((await slot(api, v))["items"]) for v in VISITORS} == {3}


async def test_a_mistake_in_an_experiment_is_refused_with_its_path(api: Api) -> None:
    wrong = {**SHORTER, "variants": [{"name": "plain"}, {"name": "short", "changes": {"limit": 0}}]}
    document = {"placements": [PAGE], "experiments": [wrong]}
    response = await api.http.put("/v1/config", json=document, headers=api.secret)
    assert response.status_code == 422
    assert "experiments[0].variants[1].changes.limit" in response.text


async def test_the_log_holds_what_measuring_needs(api: Api) -> None:
    await configure(api, HELLO, placements=[PAGE], experiments=[SHORTER, WORDS])
    for visitor in VISITORS:
        await show(api, (await arm(api, "home", visitor))["hello"])
    await told(api, "promotion_offered")
    rows = EventLog(api.services.workspace.shop("shop")).scan()
    found = await anyio.to_thread.run_sync(groups, rows)
    counts = Counter(found["experiment"])
    assert counts == dict.fromkeys(("campaign:hello", "experiment:shorter", "experiment:words", "showcases"), 16)
    tried = found.filter(found["experiment"].str.starts_with("experiment:"))
    assert set(tried["control"]) == {"plain"}
    assert set(tried["propensity"]) == {0.5}
