"""Asked by one, approved by another, on record, signed, and then the keys are gone for good."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.patient_views import PatientView
from api.sight import look
from app.wiring import App
from audit.erasures import BadErasures, read_erasures, subjects_in
from audit.keys import KeyKind
from audit.live import check_live
from audit.report import Report
from audit.seal import FieldVault
from domain.patients.commands import AddIdentifier, Identifier, UpdatePatient
from domain.patients.identity import patient_place
from domain.privacy.erasing import ApproveErasure, CancelErasure, RequestErasure
from domain.privacy.holds import HoldPatient
from domain.privacy.model import ErasureReason, ErasureState, HoldReason
from domain.privacy.queries import erasures
from kit.command import Command
from kit.db import open_engine, reading
from kit.errors import Refusal
from kit.sealed import Erased
from kit.work import NETWORK, Actor
from tests.house import KEYS, house, sign
from tests.privacy.ward import Ward, ward


def refused(ward: Ward, actor: Actor, command: Command[Any]) -> str:
    with pytest.raises(Refusal) as why:
        ward.app.pipeline.run(actor, command)
    return why.value.reason


def inspected(app: App) -> Report:
    sign(app)
    secrets = [KEYS.secret(KeyKind.MAC)]
    return check_live(app.engine, app.sequencer._signer.verifier, (), secrets)


def test_a_person_is_erased_by_two_and_stays_erased(database_url: str, tmp_path: Path) -> None:
    with ward(database_url, tmp_path) as here:
        person, held, present = (here.patient(name) for name in ("Gone", "Held", "Here"))
        other = FieldVault(KEYS)  # another process, which has read the person already
        place = patient_place(person, "family_en")
        assert person.family_en is not None
        with reading(here.app.engine) as session:
            assert other.bind(session).open(person.family_en, place) == "Gone"
        here.app.pipeline.run(
            here.officer, HoldPatient(patient_id=held.id, reason=HoldReason.COMPLAINT)
        )
        here.encounter(present)
        why = ErasureReason.PERSON_ASKED
        for patient, reason in ((held, "LEGAL_HOLD"), (present, "PATIENT_PRESENT")):
            ask = RequestErasure(patient_id=patient.id, reason=why)
            assert refused(here, here.officer, ask) == reason
        assert refused(here, here.clerk, RequestErasure(patient_id=person.id, reason=why)) == (
            "NO_RIGHT"
        )
        cancelled = here.ask(person)
        assert refused(here, here.officer, RequestErasure(patient_id=person.id, reason=why)) == (
            "ERASURE_OPEN"
        )
        here.app.pipeline.run(here.officer, CancelErasure(erasure_id=cancelled.id))
        asked = here.ask(person)
        wrapped = [row.wrapped for row in here.keys(person)]
        approval = ApproveErasure(erasure_id=asked.id)
        assert refused(here, here.officer, approval) == "FOUR_EYES"
        assert bool(traces(database_url, wrapped)) == database_url.startswith("sqlite")
        here.approve(asked)
        assert refused(here, here.custodian, approval) == "ERASURE_STATE"

        with reading(here.app.engine) as session:  # as soon as the other process looks
            other.erased.refresh(session.connection())
            with pytest.raises(Erased):
                other.bind(session).open(person.family_en, place)
        assert len(here.keys(person)) == len(wrapped) == 1  # as if it had crashed here
    assert inspected_later(database_url, tmp_path) == []

    with house(database_url, tmp_path) as app:  # the next start finishes it
        sign(app)
        app.erasing.look()
        here = Ward(app, here.hospital, here.ward, here.clerk, here.officer, here.custodian)
        assert here.keys(person) == []
        row = here.row(person)
        view = PatientView.of(row, here.sight())
        personal = ("family_name_en", "given_name_en", "initials", "phone", "birth_date")
        assert [look(view, name) for name in personal] == [None] * 5
        assert look(view, "erased_at") is not None
        assert look(PatientView.of(here.row(held), here.sight()), "family_name_en") == "Held"
        change = UpdatePatient(patient_id=person.id)
        assert refused(here, here.clerk, change) == "ERASED"
        again = AddIdentifier(  # the number is free: whoever comes back is somebody new
            patient_id=held.id, identifier=Identifier(system="MRN", value="N-Gone")
        )
        app.pipeline.run(here.clerk, again)
        with reading(app.engine) as session:
            states = [one.state for one in erasures(session, [NETWORK], limit=9)]
        assert states == [ErasureState.DONE, ErasureState.CANCELLED]
        listed = read_erasures(app.settings.erasures_file, app.erasing.signer.verifier)
        assert [subjects_in(body, app.erasing.signer.name) for body in listed] == [
            (person.subject,)
        ]
        report = inspected(app)
        assert (report.redacted, report.findings) == (1, [])
        assert "redacted (recorded): 1 keys" in report.page()
        assert traces(database_url, wrapped) == []


def inspected_later(url: str, folder: Path) -> list[object]:
    """The approval is on record, the keys are still there: nothing is wrong yet."""
    with house(url, folder) as app:
        return list(inspected(app).findings)


def traces(url: str, secrets: list[bytes]) -> list[str]:
    """Files of a SQLite database that hold a wrapped key."""
    if not url.startswith("sqlite"):
        return []
    files = Path(url.removeprefix("sqlite:///")).parent.glob("*")
    name = Path(url).name
    return [
        file.name
        for file in files
        if file.name.startswith(name) and any(one in file.read_bytes() for one in secrets)
    ]


def test_a_crash_at_any_step_is_made_good(sqlite_url: str, tmp_path: Path) -> None:
    with ward(sqlite_url, tmp_path) as here:
        person = here.patient("Gone")
        here.approve(here.ask(person))
        erasing, do = here.app.erasing, here.app.erasing.do
        before = erasing.look  # not signed: nothing happens; signed: the list comes first
        sign(here.app)

        def crash(_command: Command[Any]) -> None:
            raise RuntimeError("crash")

        erasing.do = crash
        with pytest.raises(RuntimeError):
            before()
        assert len(here.keys(person)) == 1
        assert len(read_erasures(here.app.settings.erasures_file, erasing.signer.verifier)) == 1
        only_first = iter([do, crash])
        erasing.do = lambda command: next(only_first)(command)
        with pytest.raises(RuntimeError):
            before()
        assert here.keys(person) == []
        erasing.do = do
        before()
        with reading(here.app.engine) as session:
            assert [e.state for e in erasures(session, [NETWORK], limit=9)] == [ErasureState.DONE]
        erasing.settings.erasures_file.write_bytes(b"nonsense\n\n")
        with pytest.raises(BadErasures):
            erasing.replay()  # a house whose list cannot be read does not serve
        erasing.settings.erasures_file.unlink()
        erasing.replay()  # made anew of the ledger
        assert len(read_erasures(erasing.settings.erasures_file, erasing.signer.verifier)) == 1


@pytest.fixture
def spoilt(sqlite_url: str, tmp_path: Path) -> Any:
    with ward(sqlite_url, tmp_path) as here:
        living, gone = here.patient("Living"), here.patient("Gone")
        row = here.keys(gone)[0]
        here.erase(gone)
        assert inspected(here.app).findings == []
        yield here, living, gone, row, sqlite_url


def test_keys_that_vanish_or_come_back_without_a_record_are_found(spoilt: Any) -> None:
    here, living, gone, row, url = spoilt
    columns = ("id", "subject", "generation", "kek_version", "wrapped", "blind_version",
               "blind_check", "made_at")  # fmt: skip
    values = {name: getattr(row, name) for name in columns}
    values |= {
        "id": row.id.hex,
        "subject": row.subject.hex,
        "made_at": "2026-11-30T00:00:00.000000Z",
    }
    engine = open_engine(url, guarded=False)
    with engine.begin() as connection:
        marks = ", ".join(f":{name}" for name in columns)
        insert = text(f"INSERT INTO subject_key VALUES ({marks})")
        connection.execute(insert, values)
        connection.execute(insert, values | {"id": "ab" * 16, "generation": 7})
        connection.execute(text("DELETE FROM subject_key WHERE subject = :whose"),
                           {"whose": living.subject.hex})  # fmt: skip
    engine.dispose()
    codes = sorted(finding.code for finding in inspected(here.app).findings)
    assert codes == ["key-lost", "key-returned", "key-unknown"]
    here.app.erasing.replay()  # the next start destroys what was brought back
    assert [row.id for row in here.keys(gone)] == []
