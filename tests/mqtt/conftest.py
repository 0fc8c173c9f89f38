"""A hospital with two monitors, and a broker that knows them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.mqtt.broker import Broker
from tests.mqtt.ward import Ward, world_with_devices


@pytest.fixture
def ward(bare_engine: Engine) -> Ward:
    return world_with_devices(bare_engine)


@pytest.fixture
def broker(ward: Ward, tmp_path: Path) -> Iterator[Broker]:
    """Running, with the files of the ward's devices."""
    made = Broker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()
