"""Promises that only real processes can keep."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import redis

from api.reading import of_person
from recommender.artifact import ArtifactStore
from recommender.events.compaction import compact
from recommender.records import ShopKeys
from recommender.workspace import Workspace
from tests.api.artifacts import publish
from tests.api.processes import Served, new_shop, serving
from tests.services import redis_server, wait_until

ITEMS = [{"id": id_, "title": id_} for id_ in ("lamp", "cup", "plate")]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def keys(home: Path) -> ShopKeys:
    return new_shop(home)


def put_items(served: Served) -> None:
    assert served.http.put("/v1/catalog/items", json=ITEMS, headers=served.secret).status_code == 200


class TestKill:
    def test_an_acknowledged_event_survives(self, home: Path, keys: ShopKeys) -> None:
        with serving(home, keys) as served:
            put_items(served)
            for item_id in ("lamp", "cup"):
                served.tell(item_id)
            served.kill()
        folder = Workspace(home).shop("shop")
        assert [one.event.items[0].item_id for one in of_person(folder, "visitor_id", "v")] == ["lamp", "cup"]
        with serving(home, keys) as again:
            assert again.seen() == ["cup", "lamp"]
            exported = again.http.get("/v1/visitors/v", headers=again.secret).json()["events"]
            assert len(exported) == len(["lamp", "cup"])
        assert compact(folder).events == len(["lamp", "cup"])

    def test_the_compactor_moves_a_dead_processes_spool(self, home: Path, keys: ShopKeys) -> None:
        with serving(home, keys) as served:
            served.tell("lamp")
            served.kill()
        log = Workspace(home).shop("shop").log
        with serving(home, keys, VITRINE_COMPACTION_SECONDS="0.2"):
            wait_until(lambda: any(log.glob("day=*/*.parquet")))
        assert len(of_person(Workspace(home).shop("shop"), "visitor_id", "v")) == 1


class TestRedis:
    pytestmark = pytest.mark.redis

    @pytest.fixture
    def url(self, redis_url: str) -> str:
        redis.Redis.from_url(redis_url).flushdb()
        return redis_url

    def test_two_workers_answer_alike(self, home: Path, keys: ShopKeys, url: str) -> None:
        with serving(home, keys, "--workers", "2", VITRINE_REDIS_URL=url) as served:
            put_items(served)
            for number in range(20):
                served.tell("cup", f"v{number}")
                assert served.seen(f"v{number}") == ["cup"]

    @pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
    def test_workers_are_copies_of_a_process_that_has_loaded_everything(
        self, home: Path, keys: ShopKeys, url: str
    ) -> None:
        with serving(home, keys, "--workers", "2", VITRINE_REDIS_URL=url) as served:
            supervisor = psutil.Process(served.process.pid)
            workers = supervisor.children()
            assert [worker.cmdline() for worker in workers] == [supervisor.cmdline()] * 2
            own, whole = (
                sum(getattr(worker.memory_full_info(), kind) for worker in workers) for kind in ("uss", "rss")
            )
            assert own < whole / 2

    def test_workers_count_together_and_dead_ones_are_replaced(self, home: Path, keys: ShopKeys, url: str) -> None:
        with serving(home, keys, "--workers", "2", VITRINE_REDIS_URL=url) as served:
            supervisor = psutil.Process(served.process.pid)
            put_items(served)
            for number in range(20):
                served.tell("cup", f"v{number}")
            assert 'vitrine_events_total{outcome="accepted"} 20.0' in served.http.get("/metrics").text
            dead = supervisor.children()[0]
            dead.kill()
            wait_until(lambda: len({child.pid for child in supervisor.children()} - {dead.pid}) == 2)
            for number in range(20):
                assert served.seen(f"v{number}") == ["cup"]
            served.process.terminate()
            assert served.process.wait(20) == 0
            assert not psutil.pid_exists(dead.pid)

    def test_a_change_is_seen_by_every_worker_in_the_next_answer(self, home: Path, keys: ShopKeys, url: str) -> None:
        settings = {"VITRINE_REDIS_URL": url, "VITRINE_REFRESH_SECONDS": "3600"}
        with serving(home, keys, **settings) as one, serving(home, keys, **settings) as other:
            put_items(one)
            assert "cup" in offered(other)
            one.http.patch("/v1/catalog/items/cup", json={"availability": "out_of_stock"}, headers=one.secret)
            assert "cup" not in offered(other)
            document = {"placements": [{"id": "mine", "page_types": ["home"], "strategy": "trending"}]}
            other.http.put("/v1/config", json=document, headers=other.secret)
            assert [showcase["placement"] for showcase in home_page(one)["showcases"]] == ["mine"]

    def test_a_published_model_reaches_every_worker(self, home: Path, keys: ShopKeys, url: str) -> None:
        settings = {"VITRINE_REDIS_URL": url, "VITRINE_REFRESH_SECONDS": "3600"}
        with serving(home, keys, **settings) as one, serving(home, keys, **settings) as other:
            version = publish(ArtifactStore(Workspace(home).shop("shop").artifacts), "cup")
            one.http.post(f"/v1/models/{version}/publish", headers=one.secret)
            wait_until(lambda: home_page(other)["model_version"] == version)

    def test_a_cache_in_redis_serves_every_worker(self, home: Path, keys: ShopKeys, url: str) -> None:
        settings = {"VITRINE_REDIS_URL": url, "VITRINE_CACHE": "redis"}
        with serving(home, keys, **settings) as one, serving(home, keys, **settings) as other:
            put_items(one)
            first = one.http.get("/v1/similar/cup", headers=one.public)
            other.http.get("/v1/similar/lamp", headers=other.public)  # now it knows of the items
            second = other.http.get("/v1/similar/cup", headers=other.public)
            assert first.content == second.content
            assert 'vitrine_answer_cache_total{outcome="hit"} 1.0' in other.http.get("/metrics").text

    def test_answers_go_on_without_redis_and_catch_up_when_it_is_back(self, home: Path, keys: ShopKeys) -> None:
        with redis_server() as url:
            server = listener(url)
            with serving(home, keys, VITRINE_REDIS_URL=url, VITRINE_REDIS_TIMEOUT="0.1") as served:
                put_items(served)
                served.tell("lamp")
                server.suspend()
                response = served.http.get("/v1/similar/cup", headers=served.public)
                assert (response.status_code, response.headers["x-vitrine-degraded"]) == (200, "state")
                served.tell("cup")
                ready = served.http.get("/readyz").json()
                assert (ready["ready"], ready["degraded"], ready["checks"]["state"]["ok"]) == (True, True, False)
                server.resume()
                wait_until(lambda: served.http.get("/readyz").json()["degraded"] is False)
                wait_until(lambda: served.seen() == ["cup", "lamp"])
                response = served.http.get("/v1/similar/cup", headers=served.public)
                assert "x-vitrine-degraded" not in response.headers


def offered(served: Served) -> set[str]:
    body = {"requests": [{"strategy": "best_sellers", "limit": 100}]}
    answer = served.http.post("/v1/recommendations", json=body, headers=served.public).json()
    return {item["item_id"] for item in answer["results"][0]["items"]}


def home_page(served: Served) -> dict[str, list[dict[str, str]]]:
    body = {"page": {"type": "home"}}
    return dict(served.http.post("/v1/page", json=body, headers=served.public).json())


def listener(url: str) -> psutil.Process:
    """The Redis server at `url`."""
    port = url.rpartition(":")[2].partition("/")[0]
    running = psutil.process_iter(["cmdline"])
    return next(process for process in running if f":{port}" in " ".join(process.info["cmdline"] or ()))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_worker_that_has_hardly_begun_is_ended_by_a_signal() -> None:
    """Its supervisor notes signals, and a copy that noted them, too, would be waited for in vain."""
    code = """
import os, signal, time
from api import workers
workers._share()
signal.signal(signal.SIGTERM, lambda *_: None)
reading, writing = os.pipe()
if (worker := os.fork()) == 0:
    os.write(writing, b"begun")
    time.sleep(10)
    os._exit(0)
os.read(reading, 5)
os.kill(worker, signal.SIGTERM)
print(os.WTERMSIG(os.waitpid(worker, 0)[1]) == signal.SIGTERM)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"True"


def test_serving_loads_none_of_the_trainers_libraries() -> None:
    heavy = ("polars", "pandas", "implicit", "sklearn", "training")
    code = f"import sys, api.app; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"[]"
