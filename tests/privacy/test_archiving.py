"""The program puts each month of the ledger away, once, on record, and makes a lost one again."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.jobs import PROGRAM
from app.segment_list import segment_lines
from app.wiring import App
from audit.export_form import MANIFEST
from audit.report import Result
from audit.segment_verify import verify_segments
from audit.segments import segment_folder
from audit.verifier import main
from domain.privacy.archive_model import LedgerSegment
from domain.privacy.segments import CloseSegment, every_segment
from kit.db import reading
from kit.errors import Conflict, Invalid
from tests.house import enrol, house, settings_for, sign
from tests.privacy.clock import Turning, work_some

MAY = datetime(2026, 5, 20, 12, tzinfo=UTC)


def closed(app: App) -> list[LedgerSegment]:
    with reading(app.engine) as session:
        return list(every_segment(session))


def test_each_month_is_put_away_once_and_on_record(database_url: str, tmp_path: Path) -> None:
    admin, clock = enrol(database_url, "system-administrator"), Turning(MAY)
    folder = tmp_path / "elsewhere"
    with house(database_url, tmp_path, clock=clock, segment_folder=folder) as app:
        work_some(app, admin, "A", "B")
        app.archiving.look()
        assert closed(app) == []
        clock.turn(15)
        work_some(app, admin, "C")
        app.archiving.look()
        app.archiving.look()
        (first,) = closed(app)
        assert (first.number, first.first_leaf, first.keep_days) == (1, 0, 2192)
        assert first.last_at < datetime(2026, 6, 1, tzinfo=UTC) <= first.closed_at
        sign(app)
        clock.turn(30)
        app.archiving.look()
        second = closed(app)[1]
        assert (second.number, second.first_leaf) == (2, first.last_leaf + 1)
        key = app.archiving.key
        places = [segment_folder(folder, number) for number in (1, 2)]
        report = verify_segments(places, [key.text], [app.sequencer.checkpoint])
        assert (report.result, report.entries) == (Result.PASS, second.last_leaf + 1)
        asked = ["verify-segments", *map(str, places), "--key", key.text]
        assert main(asked) == 0
        lines, sound = segment_lines(app.engine, folder, key, check=True)
        assert sound
        assert [line.rsplit("  ")[-1] for line in lines] == ["verified", "verified"]
        shutil.rmtree(places[0])
        (places[1] / "checkpoint").write_text("")
        lines, sound = segment_lines(app.engine, folder, key, check=True)
        assert [line.rsplit("  ")[-1] for line in lines] == ["taken away", "DAMAGED"]
        assert not sound


def test_files_without_a_record_are_written_again(sqlite_url: str, tmp_path: Path) -> None:
    admin, clock = enrol(sqlite_url, "system-administrator"), Turning(MAY)
    with house(sqlite_url, tmp_path, clock=clock) as app:
        work_some(app, admin, "A")
        clock.turn(15)
        do, app.archiving.do = app.archiving.do, lambda _command: 1 / 0
        with pytest.raises(ZeroDivisionError):
            app.archiving.look()
        place = segment_folder(app.settings.segments, 1)
        (place / MANIFEST).write_bytes(b"")  # as if the power had gone
        assert closed(app) == []
        app.archiving.do = do
        app.archiving.look()
        assert len(closed(app)) == 1
        assert verify_segments([place], [app.archiving.key.text]).result is Result.PASS


def test_a_segment_is_closed_once_and_kept_for_half_a_year(sqlite_url: str, tmp_path: Path) -> None:
    def close(number: int, first: int, keep_days: int = 183) -> CloseSegment:
        return CloseSegment(
            segment_number=number, first_leaf=first, last_leaf=first + 9, first_at=MAY, last_at=MAY,
            manifest="ab" * 32, keep_days=keep_days,
        )  # fmt: skip

    with house(sqlite_url, tmp_path) as app:
        with pytest.raises(Invalid):
            app.pipeline.run(PROGRAM, close(1, 0, keep_days=182))
        app.pipeline.run(PROGRAM, close(1, 0))
        for command in (close(1, 0), close(2, 9), close(3, 10)):
            with pytest.raises(Conflict) as refused:
                app.pipeline.run(PROGRAM, command)
            assert refused.value.reason == "SEGMENT_CLOSED"
        assert [row.number for row in closed(app)] == [1]
    with pytest.raises(ValidationError):
        settings_for(sqlite_url, tmp_path, ledger_keep_days=182)
