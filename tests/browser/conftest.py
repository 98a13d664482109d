"""A real browser before the real web process: Chromium by playwright, Postgres, nothing in between."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.db.session import transaction
from tests.api_service import ApiService, api_service
from tests.browser import world
from tests.browser.world import World

FOUND = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
CHROMIUM = os.environ.get("HORNBOOK_TEST_CHROMIUM") or FOUND
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WATCH_POLICY = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
    window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
"""


@dataclass
class Visitor:
    """A page of the browser, and everything about it that should not be."""

    page: Page
    url: str
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Requests to other hosts."""

    def open(self, path: str) -> Page:
        """Go there and let it settle."""
        self.page.goto(self.url + path, wait_until="load")
        return self.page

    def violations(self) -> list[str]:
        """What the content security policy had to stop on this page."""
        found: list[str] = self.page.evaluate("window.violations")
        return found

    def faults(self) -> dict[str, list[str]]:
        """Everything that went wrong; all of it empty on a good page."""
        return {
            "dialogs": self.dialogs,
            "errors": self.errors,
            "foreign": self.foreign,
            "violations": self.violations(),
        }


NO_FAULTS: dict[str, list[str]] = {"dialogs": [], "errors": [], "foreign": [], "violations": []}


# A module, not a session: while playwright runs, no other test of this thread can start an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("no chromium here: apt-get install -y chromium, or name one in HORNBOOK_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[ApiService]:
    with api_service(database_url, tmp_path) as running:
        yield running


@pytest.fixture
def lived_in(service: ApiService) -> World:
    """The rows of a service that has worked for a while."""
    with transaction(service.engine) as session:
        return world.build(session)


@contextmanager
def visitor(browser: Browser, service: ApiService, **options: Any) -> Iterator[Visitor]:
    """A fresh browser profile with these options."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(15_000)
    context.add_init_script(WATCH_POLICY)
    page = context.new_page()
    found = Visitor(page, service.url)

    def dismiss(dialog: Any) -> None:
        found.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda message: found.errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: _note_foreign(found, request.url))
    try:
        yield found
    finally:
        context.close()


def _note_foreign(found: Visitor, url: str) -> None:
    if not url.startswith((found.url, "data:", "blob:")):
        found.foreign.append(url)


@pytest.fixture
def visit(browser: Browser, service: ApiService) -> Iterator[Visitor]:
    with visitor(browser, service) as found:
        yield found
