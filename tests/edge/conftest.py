"""The toy house, served in production and in development."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.asgi import application
from app.health import Readiness
from tests.edge.serving import served
from tests.edge.toy import ToyHouse

TRUSTED = {
    "hello": "query Hello($name: String!) { hello(name: $name) }",
    "board": "subscription Board($ward: UUID!, $after: String)"
    " { boardChanged(ward: $ward, after: $after)"
    " { cursor version board { asOf beds { code patient } } } }",
}


@pytest.fixture
def house() -> ToyHouse:
    return ToyHouse()


@pytest.fixture
def port(house: ToyHouse, tmp_path: Path) -> Iterator[int]:
    """A production server."""
    door = house.door(trusted=TRUSTED)
    app = application(
        door,
        house.live(door, origins=["https://ward.example"]),
        screens=tmp_path,
        ready=lambda: Readiness(()),
    )
    with served(app) as number:
        yield number


@pytest.fixture
def http(port: int) -> Iterator[httpx.Client]:
    """A client that is logged in as user 1."""
    headers = {"authorization": "Bearer user-1"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        yield client
