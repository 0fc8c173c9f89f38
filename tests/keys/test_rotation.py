"""Keys turn while people work: nobody waits, no field is lost, a kill costs one batch."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session, SQLModel, col, delete, select

import app.rotation.stages as stages
import app.rotation.turning as turning
from app.rotation.fields import Undeclared, field_places, require_declared
from app.rotation.stage import GRACE, Turning
from audit.kek import HeldKek
from audit.keys import KeyKind, add_key, load_keys
from audit.seal import FieldVault
from audit.subjects import SubjectKey
from domain.keys.commands import ApproveKeyRotation, RequestKeyRotation, WithdrawKeyRotation
from domain.keys.model import RotationKind, RotationState
from domain.patients.identity import patient_place
from domain.patients.model import Patient
from kit.db import open_engine
from kit.errors import Conflict, Denied
from kit.ids import new_id
from tests.keys.rotating import BATCH, House, killed_after


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(turning, "BATCH", BATCH)
    folder = tmp_path / "house"
    folder.mkdir(mode=0o700)
    made = House(database_url, folder)
    yield made
    made.app.stop()


def test_a_rotation_takes_two_custodians(house: House) -> None:
    first, second = house.custodians
    with pytest.raises(Denied):
        house.do(RequestKeyRotation(kind=RotationKind.KEK))
    asked = house.do(RequestKeyRotation(kind=RotationKind.KEK), first)
    with pytest.raises(Conflict, match="two different people"):
        house.do(ApproveKeyRotation(rotation_id=asked.id), first)
    with pytest.raises(Conflict, match="wait or withdraw"):
        house.do(RequestKeyRotation(kind=RotationKind.KEK), second)
    house.app.jobs.round()
    assert house.rotation(asked.id).state is RotationState.REQUESTED
    house.do(WithdrawKeyRotation(rotation_id=asked.id), first)
    with pytest.raises(Conflict, match="WITHDRAWN"):
        house.do(ApproveKeyRotation(rotation_id=asked.id), second)


def test_kek_rotation_survives_writers_faults_and_kills(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.register(22)
    before = {key.id: key.wrapped for key in house.subject_keys()}
    add_key(house.folder / "keys", KeyKind.KEK, 2)
    rotation = house.begin(RotationKind.KEK)

    with monkeypatch.context() as away:
        away.setattr(HeldKek, "answers", lambda _kek: False)
        house.app.jobs.round()
    (house.folder / "keys" / "kek-2.key").chmod(0o644)
    house.app.jobs.round()
    (house.folder / "keys" / "kek-2.key").chmod(0o600)
    assert house.rotation(rotation).key_version is None
    assert len(house.steps()) == 1

    rewrap, calls = stages._rewrap, []

    def faulty(turn: Turning, row: object) -> int:
        calls.append(row)
        if len(calls) == 2 * BATCH + 3:
            raise ZeroDivisionError
        return rewrap(turn, row)  # type: ignore[arg-type]

    monkeypatch.setattr(stages, "_rewrap", faulty)
    house.app.jobs.round()
    house.app.jobs.round()
    with pytest.raises(ZeroDivisionError):
        house.app.jobs.round()  # in the middle of a batch: it never was
    monkeypatch.setattr(stages, "_rewrap", rewrap)
    assert house.rotation(rotation).moved == 2 * BATCH
    house.app.stop()
    killed_after(1, house.url, house.folder)
    house.open()
    writer = threading.Thread(target=house.register, args=(8,))
    writer.start()
    done = house.turn(rotation)
    writer.join()
    done = house.turn(rotation)

    keys = house.subject_keys()
    assert done.state is RotationState.DONE
    assert (done.key_version, done.damaged) == (2, 0)
    assert house.people == 30
    assert {key.kek_version for key in keys} == {2}
    assert all(before[key.id] != key.wrapped for key in keys if key.id in before)
    (house.folder / "keys" / "kek-1.key").unlink()
    assert house.open_all(load_keys(house.folder / "keys")) == 5 * 30
    steps = house.steps()
    assert steps[0]["step"] == "start"
    assert sum(step.get("moved", 0) for step in steps) == done.moved >= len(before)
    assert (steps[-1]["ended"], steps[-1]["total"]) == (1, done.moved)


def test_people_get_new_keys_and_the_old_ones_are_destroyed_at_the_end(house: House) -> None:
    house.register(12)
    old = {key.subject: key for key in house.subject_keys()}
    fields = house.open_all(house.keys)
    rotation = house.begin(RotationKind.SUBJECT)

    waits = house.turn(rotation)
    assert waits.state is RotationState.RUNNING  # for whoever still reads with an old key
    assert {key.generation for key in house.subject_keys()} == {1, 2}
    assert house.open_all(house.keys) == fields
    straggler = _sealed_by_an_old_key(house)
    house.again()
    house.register(3)
    house.now += GRACE + timedelta(seconds=1)
    done = house.turn(rotation)

    keys = house.subject_keys()
    assert (done.state, done.damaged) == (RotationState.DONE, 0)
    assert {key.subject: key.generation for key in keys if key.subject in old} == dict.fromkeys(
        old, 2
    )
    assert not {key.id for key in old.values()} & {key.id for key in keys}
    assert straggler in {key.subject for key in keys}
    assert house.open_all(house.keys) == fields + 15
    names = [step.get("step", "") for step in house.steps()]
    assert names[0] == "start"
    assert names[1] == "renew"
    assert names[-1] == "destroy"


def test_a_damaged_field_keeps_the_older_keys(house: House) -> None:
    house.register(2)
    rotation = house.begin(RotationKind.SUBJECT)
    engine = open_engine(house.url, guarded=False)
    with Session(engine) as session, session.begin():
        row = _any_patient(session)
        row.phone, row.family_zh = row.family_zh, row.phone  # moved to each other's column
    engine.dispose()
    house.turn(rotation)
    house.now += GRACE + timedelta(seconds=1)
    done = house.turn(rotation)
    assert done.state is RotationState.DONE
    assert done.damaged > 0
    assert {key.generation for key in house.subject_keys()} == {1, 2}


def test_a_sealed_table_that_nobody_declared_stops_a_rotation() -> None:
    known = set(field_places())
    assert len(known) == 10
    for table in known:
        with pytest.raises(Undeclared, match=str(table.__tablename__)):
            require_declared(known - {table})
    assert {table.__tablename__ for table in known} <= set(SQLModel.metadata.tables)


def test_every_declared_field_says_its_own_table_and_column() -> None:
    for table, place_of in field_places().items():
        row = table(id=new_id(), hospital_id=new_id(), subject=new_id(), other_subject=new_id())
        for column in stages.sealed_columns(table):
            place = place_of(row, column)
            assert (place.table, place.column) == (table.__tablename__, column)
            assert place.row == row.id  # type: ignore[attr-defined]  # of every table here


def _any_patient(session: Session) -> Patient:
    return session.exec(select(Patient)).first()  # type: ignore[return-value]  # there are some


def _sealed_by_an_old_key(house: House) -> UUID:
    """What a transaction that began before the rotation could still write; answers whose."""
    engine = open_engine(house.url, guarded=False)
    with Session(engine) as session:
        row = _any_patient(session)
        newer = delete(SubjectKey).where(col(SubjectKey.generation) == 2)
        session.exec(newer.where(col(SubjectKey.subject) == row.subject))
        sealed = FieldVault(house.keys).bind(session).seal("late", patient_place(row, "phone"))
        session.rollback()
        row = _any_patient(session)
        row.phone = sealed
        session.commit()
        subject = row.subject
    engine.dispose()
    return subject
