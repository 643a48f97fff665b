"""What Prometheus is told of what happened; failures, limits and circuits stand with the tests of what causes them."""

from collections import Counter
from pathlib import Path

import pytest

from api import tasks
from tests.api.artifacts import add, publish
from tests.api.conftest import Api, running
from tests.api.test_coupons import FLASH, call, code_of
from tests.api.test_popups import Clock, arm, configure, show

pytestmark = pytest.mark.anyio

VIEW = {"event": "view_item", "item_id": "cup", "visitor_id": "v"}


async def test_the_time_of_every_answer_is_told_by_route(api: Api) -> None:
    for _ in range(3):
        await api.page("home")
    assert api.figure("vitrine_request_seconds_count", method="POST", route="/v1/page") == 3.0
    assert api.figure("vitrine_request_seconds_bucket", method="POST", route="/v1/page", le="+Inf") == 3.0
    assert api.figure("vitrine_request_seconds_sum", method="POST", route="/v1/page") > 0


async def test_events_are_counted_by_what_became_of_them(api: Api) -> None:
    await api.tell(VIEW, {"event": "glance"}, VIEW)
    counted = {outcome: api.figure("vitrine_events_total", outcome=outcome) for outcome in ("accepted", "rejected")}
    assert counted == {"accepted": 2.0, "rejected": 1.0}


async def test_commits_of_events_are_counted(api: Api) -> None:
    for number in (1, 2):
        await api.tell(VIEW, VIEW)
        assert api.figure("vitrine_spool_commits_total") == number


async def test_decisions_that_cannot_be_logged_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.spooling.MOST_TOLD", 0)
    async with running(tmp_path, replay_share=1.0) as api:
        await api.put_items()
        assert api.figure("vitrine_events_dropped_total") == 0
        await api.page("home", visitor_id="v")
        assert api.figure("vitrine_events_dropped_total") == 1.0


async def test_it_is_told_how_long_events_wait_for_the_log_and_when_they_were_last_moved(tmp_path: Path) -> None:
    clock = Clock()
    async with running(tmp_path, now=clock) as api:
        await api.put_items()
        await api.tell(VIEW)
        for waited in (90, 0):
            clock.on(seconds=90)
            await tasks.compact_all(api.services)
            assert api.figure("vitrine_spool_oldest_seconds", shop="shop") == waited
            assert api.figure("vitrine_compacted_timestamp_seconds", shop="shop") == clock.now.timestamp()


async def test_showcases_are_counted_by_strategy(api: Api) -> None:
    shown = [await api.page("home"), await api.page("product", item_id="cup"), await api.page("home")]
    strategies = Counter(one["strategy"] for page in shown for one in page["showcases"])
    assert len(strategies) > 1
    assert {name: api.figure("vitrine_showcases_total", strategy=name) for name in strategies} == strategies


async def test_triggers_are_counted_by_what_they_came_to(api: Api) -> None:
    await configure(api, {"id": "hello"}, {"id": "again"})
    popups = await arm(api)
    for campaign in ("hello", "again", "again"):
        await show(api, popups[campaign])
    outcomes = {outcome: api.figure("vitrine_popups_total", outcome=outcome) for outcome in ("shown", "cooldown")}
    assert outcomes == {"shown": 1.0, "cooldown": 2.0}


async def test_coupon_calls_are_counted_by_what_they_came_to(api: Api) -> None:
    code = await code_of(api, FLASH)
    for what, more in (
        ("validate", {}), ("redeem", {"order_id": "o1"}), ("redeem", {"order_id": "o2"}), ("validate", {}),
        ("rollback", {"order_id": "o1"}), ("rollback", {"order_id": "o1"}), ("rollback", {"order_id": "o9"}),
    ):  # fmt: skip
        await call(api, what, code, **more)
    counted = {
        ("validate", "ok"): 1.0, ("validate", "redeemed"): 1.0,
        ("redeem", "ok"): 1.0, ("redeem", "redeemed"): 1.0,
        ("rollback", "ok"): 2.0, ("rollback", "unknown"): 1.0,
    }  # fmt: skip
    found = {at: api.figure("vitrine_coupon_calls_total", call=at[0], outcome=at[1]) for at in counted}
    assert found == counted


async def test_models_that_are_opened_and_refused_are_counted(tmp_path: Path) -> None:
    async with running(tmp_path, refresh_seconds=3600) as api:
        publish(api.artifacts, "cup")
        await tasks.refresh(api.services)
        bad = add(api.artifacts, "cup", "plate")
        (bad.path / "models.json").write_bytes(b"{")
        (api.artifacts.folder / "current").write_text(bad.version)
        await tasks.refresh(api.services)
        loads = {outcome: api.figure("vitrine_model_loads_total", outcome=outcome) for outcome in ("opened", "refused")}
        assert loads == {"opened": 1.0, "refused": 1.0}


async def test_answers_without_the_shared_state_are_counted(tmp_path: Path) -> None:
    async with running(tmp_path, redis_url="redis://127.0.0.1:1/0") as api:
        await api.page("home", visitor_id="v")
        assert api.figure("vitrine_degraded_total", part="state") == 1.0
