"""The two hospitals between which transfers are tested."""

import pytest
from sqlalchemy import Engine

from tests.transfers.network import Network


@pytest.fixture
def network(bare_engine: Engine) -> Network:
    made = Network(bare_engine)
    made.furnish()
    made.tick()
    return made
