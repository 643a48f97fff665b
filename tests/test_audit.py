"""The audit fails for what is vulnerable, and never passes off as one what was none."""

from typing import Any

import pytest

from tests.audit import main

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
