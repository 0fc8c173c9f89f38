"""The whole program with one hospital, for what comes in by files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from app.wiring import App
from domain.beds.commands import AddBed
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from kit.work import Actor
from tests.house import enrol, house


@dataclass(frozen=True, slots=True)
class Stocked:
    """A hospital NORTH with ward ICU, beds 1 and 2, and the account that imports."""

    app: App
    actor: Actor
    hospital_id: UUID

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with self.app.read_engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]


@pytest.fixture
def stocked(database_url: str, tmp_path: Path) -> Iterator[Stocked]:
    with house(database_url, tmp_path) as app:
        builder = enrol(database_url, "system-administrator")
        actor = enrol(database_url, "integration")
        app.decisions.reload()
        run = app.pipeline.run
        north = run(builder, OpenHospital(code="NORTH", name_zh="北", name_en="North")).result
        ward = run(
            builder,
            OpenWard(hospital_id=north.id, code="ICU", name_zh="重症", name_en="ICU",
                     licensed_beds=2, staffed_beds=2),
        ).result  # fmt: skip
        room = run(builder, AddRoom(ward_id=ward.id, code="R")).result
        for code in ("1", "2"):
            run(builder, AddBed(room_id=room.id, code=code))
        yield Stocked(app, actor, north.id)
