"""Asked by one, approved by another, on record, signed, verified; and then the entries are gone,
and the ledger still verifies."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.pruning import BAD_SEGMENT
from app.wiring import App, ledger_signer
from audit.export import ExportRefused, export_ledger, prove_entry
from audit.export_files import FolderFiles
from audit.keys import KeyKind
from audit.live import check_live
from audit.report import Report, Result
from audit.search import search
from audit.segment_verify import verify_segments
from audit.segments import segment_folder
from audit.verify import verify
from domain.patients.commands import Identity, RegisterPatient
from domain.places.model import Hospital
from domain.privacy.archive_model import LedgerSegment, Pruning, PruningState
from domain.privacy.holds import AskToLiftHold, HoldLedger, HoldPatient, LiftHold
from domain.privacy.model import HoldReason
from domain.privacy.pruning import ApprovePruning, CancelPruning, RequestPruning
from domain.privacy.segments import every_segment, prunings
from kit.command import Command
from kit.db import open_engine, reading
from kit.errors import Refusal
from kit.work import NETWORK, Actor
from tests.audit.ledgers import drop_triggers
from tests.audit.second_verifier import judge
from tests.house import KEYS, enrol, house, sign
from tests.privacy.clock import Turning, work_some

MAY = datetime(2026, 5, 20, 12, tzinfo=UTC)
PEOPLE = ("system-administrator", "bed-manager", "compliance-officer", "key-custodian")


class Archive:
    """A house with one closed month, in which a patient was registered."""

    def __init__(self, app: App, clock: Turning, people: dict[str, Actor]) -> None:
        self.app, self.clock, self.people = app, clock, people

    def do(self, who: str, command: Command[Any]) -> Any:
        return self.app.pipeline.run(self.people[who], command).result

    def fails(self, who: str, command: Command[Any]) -> str:
        with pytest.raises(Refusal) as why:
            self.do(who, command)
        return why.value.reason

    def fill(self) -> None:
        work_some(self.app, self.people["system-administrator"], "A", "B")
        with reading(self.app.engine) as session:
            hospital = session.exec(select(Hospital)).first()
        assert hospital is not None
        self.patient = self.do(
            "bed-manager",
            RegisterPatient(hospital_id=hospital.id, identity=Identity(family_en="Gone")),
        )
        sign(self.app)
        self.clock.turn(30)
        self.app.archiving.look()
        sign(self.app)

    @property
    def segment(self) -> LedgerSegment:
        with reading(self.app.engine) as session:
            return every_segment(session)[0]

    def states(self) -> list[PruningState]:
        with reading(self.app.engine) as session:
            return [one.state for one in prunings(session, [NETWORK], limit=9)]

    def ask(self) -> Pruning:
        asked: Pruning = self.do("compliance-officer", RequestPruning(segment_id=self.segment.id))
        return asked

    def prune(self) -> None:
        """All of it, until nothing is left."""
        asked = self.ask()
        self.do("key-custodian", ApprovePruning(pruning_id=asked.id))
        self.finish()

    def finish(self) -> None:
        for step in (self.app.archiving.pruner.look, self.app.archiving.pruner.sweep) * 2:
            sign(self.app)
            step()
        sign(self.app)

    def inspect(self) -> Report:
        secrets = [KEYS.secret(KeyKind.MAC)]
        key = ledger_signer(self.app.settings, KEYS).verifier
        return check_live(self.app.engine, key, (), secrets, self.app.settings.segments)

    def bodies(self) -> int:
        """Entries of the segment that the database has."""
        with reading(self.app.engine) as session:
            found: int = session.connection().execute(text(
                "SELECT count(*) FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id"
                " WHERE l.idx <= :last"), {"last": self.segment.last_leaf}).scalar_one()  # fmt: skip
        return found

    def attack(self, *statements: str) -> None:
        bare = open_engine(self.app.settings.database, guarded=False)
        with bare.begin() as connection:
            drop_triggers(connection)
            for statement in statements:
                connection.exec_driver_sql(statement)
        bare.dispose()


@contextmanager
def archive(url: str, folder: Path, told: list[str] | None = None) -> Iterator[Archive]:
    people, clock = {role: enrol(url, role) for role in PEOPLE}, Turning(MAY)
    with house(url, folder, clock=clock, told=told, ledger_keep_days=183) as app:
        here = Archive(app, clock, people)
        here.fill()
        yield here


def test_two_people_prune_and_the_ledger_still_verifies(database_url: str, tmp_path: Path) -> None:
    with archive(database_url, tmp_path) as here:
        size, app = here.segment.last_leaf + 1, here.app
        request = RequestPruning(segment_id=here.segment.id)
        assert here.fails("bed-manager", request) == "NO_RIGHT"
        assert here.fails("compliance-officer", request) == "STILL_KEPT"
        here.clock.turn(200)
        asked = here.ask()
        assert here.fails("compliance-officer", request) == "PRUNING_OPEN"
        approve = ApprovePruning(pruning_id=asked.id)
        assert here.fails("compliance-officer", approve) == "FOUR_EYES"
        here.do("compliance-officer", CancelPruning(pruning_id=asked.id))
        assert here.fails("key-custodian", approve) == "PRUNING_STATE"
        assert here.bodies() == size
        kept = app.sequencer.checkpoint
        here.prune()
        assert here.states() == [PruningState.DONE, PruningState.CANCELLED]
        assert here.bodies() == 0

        key = ledger_signer(app.settings, KEYS).verifier
        export_ledger(app.engine, tmp_path / "export", key, durable=False)
        report = verify(tmp_path / "export", [key.text], [kept])
        assert (report.result, report.pruned, report.findings) == (Result.PASS, size, [])
        assert f"pruned (recorded): {size} entries" in report.page()
        files = FolderFiles(tmp_path / "export")
        content = {name: files.read(name) for name in files.names()}
        assert judge(content, [key.text], [kept]) == ("PASS", "")
        report = here.inspect()
        assert (report.result, report.findings) == (Result.PASS, [])
        with reading(app.engine) as session:
            found = search(session, [NETWORK], limit=1000)
        assert min(one.leaf for one in found if one.leaf is not None) == size
        with pytest.raises(ExportRefused, match="was pruned: its segment has it still"):
            prove_entry(app.engine, 1)
        shutil.rmtree(segment_folder(app.settings.segments, 1))  # put into the cellar
        report = here.inspect()
        assert report.result is Result.INCOMPLETE
        assert [one.code for one in report.findings] == ["untraced"]

    with house(database_url, tmp_path, clock=here.clock) as app:  # and the log goes on
        work_some(app, here.people["system-administrator"], "C")


def test_a_hold_keeps_entries_from_being_pruned(sqlite_url: str, tmp_path: Path) -> None:
    with archive(sqlite_url, tmp_path) as here:
        here.clock.turn(200)
        size, why = here.bodies(), HoldReason.REGULATOR
        for command in (
            HoldLedger(first_leaf=here.segment.last_leaf, reason=why),
            HoldPatient(patient_id=here.patient.id, reason=why),
        ):
            hold = here.do("compliance-officer", command)
            request = RequestPruning(segment_id=here.segment.id)
            assert here.fails("compliance-officer", request) == "LEAVES_HELD"
            here.do("compliance-officer", AskToLiftHold(legal_hold_id=hold.id))
            here.do("key-custodian", LiftHold(legal_hold_id=hold.id))
        after = HoldLedger(first_leaf=here.segment.last_leaf + 1, reason=why)
        here.do("compliance-officer", after)
        asked = here.ask()
        here.do("key-custodian", ApprovePruning(pruning_id=asked.id))
        here.do("compliance-officer", HoldLedger(first_leaf=0, last_leaf=0, reason=why))
        here.finish()  # a hold that came between wins
        assert here.states() == [PruningState.CANCELLED]
        assert here.bodies() == size
        assert here.inspect().findings == []


def test_a_hold_that_comes_too_late_is_told_so(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.pruning.prune", lambda *_: True)  # the moment before entries go
    with archive(sqlite_url, tmp_path) as here:
        here.clock.turn(200)
        asked = here.ask()
        here.do("key-custodian", ApprovePruning(pruning_id=asked.id))
        sign(here.app)
        here.app.archiving.pruner.look()
        for command in (
            HoldLedger(first_leaf=0, reason=HoldReason.REGULATOR),
            HoldPatient(patient_id=here.patient.id, reason=HoldReason.REGULATOR),
        ):
            assert here.states() == [PruningState.BEGUN]
            assert here.fails("compliance-officer", command) == "PRUNING_BEGUN"


def test_a_lost_segment_is_made_again_and_a_bad_one_is_not_pruned(
    sqlite_url: str, tmp_path: Path
) -> None:
    told: list[str] = []
    with archive(sqlite_url, tmp_path, told) as here:
        here.clock.turn(200)
        shutil.rmtree(place := segment_folder(here.app.settings.segments, 1))
        here.attack("UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), 'done',"
                    " 'dome') AS BLOB) WHERE id = 2")  # fmt: skip
        size = here.bodies()
        asked = here.ask()
        here.do("key-custodian", ApprovePruning(pruning_id=asked.id))
        here.finish()
        assert here.states() == [PruningState.APPROVED]
        assert (here.bodies(), told) == (size, [BAD_SEGMENT])
        here.attack("UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), 'dome',"
                    " 'done') AS BLOB) WHERE id = 2")  # fmt: skip
        here.app.archiving.pruner._bad.clear()  # the next start
        shutil.rmtree(place)
        here.finish()
        assert here.states() == [PruningState.DONE]
        assert here.bodies() == 0
        assert verify_made(here, place) == []


def verify_made(here: Archive, place: Path) -> list[object]:
    return list(verify_segments([place], [here.app.archiving.key.text]).findings)


ATTACKS = {
    "without a record": ("missing", 0, ("DELETE FROM ledger_entry WHERE id = 1",)),
    "with a forged mark": ("pruned", 0, (
        "INSERT INTO ledger_pruned (first_leaf, end_leaf, entry_id) VALUES (0, 2, 3)",
        "DELETE FROM ledger_entry WHERE id <= 2")),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_entries_that_nobody_approved_to_prune_are_missed(
    database_url: str, tmp_path: Path, name: str
) -> None:
    code, first, attack = ATTACKS[name]
    with archive(database_url, tmp_path) as here:
        here.attack(*attack)
        report = here.inspect()
        assert report.first_bad_index == first
        assert code in {one.code for one in report.findings if one.index == first}


def test_pruning_beyond_the_record_is_found(sqlite_url: str, tmp_path: Path) -> None:
    with archive(sqlite_url, tmp_path) as here:
        here.clock.turn(200)
        here.prune()
        end = here.segment.last_leaf + 1
        assert here.inspect().findings == []
        here.attack(f"INSERT INTO ledger_pruned VALUES ({end}, {end + 1}, 1)",
                    f"DELETE FROM ledger_entry WHERE id = (SELECT entry_id FROM ledger_leaf"
                    f" WHERE idx = {end})")  # fmt: skip
        found = [one for one in here.inspect().findings if one.code == "pruned"]
        assert [one.index for one in found] == [end]


def lawful(here: Archive, statement: str) -> bool:
    bare = open_engine(here.app.settings.database, guarded=False)
    refusal = ""
    with bare.connect() as connection:
        try:
            connection.exec_driver_sql(statement)
        except DBAPIError as refused:
            refusal = str(refused.orig)
        connection.rollback()
    bare.dispose()
    return "ledger" not in refusal


def test_the_database_takes_no_mark_and_no_deletion_without_the_signed_approval(
    database_url: str, tmp_path: Path
) -> None:
    with archive(database_url, tmp_path) as here:
        here.clock.turn(200)
        end = here.segment.last_leaf + 1
        mark = "INSERT INTO ledger_pruned (first_leaf, end_leaf, entry_id) VALUES ({}, {}, {})"
        assert not lawful(here, mark.format(0, end, 1))
        assert not lawful(here, "DELETE FROM ledger_entry WHERE id = 1")
        here.prune()
        assert not lawful(here, mark.format(end, end + 1, 1))
        assert not lawful(here, "DELETE FROM ledger_pruned")
        assert not lawful(here, "UPDATE ledger_pruned SET end_leaf = end_leaf + 1")
        assert not lawful(here, "DELETE FROM ledger_entry")
        assert not lawful(here, "UPDATE ledger_entry SET action = 'x'")
        assert here.inspect().findings == []
