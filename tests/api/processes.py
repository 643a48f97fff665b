"""The service as real processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from api.settings import Settings
from recommender.records import ShopKeys
from tests.services import free_port, wait_until


@dataclass
class Served:
    """A running `vitrine serve` and a shop's keys."""

    http: httpx.Client
    process: "subprocess.Popen[bytes]"
    keys: ShopKeys

    @property
    def public(self) -> dict[str, str]:
        return {"X-Vitrine-Key": self.keys.public_key}

    @property
    def secret(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys.secret_key}"}

    def tell(self, item_id: str, visitor_id: str = "v") -> None:
        event = {"event": "view_item", "item_id": item_id, "visitor_id": visitor_id}
        response = self.http.post("/v1/events", json=event, headers=self.public)
        assert response.status_code == 202, response.text

    def seen(self, visitor_id: str = "v") -> list[str]:
        body = {"requests": [{"strategy": "recently_viewed", "visitor_id": visitor_id}]}
        result = self.http.post("/v1/recommendations", json=body, headers=self.public).json()["results"][0]
        return [item["item_id"] for item in result["items"]] if result["strategy"] == "recently_viewed" else []

    def kill(self) -> None:
        """End every process at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def new_shop(home: Path) -> ShopKeys:
    """A shop in the records below `home`."""
    records = Settings.load(home=home).records()
    keys = records.shops.create("shop")
    records.close()
    return keys


@contextmanager
def serving(home: Path, keys: ShopKeys, *arguments: str, **settings: Any) -> Iterator[Served]:
    """Run `vitrine serve` until the block ends."""
    port = free_port()
    environment = {**os.environ, "VITRINE_HOME": str(home), "VITRINE_HOLDOUT": "0", **settings}
    command = [str(Path(sys.executable).with_name("vitrine")), "serve", "--port", str(port), *arguments]
    with (home / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        served = Served(http, process, keys)
        try:
            wait_until(lambda: answers(http), lambda: (home / "serve.log").read_text()[-2000:])
            yield served
        finally:
            served.kill()


def answers(http: httpx.Client) -> bool:
    """Whether the service answers."""
    try:
        return http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
