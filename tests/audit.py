"""`make lint`'s look at published vulnerabilities of the locked dependencies; it never passes for one that failed.

Asked are the advisories of PyPI, else of OSV. Where neither answers, as offline or behind a mirror that has only
packages, this says so loudly and lets the other checks count; with `AUDIT=required` it fails.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent.parent / "requirements-dev.lock"
SERVICES = ("pypi", "osv")
SECONDS = 120
MOST_NAMED = 10

Ask = Callable[[str], "dict[str, Any] | None"]


def ask(service: str) -> dict[str, Any] | None:
    """What a service knows of the locked packages; None when it cannot be asked."""
    options = ["--requirement", str(LOCK), "--disable-pip", "--require-hashes", "--vulnerability-service", service]
    command = [sys.executable, "-m", "pip_audit", *options, "--format", "json", "--progress-spinner", "off"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        found: dict[str, Any] = json.loads(ran.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return found


def audit(services: Sequence[str], ask: Ask) -> tuple[list[str], list[str]]:
    """Vulnerabilities, and packages that no service knows, each in words.

    A mirror that has no advisories answers of every package that it does not know it, which is no answer.
    """
    unknown: list[str] = []
    for service in services:
        packages = (ask(service) or {}).get("dependencies", [])
        skipped = [one["name"] for one in packages if "skip_reason" in one]
        if len(skipped) < len(packages):
            return [line for one in packages for line in _told(one)], skipped
        unknown = skipped or unknown
    return [], unknown or ["everything"]


def _told(package: dict[str, Any]) -> list[str]:
    name = f"{package['name']} {package.get('version', '')}"
    return [
        f"{name}: {one['id']}, fixed in {', '.join(one['fix_versions']) or 'no version yet'}"
        for one in package.get("vulns", [])
    ]


def main(services: Sequence[str] = SERVICES, ask: Ask = ask) -> int:
    """Print what was found; the exit status."""
    vulnerable, unknown = audit(services, ask)
    for line in vulnerable:
        _say(f"VULNERABLE: {line}")
    if unknown:
        named = ", ".join(unknown) if len(unknown) <= MOST_NAMED else f"{len(unknown)} packages"
        _say(f"NOT AUDITED: no advisory service answered for {named}; repeat this where one can be reached")
    if not vulnerable and not unknown:
        _say("No known vulnerability in the locked dependencies.")
    return int(bool(vulnerable) or (bool(unknown) and os.environ.get("AUDIT") == "required"))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
