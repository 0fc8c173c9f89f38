"""A ward with devices for every test of this folder."""

import pytest
from sqlalchemy import Engine

from tests.alarm_rules.ward import Ward


@pytest.fixture
def ward(bare_engine: Engine) -> Ward:
    return Ward.of(bare_engine)
