"""Who gets to see a ward in the browser, and what the others are told."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.screens import opened
from tests.e2e.serving import WardServer

pytestmark = pytest.mark.browser

OFFICE = (1280, 800)
KEPT_BY_STAFF = "Object.keys(sessionStorage).filter(name => name.startsWith('wardgrid.staff'))"


def test_a_ward_that_the_screen_may_not_see_is_refused_in_plain_words(
    browser: Browser, server: WardServer
) -> None:
    with opened(browser, server.link("en", "00000000-0000-7000-8000-00000000dead")) as screen:
        screen.page.wait_for_selector("[data-refusal=WARD_UNKNOWN]")
        assert screen.serious_findings() == []


def test_a_screen_without_a_key_says_so(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("en").partition("#")[0]) as screen:
        screen.page.wait_for_selector("[data-refusal=TOKEN_MISSING]")
        assert screen.complaints == []


def test_a_key_that_is_not_good_shows_nothing(browser: Browser, server: WardServer) -> None:
    with opened(browser, server.link("zh", key="wgt_nonsense")) as screen:
        screen.page.wait_for_selector("[data-refusal=TOKEN_EXPIRED]")
        expect(screen.page.get_by_role("alert")).to_contain_text("密钥已失效")
        assert screen.beds() == 0


def test_a_key_is_worth_nothing_on_a_second_device(browser: Browser, server: WardServer) -> None:
    _, key = server.desk.issue_key()
    with opened(browser, server.link("en", key=key)) as first:
        with first.page.expect_response("**/graphql") as bound:
            first.wait_live()
        assert bound.value.json()["data"]["bindDevice"]["__typename"] != "Problem"
        with opened(browser, server.link("en", key=key)) as second:
            second.page.wait_for_selector("[data-refusal=TOKEN_EXPIRED]")
        first.page.reload()
        first.wait_live()


def test_a_revoked_key_takes_the_board_off_the_screen(browser: Browser, server: WardServer) -> None:
    number, key = server.desk.issue_key()
    with opened(browser, server.link("en", key=key)) as screen:
        screen.wait_live()
        server.desk.revoke_key(number)
        screen.page.wait_for_selector("[data-refusal=REVOKED]")
        assert screen.beds() == 0
        assert screen.page.locator(".initials").count() == 0


def test_staff_log_in_and_open_a_ward(browser: Browser, server: WardServer) -> None:
    with opened(browser, f"{server.address}/?lang=en", OFFICE) as screen:
        page = screen.page
        assert screen.serious_findings() == []
        page.get_by_label("Log-in name").fill(server.ward.nurse)
        page.get_by_label("Password").fill("not the right one")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_have_text("Name, password or code is wrong.")
        page.get_by_label("Password").fill(server.ward.password)
        page.get_by_role("button", name="Log in").click()
        ward = page.get_by_role("link", name="Cardiology 3")
        expect(ward).to_be_visible()
        assert screen.serious_findings() == []
        ward.click()
        screen.wait_live()
        page.get_by_role("link", name="All wards").click()
        assert page.evaluate(KEPT_BY_STAFF) != []
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        assert page.evaluate(KEPT_BY_STAFF) == []  # nothing is left in the tab for who comes next
        assert page.get_by_role("link", name="Cardiology 3").count() == 0
        assert screen.complaints == []


def test_no_page_may_run_or_style_itself_inline(server: WardServer) -> None:
    for path in ("/", f"/ward/{server.ward.id}"):
        policy = httpx.get(server.address + path).headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
