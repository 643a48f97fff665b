"""Pages that a running service answered are answered again, byte by byte; and as a candidate would have."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import orjson
import polars as pl
import pytest
from sqlalchemy import delete

from api.answers import items
from api.shops import View
from recommender.configuration import Configuration
from recommender.events.compaction import compact
from recommender.events.log import EventLog
from recommender.experiments.assigning import as_drawn
from recommender.experiments.learned import Epoch
from recommender.records.tables import PAST_CONFIGURATIONS
from recommender.replay.answer import put
from recommender.tokens import customer_token, read
from tests.api.artifacts import add, publish
from tests.api.conftest import ITEMS, Api, running
from tests.api.test_experiments import HELLO, PAGE, SHORTER, WORDS
from tests.api.test_popups import Clock, configure
from training.replaying.candidate import NOTHING, Candidate
from training.replaying.pages import logged_pages
from training.replaying.replay import Asked, replay
from training.replaying.stages import Stages, Why
from training.snapshots import served

pytestmark = pytest.mark.anyio
IDS = [item["id"] for item in ITEMS]


@asynccontextmanager
async def shop(home: Path, **settings: Any) -> AsyncIterator[Api]:
    """A shop with a model, whose pages are all logged whole."""
    async with running(home, **{"now": Clock(), "replay_share": 1.0, **settings}) as api:
        publish(api.artifacts, *IDS)
        await api.put_items()
        await anyio.to_thread.run_sync((await api.services.shops.get("shop")).refresh)
        yield api


def clock(api: Api) -> Clock:
    found = api.services.now
    assert isinstance(found, Clock)
    return found


async def written(api: Api) -> None:
    """Wait for what was begun before: commits are made in their order."""
    await anyio.sleep(0)
    await api.services.spooler.append("shop", [])


async def again(api: Api, candidate: Candidate = NOTHING, **more: Any) -> dict[str, Any]:
    """What replay says of everything up to now."""
    await written(api)
    folder, records = api.services.workspace.shop("shop"), api.services.records
    asked = Asked(until=api.services.now(), candidate=candidate, **more)
    return await anyio.to_thread.run_sync(replay, folder, records, asked)


async def differing_visits(api: Api) -> list[dict[str, Any]]:
    """Visitors with histories, orders, log-ins, carts, languages and consents of all kinds; their answers."""
    for number, item in enumerate(IDS):
        view = {"event": "view_item", "item_id": item, "visitor_id": f"v{number}"}
        order = {"event": "purchase", "transaction_id": f"o{number}", "item_id": item, "price": 3, "quantity": 2}
        await api.tell(view, view | {"item_id": IDS[number - 1]})
        await api.tell(order | {"customer_id": f"c{number}"}, secret=True)
        clock(api).on(minutes=7, microseconds=number + 1)
    token = customer_token("shop", "c1", 4_000_000_000, api.signing_key)
    cart = {"currency": "EUR", "items": [{"item_id": "cup", "quantity": 2, "price": 3.3}]}
    denied = {"analytics": "granted", "storage": "granted", "personalization": "denied"}
    asked: list[dict[str, Any]] = [
        *({"visitor_id": f"v{number}"} for number in range(5)),
        {"visitor_id": "v1", "customer_id": "c1", "customer_token": token},
        {"visitor_id": "v2", "session": [{"item_id": "sofa"}, {"item_id": "cup", "event": "add_to_cart"}]},
        {"visitor_id": "v3", "cart": cart, "language": "de", "page_views": 4, "country": "de", "device": "phone"},
        {"visitor_id": "v4", "consent": denied, "session": [{"item_id": "sofa"}]},
        {"visitor_id": "v0", "placements": ["not-found-recently-viewed", "misspelt"]},
        {"visitor_id": "v0", "explain": True},
    ]
    answers = []
    for type_ in ("home", "product", "cart"):
        about = {"item_id": "lamp"} if type_ == "product" else {}
        for one in asked:
            answers.append(await api.page(type_, **about, **one))
            clock(api).on(seconds=11)
    return answers


async def test_with_nothing_changed_every_page_is_answered_byte_by_byte_as_it_was(tmp_path: Path) -> None:
    """The engine's answer, rendered as the service does, is the very JSON that was sent."""
    async with shop(tmp_path) as api:
        answers = await differing_visits(api)
        found = await again(api)
        log = EventLog(api.services.workspace.shop("shop")).scan()
        pages = logged_pages(log, clock(api).now - timedelta(days=1), clock(api).now, 100).pages
        stages = Stages(api.services.workspace.shop("shop"), api.services.records, 0)
        sent = {one["request_id"]: one["showcases"] for one in answers}
        for page in pages:
            stage = stages.stage(page.asked)
            assert not isinstance(stage, Why)
            own = as_drawn(stage.configuration, "shop", page.asked.visitor.visitor_id, page.asked.variants)
            filled, view = put(page.asked, stage, own, page.asked.facts(stage)), View(stage, 0)
            for showcase, shown in zip(filled, sent[page.request_id], strict=True):
                plain = [{k: v for k, v in item.items() if k != "explanation"} for item in shown["items"]]
                told = items(showcase.recommendations.items, view)
                assert orjson.loads(orjson.dumps(told)) == plain
                assert (showcase.title, showcase.strategy) == (shown["title"], shown["strategy"])
    assert len(answers) == len(pages) == found["answered"] == found["logged"] == 33
    assert (found["same"], found["why"]) == ({"bytes": 33, "lists": 0, "other": 0}, {})


async def test_it_stays_so_after_the_log_was_compacted_and_the_service_started_anew(tmp_path: Path) -> None:
    """Nothing of it lives in a process."""
    async with shop(tmp_path) as api:
        await differing_visits(api)
        await written(api)
        keys, now = api.keys, clock(api)
        folder, records = api.services.workspace.shop("shop"), api.services.records
        compact(folder, now=now.now, leases=records.leases)
    async with running(tmp_path, keys=keys, now=now) as api:
        found = await again(api)
    assert found["same"] == {"bytes": 33, "lists": 0, "other": 0}


async def test_variants_and_the_configuration_of_the_time_are_kept(tmp_path: Path) -> None:
    """Another document since then changes nothing, as long as the old one is kept."""
    async with shop(tmp_path) as api:
        await configure(api, HELLO, placements=[PAGE], experiments=[SHORTER, WORDS])
        for number in range(8):
            await api.page("home", visitor_id=f"v{number}")
        await configure(api, placements=[{**PAGE, "limit": 2, "strategy": "trending"}])
        await api.page("home", visitor_id="v")
        assert (await again(api))["same"]["bytes"] == 9
        with api.services.records.database.write() as connection:
            connection.execute(delete(PAST_CONFIGURATIONS))
        found = await again(api)
    assert (found["answered"], found["same"]["bytes"], found["why"]) == (1, 1, {"its configuration is gone": 8})


async def test_what_was_learned_and_what_was_shown_two_in_one_comes_out_as_it_was(tmp_path: Path) -> None:
    """Variants drawn by weights that hold no longer, and lists whose order a coin decided."""
    both = {"id": "both", "placement": "pair", "interleave": True,
            "variants": [{"name": "plain"}, {"name": "other", "changes": {"strategy": "new_arrivals"}}]}  # fmt: skip
    async with shop(tmp_path) as api:
        slots = [PAGE, {**PAGE, "id": "pair", "page_types": ["cart"]}]
        await configure(api, placements=slots, experiments=[{**SHORTER, "learn": {}}, both])
        live = await api.services.shops.get("shop")
        for weights in ({"plain": 0.9, "short": 0.1}, {"plain": 0.1, "short": 0.9}):
            api.services.records.weights.add("shop", "shorter", Epoch(clock(api).now, weights))
            await anyio.to_thread.run_sync(live.refresh)
            for number in range(6):
                await api.page("home", visitor_id=f"v{number}")
            clock(api).on(days=1)
        for number in range(6):
            await api.page("cart", visitor_id=f"v{number}")
        found = await again(api, Candidate(Configuration.parse({"placements": slots})))
    assert found["same"] == {"bytes": 18, "lists": 0, "other": 0}
    assert list(found["estimate"]["left_out"].values()) == [6]


async def test_what_the_catalogue_changed_since_is_counted_by_reason(tmp_path: Path) -> None:
    """A price, a deletion, an item that is new: three reasons; a model that is gone is the fourth."""
    async with shop(tmp_path) as api:
        only = {"placements": ["home-best-sellers"]}
        await configure(api, placements=[{"id": "home-best-sellers", "page_types": ["home"], "strategy": "best_sellers",
                                          "limit": 2}])  # fmt: skip
        await api.page("home", visitor_id="v", **only)
        assert (await again(api))["same"] == {"bytes": 1, "lists": 0, "other": 0}
        await api.http.patch("/v1/catalog/items/sofa", json={"price": 350}, headers=api.secret)
        assert (await again(api))["same"]["bytes"] == 1, "it was not shown"
        await api.http.patch("/v1/catalog/items/lamp", json={"price": 11}, headers=api.secret)
        found = await again(api)
        assert (found["same"]["lists"], found["why"]) == (
            1,
            {"the catalogue says something else of an item that was shown": 1},
        )
        await api.http.delete("/v1/catalog/items/bulb", headers=api.secret)
        found = await again(api)
        assert (found["same"]["other"], found["why"]) == (1, {"an item that was shown is deleted or sold out now": 1})
        publish(api.artifacts, *reversed(IDS))
        api.artifacts.prune(1)
        version = add(api.artifacts, "lamp").version
        publish(api.artifacts, "lamp", "bulb")
        api.artifacts.prune(1)
        assert version not in api.artifacts.versions()
        assert (await again(api))["why"] == {"its model is gone": 1}


async def test_a_candidate_is_compared_slot_by_slot_and_campaign_by_campaign(tmp_path: Path) -> None:
    """By hand: `lamp bulb cup` becomes `sofa plate cup`: two positions of three, two items gained and two lost."""
    async with shop(tmp_path) as api:
        await configure(api, HELLO, placements=[PAGE])
        for number in range(4):
            await api.page("home", visitor_id=f"v{number}")
        folder, records = api.services.workspace.shop("shop"), api.services.records
        other = add(api.artifacts, *reversed(IDS)).version
        found = await again(api, Candidate(model=served(folder, records, other)))
        (slot,) = found["candidate"]["placements"]
        assert (slot["pages"], slot["differ"], slot["positions"], slot["positions_differ"]) == (4, 4, 12, 8)
        assert (slot["items_gained"], slot["most_gained"]) == (8, {"plate": 4, "sofa": 4})
        assert slot["most_lost"] == {"bulb": 4, "lamp": 4}
        document = {
            "placements": [PAGE, {**PAGE, "id": "more", "strategy": "trending"}],
            "campaigns": [{**HELLO, "where": {"page_types": ["cart"]}}, {**HELLO, "id": "new"}],
        }
        found = await again(api, Candidate(configuration=Configuration.parse(document)))
        assert (found["candidate"]["pages"], found["candidate"]["differ"]) == (4, 4)
        campaigns = {one["campaign"]: one for one in found["candidate"]["campaigns"]}
        assert (campaigns["hello"]["armed"], campaigns["hello"]["would_not_be_armed"]) == (4, {"where": 4})
        assert (campaigns["hello"]["no_longer"], campaigns["new"]["newly"]) == (4, 4)
        assert campaigns["new"]["not_armed"] == {"unknown_campaign": 4}
        assert "no line of the log" in found["estimate"]["pages"]["refused"]


async def test_a_candidate_that_equals_a_variant_is_evaluated_by_those_who_had_it(tmp_path: Path) -> None:
    """By hand: of those with the short list every second page is clicked, and one click in two becomes an order."""
    async with shop(tmp_path) as api:
        plain, other = SHORTER["variants"]
        mostly = {**SHORTER, "variants": [plain, {**other, "weight": 3}]}
        await configure(api, placements=[PAGE], experiments=[mostly])
        short = clicked = ordered = 0
        events: list[dict[str, Any]] = []
        for number in range(150):
            visitor = f"v{number}"
            (showcase,) = (await api.page("home", visitor_id=visitor))["showcases"]
            if read(showcase["attribution_token"], api.signing_key).variant != "short":
                continue
            short += 1
            if short % 2 == 0:
                clicked += 1
                click = {"event": "select_item", "item_id": "lamp", "visitor_id": visitor}
                events.append(click | {"attribution_token": showcase["attribution_token"]})
                if clicked % 2 == 0:
                    ordered += 1
                    order = {"event": "purchase", "transaction_id": visitor, "visitor_id": visitor, "currency": "EUR"}
                    later = {"value": 20, "timestamp": (clock(api).now + timedelta(seconds=1)).isoformat()}
                    events.append(order | later | {"item_id": "lamp", "price": 20})
        await api.tell(*events, secret=True)
        clock(api).on(minutes=1)
        variant = {**PAGE, **other["changes"]}
        found = (await again(api, Candidate(Configuration.parse({"placements": [variant]}))))["estimate"]
        assert found["currency"] == "EUR"
        one = found["pages"]
        assert (one["lines"], one["effective_lines"], one["refused"]) == (150, float(short), None)
        measures = {name: values["snips"]["value"] for name, values in one["measures"].items()}
        assert measures == pytest.approx(
            {"clicks": clicked / short, "orders": ordered / short, "revenue": 20 * ordered / short}
        )
        assert one["measures"]["clicks"]["logged"]["value"] == pytest.approx(clicked / 150)
        longer = Candidate(Configuration.parse({"placements": [{**PAGE, "limit": 5}]}))
        assert (await again(api, longer))["estimate"]["pages"]["refused"].startswith("of 0.0% the candidate")


async def test_of_more_pages_than_asked_for_the_same_ones_are_drawn(tmp_path: Path) -> None:
    """And the others are told of."""
    async with shop(tmp_path) as api:
        for number in range(12):
            await api.page("home", visitor_id=f"v{number}")
        await written(api)
        log = EventLog(api.services.workspace.shop("shop")).scan()
        since, until = clock(api).now - timedelta(days=1), clock(api).now
        one, other, all_ = (logged_pages(log, since, until, limit) for limit in (5, 5, 50))
    ids = [{page.request_id for page in found.pages} for found in (one, other, all_)]
    assert ids[0] == ids[1] < ids[2]
    assert (one.there, len(ids[0]), len(ids[2])) == (12, 5, 12)


class TestWhoIsLogged:
    """Consent, holdout and the sample decide."""

    async def answered(self, api: Api) -> int:
        await written(api)
        log = EventLog(api.services.workspace.shop("shop")).scan()
        return log.filter(pl.col("event") == "page_answered").collect().height

    @pytest.mark.parametrize(
        "consent", ["denied", "unknown", {"analytics": "denied", "storage": "granted", "personalization": "granted"}]
    )
    async def test_without_consent_to_be_logged_no_page_is(self, tmp_path: Path, consent: Any) -> None:
        async with shop(tmp_path) as api:
            await api.page("home", visitor_id="v", consent=consent)
            await api.page("home")
            assert await self.answered(api) == 0

    async def test_who_is_held_out_saw_nothing_to_be_replayed(self, tmp_path: Path) -> None:
        async with shop(tmp_path, holdout=0.5) as api:
            answers = [await api.page("home", visitor_id=f"v{number}") for number in range(16)]
            shown = [one for one in answers if "held_out" not in one["showcases"][0]]
            assert 0 < len(shown) < 16
            assert await self.answered(api) == len(shown)

    async def test_the_sample_follows_the_request_id(self, tmp_path: Path) -> None:
        async with shop(tmp_path, replay_share=0.3) as api:
            counts = []
            for _ in range(2):
                for number in range(30):
                    headers = {**api.public, "X-Request-Id": f"r{number}"}
                    await api.page("home", visitor_id="v", headers=headers)
                counts.append(await self.answered(api))
            assert 0 < counts[0] < 30
            assert counts[1] == 2 * counts[0]

    async def test_addresses_and_attributes_only_where_a_campaign_asks_for_them(self, tmp_path: Path) -> None:
        asking = {**HELLO, "where": {"urls": ["/sale*"]}, "whom": {"attributes": {"vip": True}}}
        async with shop(tmp_path) as api:
            page = {"type": "home", "url": "https://shop.example/sale?token=secret", "referrer": "https://x.example/q"}
            body = {"page": page, "visitor_id": "v", "attributes": {"vip": True, "age": 40}}
            for campaigns in ([], [asking]):
                await configure(api, *campaigns)
                await api.http.post("/v1/page", json=body, headers=api.public)
                await written(api)
            log = EventLog(api.services.workspace.shop("shop")).scan().filter(pl.col("event") == "page_answered")
            told = [orjson.loads(extra)["told"] for extra in log.sort("timestamp", "sequence").collect()["extra"]]
            assert (await again(api))["same"]["bytes"] == 2
        assert told == [
            {"device": "desktop"},
            {"device": "desktop", "url": page["url"], "attributes": {"vip": True}},
        ]

    async def test_erasing_a_customer_reaches_the_histories_in_their_browsers_pages(self, tmp_path: Path) -> None:
        async with shop(tmp_path) as api:
            token = customer_token("shop", "c", 4_000_000_000, api.signing_key)
            await api.page("home", visitor_id="v", customer_id="c", customer_token=token)
            await api.page("home", visitor_id="v")
            await api.page("home", visitor_id="other")
            assert await self.answered(api) == 3
            await api.http.delete("/v1/customers/c", headers=api.secret)
            assert await self.answered(api) == 1
            await api.http.delete("/v1/visitors/other", headers=api.secret)
            assert await self.answered(api) == 0
