"""Screens are served as files, under a policy that runs nothing but them."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.asgi import application
from app.health import Readiness
from tests.edge.serving import served
from tests.edge.toy import ToyHouse

POLICY = "content-security-policy"


@pytest.fixture(params=[False, True], ids=["production", "development"])
def pages(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[bool, httpx.Client]]:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>screen")
    (tmp_path / "graphiql.html").write_text("<!doctype html>explorer")
    (tmp_path / "assets" / "index-1.js").write_text("1")
    house = ToyHouse()
    door = house.door(development=request.param)
    app = application(
        door, house.live(door), screens=tmp_path, metrics_token="t" * 32,
        ready=lambda: Readiness(("ledger",)),
    )  # fmt: skip
    with served(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield request.param, client


def test_each_address_of_a_screen_is_the_one_page(pages: tuple[bool, httpx.Client]) -> None:
    _, http = pages
    for address in ("/", "/ward/0193b2a4-0000-7000-8000-000000000001", "/ward/x/y"):
        page = http.get(address)
        assert (page.status_code, page.text) == (200, "<!doctype html>screen")
        assert "script-src 'self';" in page.headers[POLICY]
        assert page.headers["cache-control"] == "no-cache"
        assert page.headers["x-content-type-options"] == "nosniff"


def test_assets_are_kept_and_nothing_outside_them_is_served(
    pages: tuple[bool, httpx.Client],
) -> None:
    _, http = pages
    asset = http.get("/assets/index-1.js")
    assert (asset.text, asset.headers["cache-control"]) == (
        "1", "public, max-age=31536000, immutable"
    )  # fmt: skip
    for address in ("/assets/../index.html", "/assets/%2e%2e/index.html", "/etc/passwd", "/x"):
        assert http.get(address).status_code == 404


def test_the_explorer_is_there_in_development_only(pages: tuple[bool, httpx.Client]) -> None:
    development, http = pages
    assert http.get("/graphiql").status_code == (200 if development else 404)


def test_metrics_need_their_token_and_readiness_says_what_fails(
    pages: tuple[bool, httpx.Client],
) -> None:
    _, http = pages
    assert http.get("/metrics").status_code == 404
    wrong = {"authorization": "Bearer " + "x" * 32}
    assert http.get("/metrics", headers=wrong).status_code == 404
    right = {"authorization": "Bearer " + "t" * 32}
    assert http.get("/metrics", headers=right).status_code == 200
    unready = http.get("/readyz")
    assert (unready.status_code, unready.json()) == (503, {"ready": False, "failing": ["ledger"]})
