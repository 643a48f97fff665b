"""A real Chromium, and pages that remember what went wrong on them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from api.app import create
from api.bootstrap import build
from api.settings import Settings
from tests.browser.shop import Shop, serving
from tests.chromium import executable
from tests.services import free_port

QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
MEASURE_SHIFT = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser; without one the tests fail and say what to install.

    Playwright keeps an event loop running while it is open, beside which no other test could run one.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop with a fake API, running."""
    port = free_port()
    shop = Shop(f"http://127.0.0.1:{port}")
    with serving(shop.application(), port):
        yield shop


@pytest.fixture(scope="package")
def demo(demo_home: Path) -> Iterator[str]:
    """The address of the demo shop, served by the real API."""
    port = free_port()
    with serving(create(build(Settings.load(home=demo_home, holdout=0.0))), port):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Tab:
    """A page of the browser."""

    page: Page
    problems: list[str] = field(default_factory=list)
    """Errors in the console, and exceptions that nobody caught."""

    def open(self, url: str, *, ready: str | None = None) -> "Tab":
        """Go there; wait for the carousels called `ready`, if given."""
        self.page.goto(url)
        if ready is not None:
            self.page.locator(f"[data-vitrine={ready}] li a").first.wait_for()
        return self

    def wait(self, condition: Callable[[], Any]) -> None:
        """Wait until something holds here in the test."""
        for _ in range(200):
            if condition():
                return
            self.page.wait_for_timeout(25)
        raise AssertionError("it did not happen within five seconds")

    def shift(self) -> float:
        """How much the layout has moved (CLS)."""
        self.page.wait_for_timeout(100)
        return float(self.page.evaluate("window.shift"))

    def stored(self) -> int:
        """How many entries the page's storages have."""
        return int(self.page.evaluate("localStorage.length + sessionStorage.length"))

    def note(self, message: ConsoleMessage) -> None:
        """Keep what the console calls an error."""
        if message.type == "error":
            self.problems.append(message.text)


@pytest.fixture
def new_tab(chromium: Browser) -> Iterator[Callable[..., Tab]]:
    """Opens tabs, each of a visitor never seen before; sizes and preferences as Playwright's contexts take them."""
    contexts = []

    def make(**options: Any) -> Tab:
        context = chromium.new_context(**{"viewport": {"width": 1000, "height": 800}, **options})
        contexts.append(context)
        context.add_init_script(MEASURE_SHIFT)
        tab = Tab(context.new_page())
        tab.page.on("console", tab.note)
        tab.page.on("pageerror", lambda error: tab.problems.append(str(error)))
        return tab

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    """A tab on a desktop."""
    return new_tab()
