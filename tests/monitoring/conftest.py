"""A hospital with everything around it, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import starter
from tests.faults.serving import WarmStarter
from tests.monitoring.plant import Plant
from tests.monitoring.plant import plant as planted
from tests.mqtt.broker import Broker

__all__ = ["starter"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def plant(
    database_url: str, tmp_path: Path, starter: WarmStarter, broker: Broker
) -> Iterator[Plant]:
    with planted(database_url, tmp_path / "house", starter, broker) as made:
        yield made
