"""Redis or PostgreSQL stands still: showcases go on, popups close, and everything comes back by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from httpx import Response

from tests import services
from tests.api.conftest import Api, running
from tests.api.test_popups import arm, configure, opened, show

pytestmark = pytest.mark.anyio

HANGING = 30
"""Seconds after which something hangs."""


@contextmanager
def standing_still(url: str) -> Iterator[None]:
    """The server at `url` is there, takes connections and says nothing."""
    port = url.rpartition(":")[2].partition("/")[0]
    running = psutil.process_iter(["cmdline"])
    first = next(one for one in running if port in " ".join(one.info["cmdline"] or ()) and one.children is not None)
    family = [first, *first.children(recursive=True)]
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            process.resume()


async def home(api: Api) -> Response:
    body = {"page": {"type": "home"}, "visitor_id": "v"}
    return await asyncio.wait_for(api.http.post("/v1/page", json=body, headers=api.public), HANGING)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async def wait() -> None:
        while not await condition():
            await asyncio.sleep(0.05)

    await asyncio.wait_for(wait(), 60)


@pytest.mark.postgres
async def test_without_postgresql_showcases_go_on_and_popups_close(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that are known stay known; what is asked is not asked of a database that keeps silent, again and again."""
    monkeypatch.setattr("api.keys.FRESH_SECONDS", 0.0)
    url = services.new_database(postgres_url, "degradation")
    async with running(tmp_path, database_url=url, database_timeout=0.5) as api:
        await api.put_items()
        offer = {"percent": 10}
        await configure(api, {"id": "c", "offer": offer})
        popups = [(await arm(api, visitor=f"v{number}"))["c"] for number in range(4)]
        before = (await home(api)).json()["showcases"]
        with standing_still(postgres_url):
            closed = [await asyncio.wait_for(show(api, popup), HANGING) for popup in popups]
            assert closed == [{"shown": False, "reason": "unavailable"}] * 4
            assert api.figure("vitrine_circuit_open", part="records") == 1.0
            assert api.figure("vitrine_circuit_calls_total", part="records", outcome="skipped") > 0
            answered = await home(api)
            assert (answered.status_code, answered.headers["x-vitrine-degraded"]) == (200, "records")
            assert api.figure("vitrine_degraded_total", part="records") > 0
            filled = [one["placement"] for one in answered.json()["showcases"] if one["items"]]
            assert filled == [one["placement"] for one in before if one["items"]]
            refused = await asyncio.wait_for(api.put_items(), HANGING)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert url.rpartition(":")[2] not in refused.text
            ready = await asyncio.wait_for(api.http.get("/readyz"), HANGING)
            assert (ready.status_code, ready.json()["degraded"]) == (200, True)
            assert ready.json()["checks"]["records"]["ok"] is False

        async def back() -> bool:
            return (await api.http.get("/readyz")).json()["degraded"] is False

        await until(back)
        assert "x-vitrine-degraded" not in (await home(api)).headers
        assert (await opened(api, "c", visitor="new"))["shown"] is True
        assert api.figure("vitrine_circuit_open", part="records") == 0.0


@pytest.mark.postgres
async def test_a_postgresql_that_ends_is_taken_back_when_it_answers_again(tmp_path: Path, postgres_url: str) -> None:
    """All connections are cut, and the database takes none for a while."""
    url = services.new_database(postgres_url, "cut")
    async with running(tmp_path, database_url=url) as api:
        await api.put_items()
        await home(api)
        with psycopg.connect(postgres_url, autocommit=True) as master:
            master.execute("ALTER DATABASE cut WITH ALLOW_CONNECTIONS false")
            master.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'cut'")
            answers = [(await api.put_items()).status_code for _ in range(4)]
            assert answers == [503] * 4
            assert (await home(api)).status_code == 200
            assert api.figure("vitrine_circuit_open", part="records") == 1.0
            master.execute("ALTER DATABASE cut WITH ALLOW_CONNECTIONS true")

        async def taken() -> bool:
            return (await api.put_items()).status_code == 200

        await until(taken)


@pytest.mark.redis
async def test_a_redis_that_keeps_silent_is_not_waited_for_again_and_again(tmp_path: Path, redis_url: str) -> None:
    """Of many answers few wait; it is used again once it answers."""
    async with running(tmp_path, redis_url=redis_url, redis_timeout=0.2) as api:
        await api.put_items()
        with standing_still(redis_url):
            answers = [await home(api) for _ in range(20)]
            assert {one.status_code for one in answers} == {200}
            assert answers[-1].headers["x-vitrine-degraded"] == "state"
            assert api.figure("vitrine_circuit_open", part="state") == 1.0
            skipped = api.figure("vitrine_circuit_calls_total", part="state", outcome="skipped")
            assert skipped > api.figure("vitrine_circuit_calls_total", part="state", outcome="failed")

        async def back() -> bool:
            return "x-vitrine-degraded" not in (await home(api)).headers

        await until(back)
        assert api.figure("vitrine_circuit_open", part="state") == 0.0
