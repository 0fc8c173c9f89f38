"""Patients: sealed from the first byte, found by number and name, merged without loss."""

from datetime import date

import pytest
from sqlmodel import Session, select

from audit.seal import FieldVault
from domain.patients.commands import (
    AddIdentifier,
    Identifier,
    Identity,
    MergePatients,
    RegisterEncounter,
    RegisterPatient,
    RetireIdentifier,
    UpdatePatient,
)
from domain.patients.identity import (
    family_blind,
    identifier_blind,
    identifier_place,
    initials_of,
    patient_place,
)
from domain.patients.model import Encounter, Patient, PatientIdentifier, Sex
from domain.patients.queries import identifiers, patient, patient_by_identifier, patients
from domain.places.commands import OpenHospital
from kit.errors import Conflict, Invalid, Retry
from kit.work import NETWORK, Scope
from tests.domain_world import KEYS, World

WANG = Identity(family_zh="王", given_zh="小明", family_en="Wang", given_en="Xiaoming",
                phone="13800138000", address="中山路1号", notes="怕黑")  # fmt: skip
MRN = Identifier(system="MRN", value="H-0001 234")


def register(world: World, **more: object) -> Patient:
    values: dict[str, object] = {"identity": WANG, "identifiers": (MRN,), "sex": Sex.MALE, **more}
    return world.run(RegisterPatient(hospital_id=world.hospital.id, **values))  # type: ignore[arg-type]


def opened(world: World, row: Patient, column: str) -> str:
    with Session(world.engine) as session:
        vault = FieldVault(KEYS).bind(session)
        return vault.open(getattr(row, column), patient_place(row, column))


def test_nothing_readable_reaches_the_database(world: World) -> None:
    row = register(world)
    stored = repr(world.rows()).encode() + b"".join(
        cell for table in world.rows().values() for line in table for cell in line
        if isinstance(cell, bytes)
    )  # fmt: skip
    for secret in ("王", "小明", "Wang", "Xiaoming", "13800138000", "中山路", "怕黑", "0001"):
        assert secret.encode() not in stored
    assert repr(row.family_zh) == "***"
    assert opened(world, row, "family_zh") == "王"
    assert opened(world, row, "address") == "中山路1号"


def test_initials_are_sealed_apart(world: World) -> None:
    assert opened(world, register(world), "initials") == "王某某"
    assert initials_of(
        {"family_zh": "", "given_zh": "", "family_en": "lee", "given_en": "ann"}
    ) == ("A. L.")
    assert initials_of(dict.fromkeys(("family_zh", "given_zh", "family_en", "given_en"), "")) == ""


def test_a_ciphertext_moved_to_another_field_does_not_open(world: World) -> None:
    row = register(world)
    with Session(world.engine) as session:
        vault = FieldVault(KEYS).bind(session)
        sealed = row.family_zh
        assert sealed is not None
        with pytest.raises(RuntimeError):
            vault.open(sealed, patient_place(row, "given_zh"))


def test_a_number_finds_its_patient_however_it_is_written(world: World) -> None:
    row = register(world)
    with Session(world.engine) as session:
        vault = FieldVault(KEYS).bind(session)
        blind = identifier_blind(vault, "MRN", "h0001234")
        found = patient_by_identifier(session, [NETWORK], world.hospital.id, "MRN", blind)
        assert found is not None
        assert found.id == row.id
        other = identifier_blind(vault, "NATIONAL", "h0001234")
        assert patient_by_identifier(session, [NETWORK], world.hospital.id, "MRN", other) is None
        (number,) = identifiers(session, [NETWORK], row.id)
        assert vault.open(number.value, identifier_place(number)) == "H-0001 234"


def test_a_family_name_finds_patients_in_either_script(world: World) -> None:
    row = register(world)
    world.run(RegisterPatient(hospital_id=world.hospital.id, identity=Identity(family_en="Li")))
    with Session(world.engine) as session:
        vault = FieldVault(KEYS).bind(session)
        for column, name in (("family_zh", "王"), ("family_en", "WANG")):
            blind = family_blind(vault, column, name)
            assert blind is not None
            assert [one.id for one in patients(session, [NETWORK], family_blinds=[blind])] == [
                row.id
            ]


def test_a_number_belongs_to_one_patient(world: World) -> None:
    row = register(world)
    again = RegisterPatient(hospital_id=world.hospital.id, identity=Identity(), identifiers=(MRN,))
    refusal = world.refused(again, Conflict, "IDENTIFIER_TAKEN")
    assert (refusal.blocking, refusal.field) == (row.id, "identifiers")
    world.run(AddIdentifier(patient_id=row.id, identifier=MRN))  # already there: no change
    assert world.sql("SELECT count(*) FROM patient_identifier") == [(1,)]
    world.run(RetireIdentifier(patient_id=row.id, identifier=MRN))
    world.run(again)
    retire = RetireIdentifier(patient_id=row.id, identifier=MRN)
    world.refused(retire, Conflict, "NO_SUCH_IDENTIFIER")


def test_an_update_keeps_what_it_does_not_name_and_clears_what_is_empty(world: World) -> None:
    row = register(world)
    update = UpdatePatient(patient_id=row.id, identity=Identity(given_zh="大明", notes=""),
                           weight_g=70_000, version=row.version)  # fmt: skip
    now = world.run(update)
    assert opened(world, now, "family_zh") == "王"
    assert opened(world, now, "given_zh") == "大明"
    assert now.notes is None
    assert now.weight_g == 70_000
    assert world.refused(update, Retry, "STALE_VERSION").allowed == (str(now.version),)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"birth_date": date(1880, 1, 1)}, "birthDate"),
        ({"birth_date": date(2030, 1, 1)}, "birthDate"),
        ({"weight_g": 5}, "weightG"),
        ({"identity": Identity(family_en="x" * 121)}, "identity.family_en"),
        ({"identity": Identity(given_en="a\x00b")}, "identity.given_en"),
        ({"identifiers": (Identifier(system="MRN", value=" "),)}, "identifiers.value"),
        ({"identifiers": (Identifier(system="", value="1"),)}, "identifiers.system"),
    ],
)
def test_impossible_people_are_refused(world: World, values: dict[str, object], field: str) -> None:
    command = RegisterPatient(hospital_id=world.hospital.id, **{"identity": WANG, **values})  # type: ignore[arg-type]
    assert world.refused(command, Invalid, "INVALID").field == field


def test_a_merge_gives_encounters_and_numbers_to_the_survivor(world: World) -> None:
    survivor, merged = register(world), register(world, identifiers=())
    world.run(AddIdentifier(patient_id=merged.id, identifier=Identifier(system="OLD", value="7")))
    encounter = world.run(RegisterEncounter(patient_id=merged.id, ward_id=world.ward_a.id))
    world.run(MergePatients(survivor_id=survivor.id, merged_id=merged.id))
    assert {event.name for event in world.events} == {"PatientsMerged", "PatientChanged"}
    assert Scope(world.hospital.id, world.ward_a.id) in {event.scope for event in world.events}
    assert world.get(Encounter, encounter.id).patient_id == survivor.id
    with Session(world.engine) as session:
        vault = FieldVault(KEYS).bind(session)
        numbers = identifiers(session, [NETWORK], survivor.id)
        assert {vault.open(one.value, identifier_place(one)) for one in numbers} == {
            "H-0001 234", "7",
        }  # fmt: skip
    update = UpdatePatient(patient_id=merged.id, sex=Sex.FEMALE)
    assert world.refused(update, Conflict, "PATIENT_MERGED").blocking == survivor.id


def test_two_who_lie_in_two_beds_are_two_people(world: World) -> None:
    one, _ = world.admit("A1")
    other, _ = world.admit("A2")
    merge = MergePatients(survivor_id=one.patient_id, merged_id=other.patient_id)
    assert world.refused(merge, Conflict, "BOTH_IN_BED").blocking == other.id
    itself = MergePatients(survivor_id=one.patient_id, merged_id=one.patient_id)
    world.refused(itself, Invalid, "INVALID")


def test_a_patient_is_seen_by_the_hospital_and_the_ward_the_patient_is_in(world: World) -> None:
    encounter = world.arrive()
    elsewhere = world.run(OpenHospital(code="SOUTH", name_zh="南医院", name_en="South"))
    reach = {
        "network": NETWORK, "hospital": Scope(world.hospital.id),
        "ward": Scope(world.hospital.id, world.ward_a.id),
        "other ward": Scope(world.hospital.id, world.ward_b.id),
        "other hospital": Scope(elsewhere.id),
    }  # fmt: skip
    with Session(world.engine) as session:
        seen = {
            name: patient(session, [scope], encounter.patient_id) is not None
            for name, scope in reach.items()
        }
    assert seen == {
        "network": True, "hospital": True, "ward": True, "other ward": False,
        "other hospital": False,
    }  # fmt: skip


def test_patients_are_read_page_by_page(world: World) -> None:
    made = [register(world, identifiers=()).id for _ in range(5)]
    with Session(world.engine) as session:
        first = patients(session, [NETWORK], limit=2)
        rest = patients(session, [NETWORK], after=first[-1].id, limit=100)
        total = len(session.exec(select(Patient)).all())
    assert [one.id for one in (*first, *rest)] == sorted(made)
    assert total == 5
    assert world.sql(f"SELECT count(*) FROM {PatientIdentifier.__tablename__}") == [(0,)]
