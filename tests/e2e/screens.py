"""A ward screen in a real Chromium, and what it complains about."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
PAGE = ROOT / "web/dist/index.html"
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WALL = (1920, 1080)
PHONE = (390, 844)
ANSWERS_WITHIN_MS = 30_000


def require_browser() -> None:
    """Skip, and say why, where there is no browser or nothing to show in it."""
    for needed, remedy in (
        (CHROMIUM, "install Debian's chromium"),
        (PAGE, "run scripts/screens"),
        (AXE, "run npm ci in web/"),
    ):
        if not needed.exists():
            pytest.skip(f"{needed} is missing: {remedy}")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Screen:
    """An open page. `complaints` are console errors, exceptions and breaches of the policy;
    `asked` are the addresses from which it loaded something."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def beds(self) -> int:
        return self.page.locator("[data-bed]").count()

    def state_of(self, bed: str) -> str | None:
        return self.page.locator(f'[data-bed="{bed}"]').get_attribute("data-state")

    def wait_live(self) -> None:
        self.page.wait_for_selector("[data-link=LIVE] [data-bed]")

    def overflow(self) -> tuple[int, int]:
        """Pixels by which the page and the grid of beds are taller than what one sees."""
        below: list[int] = self.page.evaluate(
            """() => [document.documentElement, document.querySelector('.beds')].map(
                 element => element.scrollHeight - element.clientHeight)"""
        )
        return below[0], below[1]

    def cut_off(self) -> list[str]:
        """Beds of which some text does not fit its card."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll('[data-bed]')].filter(bed =>
                 [...bed.querySelectorAll('.band, .body, .main')].some(part =>
                   part.scrollWidth > part.clientWidth + 1 || part.scrollHeight > part.clientHeight + 2)
               ).map(bed => bed.dataset.bed)"""
        )
        return found

    def serious_findings(self) -> list[str]:
        """What axe calls serious or critical, by rule and element."""
        # evaluated by the debugger, so that the page's own policy stays as strict as it is
        self.page.evaluate(AXE.read_text("utf-8"))
        result: dict[str, Any] = self.page.evaluate("() => axe.run(document)")
        return [
            f"{finding['id']}: {node['html'][:120]}"
            for finding in result["violations"]
            if finding["impact"] in ("serious", "critical")
            for node in finding["nodes"]
        ]


@contextmanager
def opened(browser: Browser, address: str, size: tuple[int, int] = WALL) -> Iterator[Screen]:
    """A page of its own at an address, closed at the end."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.set_default_timeout(ANSWERS_WITHIN_MS)
    screen = Screen(context.new_page())
    screen.page.on(
        "console",
        lambda said: screen.complaints.append(said.text) if said.type == "error" else None,
    )
    screen.page.on("request", lambda request: screen.asked.append(request.url))
    screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
    screen.page.goto(address)
    yield screen
    context.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
