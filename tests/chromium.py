"""Find the Chromium that browser tests drive."""

import shutil
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
