"""One Chromium and one server for all tests of the screens.

Of this folder and no longer: Playwright keeps an event loop running in its thread, in which
no other test could call asyncio.run.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.screens import chromium, require_browser
from tests.e2e.serving import WardServer, serving


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    require_browser()
    with chromium() as one:
        yield one


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WardServer]:
    require_browser()
    with serving(tmp_path_factory.mktemp("ward") / "house") as one:
        yield one
