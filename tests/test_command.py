"""The `vitrine` command as people run it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.api.processes import answers
from tests.services import free_port, wait_until

VITRINE = str(Path(sys.executable).with_name("vitrine"))


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "VITRINE_HOME": str(home)}
    return subprocess.run([VITRINE, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_help_names_every_command(tmp_path: Path) -> None:
    shown = run(tmp_path, "--help").stdout
    assert all(f" {name} " in shown for name in ("demo", "shops", "import", "train", "tune", "recommend", "serve"))


def test_an_error_is_one_line_and_a_status(tmp_path: Path) -> None:
    ran = run(tmp_path, "train", "--shop", "nowhere")
    assert ran.returncode == 1
    assert ran.stderr.strip().splitlines()[-1].startswith("Error: no shop 'nowhere'")
    assert "Traceback" not in ran.stderr


def test_a_shop_moves_to_another_origin(tmp_path: Path) -> None:
    run(tmp_path, "shops", "create", "gifts", "--origin", "https://old.example")
    assert run(tmp_path, "shops", "origins", "gifts").stdout.strip() == "https://old.example"
    moved = run(tmp_path, "shops", "origins", "gifts", "--origin", "https://new.example:8443", "--json").stdout
    assert json.loads(moved) == {"shop": "gifts", "origins": ["https://new.example:8443"]}


def test_a_setting_that_is_not_allowed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HOLDOUT", "2")
    ran = run(tmp_path, "serve")
    assert ran.returncode == 1
    assert ran.stderr.strip().startswith("Error: VITRINE_HOLDOUT: '2' is not allowed")


@pytest.fixture
def demo(demo_home: Path, tmp_path: Path) -> Iterator[tuple[httpx.Client, psutil.Process]]:
    """`vitrine demo`, started on a shop that is prepared already."""
    port, log = free_port(), tmp_path / "demo.log"
    environment = {**os.environ, "VITRINE_HOME": str(demo_home)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [VITRINE, "demo", "--port", str(port)], env=environment, stdout=output, stderr=output
        )
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
        try:
            wait_until(lambda: answers(http), log.read_text)
            yield http, psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def test_the_demo_serves_hanging_hearts_beside_a_hanging_heart(demo: tuple[httpx.Client, psutil.Process]) -> None:
    http, process = demo
    key = http.get("/demo/product/85123A").text.partition('data-key="')[2].partition('"')[0]
    found = http.get("/v1/similar/85123A", params={"key": key, "limit": 8}).json()["items"]
    titles = [item["title"].lower() for item in found]
    assert sum("heart" in title or "hanging" in title for title in titles) >= 6, titles
    assert process.memory_info().rss < 400 * 2**20
