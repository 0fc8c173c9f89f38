"""The blind key turns while people search: everybody is found, no number is given twice."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import false
from sqlmodel import Session, SQLModel, col, select

import app.rotation.turning as turning
import domain.patients.identity as identity_of_patients
from app.jobs import PROGRAM
from app.rotation.blinds import blind_indexes, require_indexes
from app.rotation.doctor import examine_indexes
from app.rotation.fields import Undeclared
from app.rotation.stage import GRACE
from app.rotation.stages import stages
from app.rotation.turning import TurnKeys
from audit.blind_turn import BlindTurn
from audit.doctor import not_needed
from audit.keys import KeyKind, add_key
from domain.inbound.handling import ParkInbound
from domain.inbound.model import Door, InboundMessage, InboundState
from domain.inbound.receipts import Envelope, Obstacle
from domain.keys.model import KeyRotation, RotationKind, RotationState
from domain.patients.commands import RegisterEncounter, RegisterPatient
from domain.patients.identity import Identifier, Identity, family_blind, identifier_blind
from domain.patients.model import EncounterStatus, Patient, PatientIdentifier
from domain.patients.queries import patient_by_identifier, patients
from kit.blind import columns_of
from kit.db import open_engine, reading
from kit.errors import Conflict, Retry
from kit.work import NETWORK
from tests.keys.rotating import House, killed_after


@pytest.fixture
def house(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(turning, "BATCH", 10)
    folder = tmp_path / "house"
    folder.mkdir(mode=0o700)
    made = House(database_url, folder)
    yield made
    made.app.stop()


def test_everybody_is_found_and_unique_at_every_step(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.register(3)
    rotation = _begin(house)
    seen: list[str] = []
    for number in range(200):
        row = house.rotation(rotation)
        if row.state is RotationState.DONE:
            break
        seen.append(stages(RotationKind.BLIND)[row.stage].name)
        assert _found(house, "N1") == _found(house, "N1", named="王") == 1
        _refused_by_check_and_constraint(house, monkeypatch)
        _register(house, f"M{number}")
        assert _found(house, f"M{number}") == 1
        _batch(house, row)
    done = house.rotation(rotation)

    assert (done.state, done.damaged, done.key_version) == (RotationState.DONE, 0, 2)
    assert list(dict.fromkeys(seen)) == [one.name for one in stages(RotationKind.BLIND)]
    assert _turn(house) == (2, 1, None)
    assert _columns_in_use(house) == {"other"}
    (house.folder / "keys" / "blind-1.key").unlink()
    house.again()
    assert all(_found(house, f"N{number}") == 1 for number in (1, 2, 3))
    _refused_by_check_and_constraint(house, monkeypatch)
    steps = house.steps()
    assert (steps[0]["kind"], steps[0]["step"]) == ("BLIND", "start")
    assert sum(step.get("moved", 0) for step in steps) == done.moved
    assert (steps[-1]["ended"], steps[-1]["total"]) == (1, done.moved)


@pytest.mark.nightly
def test_it_survives_writers_and_a_kill_and_the_next_one_uses_the_first_column_again(
    house: House,
) -> None:
    house.register(6)
    rotation = _begin(house)
    house.app.stop()
    killed_after(2, house.url, house.folder)
    house.open()
    writer = threading.Thread(target=house.register, args=(4,))
    writer.start()
    _to_the_end(house, rotation)
    writer.join()
    with reading(house.app.engine) as session:
        findings = examine_indexes(house.app.keys, session, full=True)
    assert [(one.what, one.sound, one.broken) for one in findings] == [("index by blind-2", 21, 0)]
    assert "blind-1" in list(not_needed(house.app.keys, findings))

    add_key(house.folder / "keys", KeyKind.BLIND, 3)
    done = _to_the_end(house, house.begin(RotationKind.BLIND))
    assert (done.state, done.key_version, _turn(house)) == (RotationState.DONE, 3, (3, 0, None))
    assert _columns_in_use(house) == {"first"}
    assert all(_found(house, f"N{number + 1}") == 1 for number in range(10))
    assert {key.blind_version for key in house.subject_keys()} == {3}


def test_a_message_that_comes_again_after_a_rotation_is_the_same(house: House) -> None:
    first = house.do(_message(house, "MSH one"))
    house.do(_message(house, "MSH forgotten", control="2"))
    with _bare(house) as session:
        old = session.exec(select(InboundMessage).where(InboundMessage.control_id == "2")).one()
        old.identity = None  # as it is of one that came before identities were kept
    _to_the_end(house, _begin(house))
    again = house.do(_message(house, "MSH one"))
    assert (again.state, again.duplicate_of) == (InboundState.DUPLICATE, first.id)
    assert house.do(_message(house, "MSH forgotten", control="2")).state is InboundState.PARKED


def test_a_visit_number_stays_unique(house: House) -> None:
    one, two = (_register(house, f"P{number}") for number in (1, 2))

    def visit(patient: Patient) -> Any:
        return RegisterEncounter(patient_id=patient.id, visit_number="V-1",
                                 status=EncounterStatus.PLANNED)  # fmt: skip

    house.do(visit(one))
    _to_the_end(house, _begin(house))
    with pytest.raises(Conflict, match="has this visit number"):
        house.do(visit(two))


def test_a_damaged_row_leaves_the_search_with_the_old_key(house: House) -> None:
    house.register(2)
    with _bare(house) as session:
        row = session.exec(select(PatientIdentifier).order_by(col(PatientIdentifier.id))).first()
        assert row is not None
        row.value = _bent(row.value)
    done = _to_the_end(house, _begin(house))
    assert (done.state, done.damaged) == (RotationState.DONE, 1)
    assert _turn(house) == (1, 0, None)
    assert _columns_in_use(house) == {"first"}
    assert _found(house, "N1") == _found(house, "N2") == 1
    assert {key.blind_version for key in house.subject_keys()} == {1}


def test_without_a_new_key_nothing_moves(house: House) -> None:
    house.register(1)
    done = _to_the_end(house, house.begin(RotationKind.BLIND))
    assert (done.state, done.moved, _turn(house)) == (RotationState.DONE, 0, (1, 0, None))


def test_a_wrong_index_is_named_and_made_anew(house: House) -> None:
    house.register(2)
    with _bare(house) as session:
        row = session.exec(select(Patient)).first()
        assert row is not None
        row.family_zh_blind, key = bytes(16), row.id
    with reading(house.app.engine) as session:
        (found,) = examine_indexes(house.app.keys, session, full=True)
    assert (found.sound, found.broken, found.ids) == (4, 1, (f"family_zh_blind of {key}",))
    _to_the_end(house, _begin(house))
    with reading(house.app.engine) as session:
        assert all(one.healthy for one in examine_indexes(house.app.keys, session, full=True))


def test_an_index_that_nobody_declared_stops_a_rotation() -> None:
    known = blind_indexes()
    assert sum(len(some) for some in known.values()) == 8
    for table, some in known.items():
        for name in some:
            without = {**known, table: {key: how for key, how in some.items() if key != name}}
            with pytest.raises(Undeclared, match=rf"{table.__tablename__}\.{name}"):
                require_indexes(without)
    assert {table.__tablename__ for table in known} <= set(SQLModel.metadata.tables)


@contextmanager
def _bare(house: House) -> Iterator[Session]:
    """Past the program: what is done to rows is nobody's entry."""
    engine = open_engine(house.url, guarded=False)
    with Session(engine) as session, session.begin():
        yield session
    engine.dispose()


def _begin(house: House) -> UUID:
    add_key(house.folder / "keys", KeyKind.BLIND, 2)
    return house.begin(RotationKind.BLIND)


def _to_the_end(house: House, rotation: UUID) -> KeyRotation:
    for _ in range(300):
        row = house.rotation(rotation)
        if row.state is RotationState.DONE:
            break
        _batch(house, row)
    return row


def _batch(house: House, rotation: KeyRotation) -> None:
    """What the timer sends when it is due."""
    if rotation.due_at and rotation.due_at > house.now:
        house.now += GRACE + timedelta(seconds=1)
    house.do(TurnKeys(rotation_id=rotation.id), PROGRAM)


def _register(house: House, number: str) -> Any:
    return house.do(RegisterPatient(
        hospital_id=house.hospital, identity=Identity(family_zh="李"),
        identifiers=(Identifier(system="MRN", value=number),),
    ))  # fmt: skip


def _refused_by_check_and_constraint(house: House, patch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Conflict, match="has this number"):
        _register(house, "N1")
    with patch.context() as blind:  # a check that sees nothing, as in a race
        blind.setattr(identity_of_patients, "same", lambda *_: false())
        with pytest.raises(Retry) as refused:
            _register(house, "N1")
    assert refused.value.reason == "LOST_A_RACE"


def _found(house: House, number: str, named: str | None = None) -> int:
    """How many have the number, and where `named` is given whether one of that name has it."""
    vault = house.app.late_vault
    with reading(house.app.engine) as session:
        one = patient_by_identifier(session, [NETWORK], house.hospital, "MRN",
                                    identifier_blind(vault, "MRN", number))  # fmt: skip
        if named is None:
            return int(one is not None)
        blind = family_blind(vault, "family_zh", named)
        assert blind is not None
        some = patients(session, [NETWORK], hospital_id=house.hospital, family_blinds=[blind])
        return sum(row == one for row in some)


def _turn(house: House) -> tuple[int, int, int | None]:
    with reading(house.app.engine) as session:
        row = session.exec(select(BlindTurn)).one()
        return row.asks, row.place, row.also


def _columns_in_use(house: House) -> set[str]:
    used = set()
    with reading(house.app.engine) as session:
        for table, indexes in blind_indexes().items():
            for row in session.exec(select(table)):
                for name in indexes:
                    held = zip(("first", "other"), columns_of(name), strict=True)
                    used |= {place for place, column in held if getattr(row, column) is not None}
    return used


def _message(house: House, identity: str, control: str = "1") -> ParkInbound:
    return ParkInbound(
        envelope=Envelope(hospital_id=house.hospital, door=Door.HL7, source="s", kind="ADT^A01",
                          control_id=control, identity=identity, body="text", visit="V-9"),
        obstacle=Obstacle(reason="UNKNOWN_WARD", text="no such ward"),
    )  # fmt: skip


def _bent(sealed: Any) -> Any:
    return type(sealed)(sealed.ciphertext[:-1] + bytes([sealed.ciphertext[-1] ^ 1]))
