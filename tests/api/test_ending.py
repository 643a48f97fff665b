"""A process that ends, or has too much to do, fails no request that it took."""

import json
import os
import signal
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import redis

from recommender.events.log import EventLog
from recommender.workspace import Workspace
from tests.api.processes import Served, new_shop, serving
from tests.api.test_processes import listener
from tests.services import redis_server, wait_until

PAGE = {"page": {"type": "home"}, "visitor_id": "v"}


class Load:
    """A storefront that goes on as long as the process says that it is ready."""

    def __init__(self, served: Served) -> None:
        self.answers: list[int | str] = []
        self.told = 0
        self._served = served
        self._leave = threading.Event()

    def watch(self) -> None:
        """What shares requests out does: it asks now and then."""
        with httpx.Client(base_url=self._served.http.base_url, timeout=20) as http:
            while http.get("/readyz").status_code == 200:
                time.sleep(0.02)
        self._leave.set()

    def run(self) -> None:
        with httpx.Client(base_url=self._served.http.base_url, timeout=20) as http:
            while not self._leave.is_set():
                try:
                    self.answers.append(http.post("/v1/page", json=PAGE, headers=self._served.public).status_code)
                    event = {"event": "view_item", "item_id": "cup", "visitor_id": "v"}
                    told = http.post("/v1/events", json=event, headers=self._served.public).status_code
                    self.answers.append(told)
                    self.told += told == 202
                except httpx.TransportError as error:
                    self.answers.append(repr(error))


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.redis)])
def test_a_process_that_is_told_to_end_fails_no_request(
    tmp_path: Path, workers: int, request: pytest.FixtureRequest
) -> None:
    """It says so first, answers what comes meanwhile, keeps what it acknowledged, and ends by itself."""
    settings = {"VITRINE_DRAIN_SECONDS": "1", "VITRINE_REPLAY_SHARE": "1"}
    if workers > 1:
        settings["VITRINE_REDIS_URL"] = request.getfixturevalue("redis_url")
        redis.Redis.from_url(settings["VITRINE_REDIS_URL"]).flushdb()
    with serving(tmp_path, new_shop(tmp_path), "--workers", str(workers), **settings) as served:
        load = Load(served)
        threads = [threading.Thread(target=one) for one in (load.watch, load.run, load.run)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(load.answers) > 20)
        os.kill(served.process.pid, signal.SIGTERM)
        for thread in threads:
            thread.join(60)
        served.process.wait(60)
    assert set(load.answers) == {200, 202}
    log = EventLog(Workspace(tmp_path).shop("shop")).scan().collect()
    assert (log["event"] == "view_item").sum() == load.told
    assert (log["event"] == "page_answered").sum() == load.answers.count(200)


def page_in_two_packets(served: Served) -> bytes:
    """The first lines of the answer to a page whose body comes when the application waits for it."""
    body = json.dumps(PAGE).encode()
    headers = {"Host": "x", "Content-Length": len(body), "Expect": "100-continue", **served.public}
    asked = "POST /v1/page HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((served.http.base_url.host, served.http.base_url.port or 80), timeout=20) as caller:
        caller.sendall(f"{asked}\r\n".encode())
        assert b"100 Continue" in caller.recv(1000)
        caller.sendall(body)
        return caller.recv(1000)


@pytest.mark.redis
def test_who_comes_on_top_of_too_many_is_turned_away_at_once(tmp_path: Path) -> None:
    """Those who were taken are answered; whether the process is well is always told."""
    with redis_server() as url:
        settings = {"VITRINE_REDIS_URL": url, "VITRINE_REDIS_TIMEOUT": "60", "VITRINE_MOST_AT_ONCE": "2"}
        with serving(tmp_path, new_shop(tmp_path), **settings) as served, ThreadPoolExecutor(2) as threads:

            def page() -> httpx.Response:
                """A page that is asked for until it is taken: the calls below may have been faster."""
                while True:
                    answer = served.http.post("/v1/page", json=PAGE, headers=served.public, timeout=60)
                    if answer.status_code != 503:
                        return answer

            assert page().status_code == 200
            server = listener(url)
            server.suspend()
            taken: list[Future[httpx.Response]] = [threads.submit(page) for _ in range(2)]
            refused: list[httpx.Response] = []

            def turned_away() -> bool:
                answer = served.http.get("/v1/similar/cup")  # without a key: 401 where it is looked at
                refused.append(answer)
                return answer.status_code == 503

            wait_until(turned_away)
            assert refused[-1].headers["retry-after"] == "1"
            assert refused[-1].json()["type"] == "urn:vitrine:problem:too-much"
            assert refused[-1].headers["x-request-id"]
            assert b"503 Service Unavailable" in page_in_two_packets(served)
            assert served.http.get("/healthz").status_code == 200
            assert "vitrine_shed_total 0.0" not in served.http.get("/metrics").text
            server.resume()
            assert [one.result(60).status_code for one in taken] == [200, 200]
            assert page().status_code == 200
