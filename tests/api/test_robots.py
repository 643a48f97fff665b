"""Robots that say so count as nobody; nothing that is told again, or of another time, counts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from api.robots import DECLARED
from recommender.tokens import customer_token
from tests.api.conftest import Api, running
from tests.api.test_popups import Clock, arm, logged, show

pytestmark = pytest.mark.anyio

GOOGLE = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}
VIEW = {"event": "view_item", "item_id": "cup", "visitor_id": "v"}
ROBOTS = [
    GOOGLE["User-Agent"], "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "AdsBot-Google",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "facebookexternalhit/1.1", "Twitterbot/1.0",
    "Mozilla/5.0 (compatible; Baiduspider/2.0)", "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; GPTBot/1.2)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp)", "Mozilla/5.0 (compatible; archive.org_bot)", "Screaming Frog SEO Crawler",
    "Mozilla/5.0 (Linux; Android 11) Chrome/119 Mobile Safari/537.36 Chrome-Lighthouse", "Google-InspectionTool/1.0",
]  # fmt: skip
PEOPLE = [
    "", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604",
    "Mozilla/5.0 (Linux; Android 12; CUBOT P50) AppleWebKit/537.36 Chrome/120 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; Cubot_X30) Chrome/120", "Mozilla/5.0 (X11; Linux) HeadlessChrome/131",
    "curl/8.5.0", "python-httpx/0.28.1", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
]  # fmt: skip


@pytest.mark.parametrize(("agents", "robots"), [(ROBOTS, True), (PEOPLE, False)], ids=["robots", "people"])
def test_robots_are_told_from_people(agents: list[str], robots: bool) -> None:
    assert [agent for agent in agents if (DECLARED.search(agent) is not None) is not robots] == []


async def test_a_robots_events_are_refused_one_by_one_and_leave_nothing(api: Api) -> None:
    headers = {**api.public, **GOOGLE}
    answer = await api.http.post("/v1/events", json=[VIEW, VIEW], headers=headers)
    assert (answer.status_code, answer.json()["accepted"]) == (202, 0)
    assert [(one["index"], one["field"]) for one in answer.json()["rejected"]] == [(0, "User-Agent"), (1, "User-Agent")]
    assert await api.seen("v") == []
    assert (await api.http.get("/v1/visitors/v", headers=api.secret)).json()["events"] == []


async def test_the_shops_server_may_speak_for_anybody(api: Api) -> None:
    answer = await api.http.post("/v1/events", json=VIEW, headers={**api.secret, **GOOGLE})
    assert answer.json() == {"accepted": 1, "rejected": []}


async def test_a_robot_sees_the_page_and_is_in_no_group(api: Api) -> None:
    codes = {"id": "gift", "offer": {"percent": 10, "code": {"generated": {}}}, "content": {"headline": "For you"}}
    document = {"campaigns": [codes]}
    assert (await api.http.put("/v1/config", json=document, headers=api.secret)).status_code == 200
    seen = await api.page("home", visitor_id="robot", headers={**api.public, **GOOGLE})
    person = await api.page("home", visitor_id="person")
    assert [showcase["items"] for showcase in seen["showcases"]] != []
    assert (seen["popups"], len(person["popups"])) == ([], 1)
    while not (groups := logged(api, "showcases_offered")):
        await anyio.sleep(0.01)  # written beside the answers, the robot's first
    assert {row["visitor_id"] for row in groups} == {"person"}


async def test_an_event_that_is_sent_again_counts_once(api: Api) -> None:
    for _ in range(3):
        assert (await api.tell({**VIEW, "event": "add_to_cart", "event_id": "e"}))["accepted"] == 1
    assert len(logged(api, "add_to_cart")) == 1
    assert (await api.http.get("/v1/visitors/v", headers=api.secret)).json()["state"][0]["quantity"] == 1


@pytest.mark.parametrize(("days", "taken"), [(-31, False), (-29, True), (0.9, True), (2, False)])
async def test_a_page_tells_of_no_other_time(api: Api, days: float, taken: bool) -> None:
    moment = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    told = await api.tell({**VIEW, "timestamp": moment})
    assert (told["accepted"], [one["field"] for one in told["rejected"]]) == ((1, []) if taken else (0, ["timestamp"]))


async def test_what_was_told_long_ago_cannot_be_told_again_when_its_id_is_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        event: dict[str, Any] = {**VIEW, "event_id": "e", "timestamp": clock.now.isoformat()}
        assert (await api.tell(event))["accepted"] == 1
        clock.on(days=31)
        assert (await api.tell(event))["accepted"] == 0


async def test_the_shops_server_may_tell_of_older_orders(api: Api) -> None:
    moment = (datetime.now(UTC) - timedelta(days=200)).isoformat()
    assert (await api.tell({**VIEW, "timestamp": moment}, secret=True))["accepted"] == 1


async def test_an_arm_token_decides_once_and_ends(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        popup = (await arm(api, "home"))["dont-go"]
        late = (await arm(api, "home", "w"))["dont-go"]
        first, again = await show(api, popup), await show(api, popup)
        assert first == again
        assert len(logged(api, "promotion_offered")) == 1
        clock.on(hours=3)
        assert await show(api, late) == {"shown": False, "reason": "expired"}


async def test_a_customer_token_counts_until_it_ends_and_for_nobody_else(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        token = customer_token("shop", "c", int(clock.now.timestamp()) + 3600, api.signing_key)
        event = {**VIEW, "customer_id": "c", "customer_token": token}
        await api.tell(event)
        clock.on(hours=1)
        await api.tell({**event, "visitor_id": "thief"})
        await api.tell({**event, "visitor_id": "liar", "customer_id": "d"})
        exported = (await api.http.get("/v1/customers/c", headers=api.secret)).json()
        assert exported["visitor_ids"] == ["v"]
        assert (await api.http.get("/v1/customers/d", headers=api.secret)).json()["events"] == []
