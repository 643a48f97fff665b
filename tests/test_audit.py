"""The audit fails for what is vulnerable, and never passes off as one what was none."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.audit import LOCK, main

GOOD = {"name": "good", "version": "1", "vulns": []}
BAD = {"name": "bad", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["2.1"]}]}
SKIPPED = {"name": "skipped", "skip_reason": "not found"}


def answering(**services: Any) -> Any:
    return lambda service: services.get(service) and {"dependencies": services[service]}


@pytest.mark.parametrize(
    ("services", "required", "status", "said"),
    [
        ({"pypi": [GOOD]}, False, 0, "No known vulnerability"),
        ({"pypi": [GOOD, BAD]}, False, 1, "VULNERABLE: bad 2: CVE-1, fixed in 2.1"),
        ({"pypi": None, "osv": [BAD]}, False, 1, "VULNERABLE: bad"),
        ({"pypi": [SKIPPED, SKIPPED], "osv": [GOOD]}, True, 0, "No known vulnerability"),
        ({"pypi": [SKIPPED], "osv": None}, False, 0, "NOT AUDITED: no advisory service answered for skipped"),
        ({}, False, 0, "NOT AUDITED: no advisory service answered for everything"),
        ({}, True, 1, "NOT AUDITED"),
        ({"pypi": [GOOD, SKIPPED]}, False, 0, "NOT AUDITED: no advisory service answered for skipped"),
        ({"pypi": [GOOD, SKIPPED]}, True, 1, "NOT AUDITED"),
    ],
)
def test_what_was_found_and_what_was_not_is_said(
    services: dict[str, Any],
    required: bool,
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AUDIT", "required" if required else "")
    assert main(("pypi", "osv"), answering(**services)) == status
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("status", [0, 1])
def test_make_lint_fails_where_the_audit_does(tmp_path: Path, status: int) -> None:
    """Tools that write down how they are called stand for those of the project."""
    for tool, ends in (("ruff", 0), ("mypy", 0), ("python", status)):
        stand_in = tmp_path / tool
        stand_in.write_text(f'#!/bin/sh\necho {tool} "$@" >> {tmp_path}/called\nexit {ends}\n')
        stand_in.chmod(0o755)
    (tmp_path / "installed").touch()
    given = [f"BIN={tmp_path}", f"INSTALLED={tmp_path}/installed"]
    ran = subprocess.run(["make", "lint", *given], cwd=LOCK.parent, capture_output=True, check=False)
    called = (tmp_path / "called").read_text().splitlines()
    assert called == ["ruff check .", "ruff format --check .", "mypy", "python -m tests.audit"]
    assert (ran.returncode != 0) == bool(status)
