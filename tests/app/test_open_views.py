"""After a crash: views that nobody closed are closed on record, and those of the living are not."""

from pathlib import Path
from uuid import UUID

import orjson
from sqlmodel import select

from api.context import Context
from api.live_reading import LiveReader
from app.open_views import OpenViews
from app.wiring import App
from audit.tables import LEDGER_ENTRY
from kit.db import reading
from kit.ids import new_id
from tests.house import enrol, house

SHOWN = frozenset({(UUID(int=5), "Patient.phone")})
MORE = frozenset({(UUID(int=6), "Patient.notes")})


def views_of(app: App) -> OpenViews:
    return OpenViews(app.engine, app.pipeline, app.drafts, app.clock)


def stops(app: App) -> list[dict[str, object]]:
    with reading(app.engine) as session:
        asked = select(LEDGER_ENTRY.c.body).where(LEDGER_ENTRY.c.action == "view.stop")
        return [orjson.loads(bytes(row.body)) for row in session.execute(asked)]


def test_what_a_dead_process_left_open_is_closed_once(database_url: str, tmp_path: Path) -> None:
    nurse = enrol(database_url, "nurse")
    with house(database_url, tmp_path) as app:
        dead, living = views_of(app), views_of(app)
        here = Context(app, nurse)
        reader, left, closed = LiveReader(app, dead.process), new_id(), new_id()
        for view in (left, closed):
            reader.on_view([(nurse, view)], here, SHOWN, "view.start")
        reader.on_view([(nurse, left)], here, MORE, "view.more")
        reader.on_view([(nurse, closed)], here, SHOWN, "view.stop", "CLOSED")
        if app.engine.dialect.name == "postgresql":
            assert dead.begin() == 0  # it lives
            assert living.begin() == 0
            dead.end()
            living.end()
        assert living.begin() == 1
        told = stops(app)[-1]
        assert (told["subjects"], told["fields"]) == (
            [str(UUID(int=5)), str(UUID(int=6))], ["Patient.notes", "Patient.phone"],
        )  # fmt: skip
        assert told["notes"] == [
            ["how", "CRASHED"], ["process", str(dead.process)], ["view", str(left)],
        ]  # fmt: skip
        living.end()
        assert living.begin() == 0
        living.end()
