"""The toy house behind one real server, as new for each test."""

from collections.abc import Iterator

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


@pytest.fixture(scope="session")
def _standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ToyHouse, int]]:
    house = ToyHouse()
    door = house.door(trusted=TRUSTED)
    app = application(
        door,
        house.live(door, origins=["https://ward.example"]),
        screens=tmp_path_factory.mktemp("screens"),
        ready=lambda: Readiness(()),
    )
    with pytest.MonkeyPatch.context() as quick:
        quick.setattr("api.live.SWEEP_S", 0.05)
        with served(app) as port:
            yield house, port


@pytest.fixture
def house(_standing: tuple[ToyHouse, int]) -> ToyHouse:
    _standing[0].reset()
    return _standing[0]


@pytest.fixture
def port(_standing: tuple[ToyHouse, int], house: ToyHouse) -> int:
    """Of a production server."""
    return _standing[1]


@pytest.fixture
def http(port: int) -> Iterator[httpx.Client]:
    """A client that is logged in as user 1."""
    headers = {"authorization": "Bearer user-1"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
        yield client
