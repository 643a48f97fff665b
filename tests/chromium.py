"""Find the Chromium that browser tests drive; run as a script, get one when the machine has none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = (
    "No Chromium for the browser tests. Install one: `apt-get install chromium`, "
    "or `.venv/bin/playwright install --with-deps chromium`."
)


def find() -> Path | None:
    """The machine's own Chromium, else the one that Playwright downloaded."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def executable() -> Path:
    """The Chromium to drive.

    Raises:
        RuntimeError: there is none; its text says what to install.
    """
    if (found := find()) is None:
        raise RuntimeError(MISSING)
    return found


def install() -> bool:
    """Try Playwright's download, then Debian's package; whether one of them worked."""
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        attempts += [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]
    for attempt in attempts:
        subprocess.run(attempt, check=False)
        if find():
            return True
    return False


if __name__ == "__main__":
    if find() is None and not install():
        sys.exit(MISSING)
    print(f"Chromium: {executable()}")  # noqa: T201 - a script's answer
