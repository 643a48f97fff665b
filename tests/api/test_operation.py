"""Health, metrics, documentation and start-up."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import redis
from httpx import ASGITransport, AsyncClient

from api.app import create
from api.bootstrap import build
from api.commands.serve import serve
from api.settings import Settings
from api.workers import FOLDER
from recommender.errors import ConfigurationError
from tests.api.conftest import Api, running

pytestmark = pytest.mark.anyio


async def test_a_living_process_says_so(api: Api) -> None:
    assert (await api.http.get("/healthz")).json() == {"status": "ok"}


async def test_a_ready_process_names_its_models(api: Api) -> None:
    response = await api.http.get("/readyz")
    assert (response.status_code, response.json()["ready"], response.json()["degraded"]) == (200, True, False)
    assert response.json()["shops"] == {"shop": {"model_version": "none"}}


async def test_one_visitor_of_twenty_sees_nothing_so_that_there_is_something_to_compare_with() -> None:
    assert Settings.model_fields["holdout"].default == 0.05


async def test_without_records_a_process_that_knows_no_shop_is_not_ready_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise OSError("the database is gone")

    app = create(build(Settings.load(home=tmp_path)))
    monkeypatch.setattr(type(app.state.services.records), "ping", fail)
    async with AsyncClient(transport=ASGITransport(app, client=("127.0.0.1", 5000)), base_url="http://api") as http:
        response = await http.get("/readyz")
    assert (response.status_code, response.json()["ready"]) == (503, False)
    assert "the database is gone" in response.json()["checks"]["records"]["reason"]
    app.state.services.records.close()


async def test_a_process_whose_disk_is_full_goes_on_with_less(api: Api) -> None:
    api.services.spooler.problem = "OperationalError: database or disk is full"
    response = await api.http.get("/readyz")
    assert (response.status_code, response.json()["ready"], response.json()["degraded"]) == (200, True, True)
    assert (await api.page("home"))["showcases"]


async def test_metrics_count_answers(api: Api) -> None:
    await api.page("home")
    text = (await api.http.get("/metrics")).text
    assert 'vitrine_requests_total{method="POST",route="/v1/page",status="200"} 1.0' in text


def test_a_worker_that_was_killed_is_in_no_gauge(tmp_path: Path) -> None:
    """Its part would be open for ever, and its model the oldest one; what it counted stays counted."""
    script = """
import os, signal
from api.metrics import Metrics
metrics = Metrics()
if (worker := os.fork()) == 0:
    metrics.circuit("state", "opened")
    metrics.circuit("state", "failed")
    metrics.learned.labels("shop").set(1)
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(worker, 0)
metrics.learned.labels("shop").set(2)
print(metrics.text().decode())
"""
    env = {**os.environ, FOLDER: str(tmp_path)}
    told = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
    assert 'vitrine_circuit_open{part="state"}' not in told
    assert 'vitrine_model_data_end_timestamp_seconds{shop="shop"} 2.0' in told
    assert 'vitrine_circuit_calls_total{outcome="failed",part="state"} 1.0' in told


@pytest.mark.parametrize("given", [False, True])
def test_where_workers_count_together_is_removed_when_they_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, given: bool
) -> None:
    """Unless somebody chose the place."""
    places: list[Path] = []

    def run(*_: object, **__: object) -> None:
        places.append(Path(os.environ[FOLDER]))
        (places[-1] / "counter_1.db").touch()
        raise SystemExit

    monkeypatch.setattr("uvicorn.run", run)
    monkeypatch.setattr("api.workers._share", lambda: None)  # this process is not theirs
    monkeypatch.setattr("api.commands.serve.configure", lambda _: None)
    monkeypatch.setenv("VITRINE_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    if not given:
        monkeypatch.delenv(FOLDER)
    with pytest.raises(SystemExit):
        serve(workers=2)
    assert (places[0] == tmp_path, places[0].exists()) == (given, given)


@pytest.mark.parametrize(
    ("token", "sent", "status"), [(None, "", 401), ("t", "", 401), ("t", "Bearer x", 401), ("t", "Bearer t", 200)]
)
async def test_metrics_off_loopback_need_the_operators_token(
    tmp_path: Path, token: str | None, sent: str, status: int
) -> None:
    app = create(build(Settings.load(home=tmp_path, operator_token=token)))
    transport = ASGITransport(app, client=("203.0.113.9", 5000))
    async with AsyncClient(transport=transport, base_url="http://api") as http:
        response = await http.get("/metrics", headers={"Authorization": sent})
    assert response.status_code == status
    app.state.services.records.close()


async def test_a_proxy_on_loopback_does_not_open_metrics(api: Api) -> None:
    response = await api.http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert response.status_code == 401


async def test_the_documentation_shows_every_call_and_loads_nothing(api: Api) -> None:
    paths = (await api.http.get("/openapi.json")).json()["paths"]
    page = (await api.http.get("/docs")).text
    assert all(path in page for path in paths)
    assert "/v1/page" in paths
    assert "<script" not in page
    assert 'src="http' not in page


async def test_the_documentation_leads_from_a_request_to_its_fields(api: Api) -> None:
    page = (await api.http.get("/docs")).text
    linked = set(re.findall(r'<a href="#([A-Z]\w+)">fields', page))
    assert {"PageRequest", "Configuration", "Item"} <= linked
    assert all(f'<pre id="{name}">' in page for name in linked)
    assert "Without <code>placements</code>, all that are configured" in page


async def test_every_reference_of_the_description_leads_somewhere(api: Api) -> None:
    text = (await api.http.get("/openapi.json")).text
    schemas = (await api.http.get("/openapi.json")).json()["components"]["schemas"]
    referred = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert referred <= set(schemas)


async def test_the_snippet_is_a_script_that_can_be_cached(api: Api) -> None:
    first = await api.http.get("/vitrine.js")
    again = await api.http.get("/vitrine.js", headers={"If-None-Match": first.headers["etag"]})
    assert (first.headers["content-type"], again.status_code) == ("text/javascript; charset=utf-8", 304)


async def test_state_is_rebuilt_from_the_log_after_a_restart(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        await api.put_items()
        await api.tell({"event": "view_item", "item_id": "cup", "visitor_id": "v"})
        await api.tell({"event": "view_item", "item_id": "lamp", "visitor_id": "v"})
    async with running(tmp_path, keys=api.keys) as again:
        assert await again.seen("v") == ["lamp", "cup"]


@pytest.mark.redis
async def test_state_is_rebuilt_once_where_an_older_version_named_its_keys_otherwise(
    tmp_path: Path, redis_url: str
) -> None:
    """Its marker does not stand for ours, and what it kept is not taken for ours."""
    with closing(redis.Redis.from_url(redis_url)) as server:
        server.flushdb()
        async with running(tmp_path, redis_url=redis_url) as api:
            await api.put_items()
            for item_id in ("cup", "lamp"):
                await api.tell({"event": "view_item", "item_id": item_id, "visitor_id": "v"})
        server.rename("vitrine:shop:filled", "vitrine:shop:built")
        server.rename("vitrine:shop:visitor:{v}:rows", "vitrine:shop:visitor:rows:v")
        async with running(tmp_path, keys=api.keys, redis_url=redis_url) as again:
            assert await again.seen("v") == ["lamp", "cup"]
        assert server.exists("vitrine:shop:filled", "vitrine:shop:visitor:{v}:rows") == len(["filled", "rows"])
        server.delete("vitrine:shop:visitor:{v}:rows")
        async with running(tmp_path, keys=api.keys, redis_url=redis_url) as later:
            assert await later.seen("v") == []


async def test_a_shop_that_is_added_later_is_served(api: Api) -> None:
    added = api.services.records.shops.create("added")
    response = await api.http.get("/v1/similar/x", headers={"X-Vitrine-Key": added.public_key})
    assert response.status_code == 200


def test_several_workers_without_redis_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VITRINE_REDIS_URL", raising=False)
    with pytest.raises(ConfigurationError, match="VITRINE_REDIS_URL"):
        serve(workers=2)


@pytest.mark.parametrize(("name", "value"), [("HOLDOUT", "2"), ("CACHE", "disk"), ("REFRESH_SECONDS", "never")])
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"VITRINE_{name}", value)
    with pytest.raises(ConfigurationError, match=f"VITRINE_{name}"):
        Settings.load()


def test_a_cache_in_redis_needs_redis(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VITRINE_REDIS_URL"):
        build(Settings.load(home=tmp_path, cache="redis"))


def test_a_redis_url_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VITRINE_REDIS_URL"):
        build(Settings.load(home=tmp_path, redis_url="localhost"))
