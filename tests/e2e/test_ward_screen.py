"""The ward screen in a real browser, against a real server."""

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.screens import PHONE, opened
from tests.e2e.seeded_ward import GIVEN, GIVEN_ENGLISH
from tests.e2e.serving import WardServer

pytestmark = pytest.mark.browser

TELLS_WITHIN_MS = 10_000
RECOVERS_WITHIN_MS = 30_000


@pytest.mark.parametrize(("language", "occupied"), [("en", "Occupied"), ("zh", "占用")])
def test_a_whole_ward_is_seen_at_once_in_both_languages(
    browser: Browser, server: WardServer, language: str, occupied: str
) -> None:
    with opened(browser, server.link(language)) as screen:
        screen.wait_live()
        assert screen.beds() >= 35
        assert screen.overflow() == (0, 0)
        assert screen.cut_off() == []
        expect(screen.page.locator(".tone-occupied .state").first).to_have_text(occupied)
        assert screen.complaints == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_axe_finds_nothing_serious(browser: Browser, server: WardServer, language: str) -> None:
    with opened(browser, server.link(language)) as screen:
        screen.wait_live()
        assert screen.serious_findings() == []


def test_a_phone_scrolls_down_but_never_sideways(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("en"), PHONE) as screen:
        screen.wait_live()
        width = screen.page.evaluate("() => document.documentElement.scrollWidth")
        assert width == PHONE[0]
        assert screen.serious_findings() == []


def test_every_bed_says_its_state_by_colour_icon_and_text(
    browser: Browser, server: WardServer
) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        beds = screen.beds()
        assert screen.page.locator("[data-bed] .state svg").count() == beds
        states = screen.page.locator("[data-bed] .state").all_inner_texts()
        assert len([text for text in states if text.strip()]) == beds
        assert screen.page.locator('[class*="tone-"][data-bed]').count() == beds


def test_patients_are_shown_by_initials_and_private_ones_not_at_all(
    browser: Browser, server: WardServer
) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        page = screen.page.content()
        assert [name for name in (*GIVEN[:3], GIVEN_ENGLISH) if name in page] == []
        shown = screen.page.locator(".initials").all_inner_texts()
        assert {"欧阳某某", "L. O."} <= set(shown)
        private = screen.page.locator(".card", has=screen.page.get_by_label("Private"))
        assert private.count() == 1
        assert private.locator(".initials").count() == 0


def test_a_screen_loads_nothing_from_elsewhere(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        assert screen.asked != []
        assert [url for url in screen.asked if not url.startswith(server.address)] == []


def test_the_key_leaves_the_address_bar(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        assert "token" not in screen.page.url
        screen.page.reload()
        screen.wait_live()


def test_a_change_in_the_ward_appears_by_itself(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        bed = server.desk.block_a_bed()
        changed = screen.page.locator(f'[data-bed="{bed}"]')
        expect(changed).to_have_attribute("data-state", "BLOCKED")
        expect(changed).to_contain_text("Repair")
        assert screen.complaints == []


def test_alarms_stand_above_the_beds_the_worst_first(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        alarms = screen.page.locator(".alarm")
        expect(alarms).to_have_count(4)
        assert [one.get_attribute("data-severity") for one in alarms.all()] == [
            "CRITICAL", "HIGH", "MEDIUM", "LOW",
        ]  # fmt: skip
        assert screen.page.locator(".alarm > svg").count() == 4
        expect(screen.page.locator(".alarm-count")).to_have_text("4 alarms, 4 not acknowledged")
        server.desk.acknowledge_the_worst()
        expect(screen.page.locator(".alarm-critical")).to_contain_text("Acknowledged")
        expect(alarms.first).to_have_attribute("data-state", "ACKED")
        assert screen.serious_findings() == []
        assert screen.complaints == []


def test_a_lost_link_is_told_within_ten_seconds_and_heals_by_itself(
    browser: Browser, server: WardServer
) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        server.stop()
        try:
            screen.page.wait_for_selector("[data-banner=lost]", timeout=TELLS_WITHIN_MS)
            assert screen.beds() >= 35
            assert screen.overflow() == (0, 0)
            assert screen.serious_findings() == []
        finally:
            server.start()
        screen.page.wait_for_selector(
            "[data-banner=lost]", state="detached", timeout=RECOVERS_WITHIN_MS
        )
        screen.wait_live()


def test_the_language_can_be_switched_on_the_screen(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("en")) as screen:
        screen.wait_live()
        screen.page.get_by_role("button", name="中文").click()
        expect(screen.page.locator("html")).to_have_attribute("lang", "zh-CN")
        expect(screen.page.locator(".tone-occupied .state").first).to_have_text("占用")
