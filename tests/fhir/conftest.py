"""One city for each file of tests, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.databases import KINDS, Databases
from tests.fhir.world import FhirWorld, world_of
from tests.house import house
from tests.matrix.city import fill


@pytest.fixture(scope="module", params=KINDS)
def world(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FhirWorld]:
    with (
        databases.migrated(request.param) as url,
        house(url, tmp_path_factory.mktemp("fhir")) as app,
    ):
        yield world_of(fill(app, url))
