"""One city for all tests of a file: SQLite, because the policy does not depend on the database."""

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.house import house
from tests.matrix.city import fill
from tests.matrix.corner import City


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with (
        databases.migrated("sqlite") as url,
        house(url, tmp_path_factory.mktemp("city")) as app,
    ):
        yield fill(app, url)
