"""The image and the composition keep what the README promises of them; no engine is needed to read that."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import Settings

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
API = COMPOSE["services"]["api"]
WRITABLE = ("/var/lib/vitrine", "/tmp")


def stage() -> str:
    """The last stage: what the image is."""
    return re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)[-1]


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", stage(), flags=re.MULTILINE)


def environment() -> dict[str, str]:
    return dict(part.split("=", 1) for line in instructions("ENV") for part in line.split())


def test_the_image_runs_as_a_user_who_is_not_root() -> None:
    (user,) = instructions("USER")
    assert int(user) > 0
    assert f"useradd --system --uid {user} " in stage()
    after = stage().split(f"USER {user}")[1]
    assert "CMD" in after
    assert not re.search(r"^(RUN|COPY|ADD) ", after, flags=re.MULTILINE)


def test_everything_that_is_written_lies_in_the_volume_or_in_tmp() -> None:
    written = environment()
    assert set(instructions("VOLUME")) <= set(WRITABLE)
    assert all(written[name].startswith(WRITABLE) for name in ("VITRINE_HOME", "NUMBA_CACHE_DIR"))
    assert "PYTHONPYCACHEPREFIX" not in written


def test_dependencies_are_installed_by_hash_and_no_secret_is_built_in() -> None:
    assert "pip install --require-hashes -r requirements.lock" in DOCKERFILE
    assert not re.findall(r"(?i)(token|secret|password)\s*=", DOCKERFILE)
    assert not re.findall(r"^ADD |COPY \. ", DOCKERFILE, flags=re.MULTILINE)


def test_the_api_can_write_nowhere_else_and_gain_nothing() -> None:
    assert (API["read_only"], API["tmpfs"], API["cap_drop"]) == (True, ["/tmp"], ["ALL"])
    assert API["security_opt"] == ["no-new-privileges:true"]
    assert [volume.split(":")[1] for volume in API["volumes"]] == ["/var/lib/vitrine"]
    assert not {"privileged", "cap_add", "user", "network_mode", "pid", "devices"} & set(API)


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_no_service_can_gain_privileges_or_is_open_to_the_network(name: str) -> None:
    service = COMPOSE["services"][name]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_what_the_composition_sets_exists() -> None:
    known = {f"VITRINE_{name.upper()}" for name in Settings.model_fields}
    assert {name for name in API["environment"] if name.startswith("VITRINE_")} <= known
