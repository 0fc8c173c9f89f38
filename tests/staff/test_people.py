"""People who work here: sealed, linked to one account, under one contract at a time."""

from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from audit.changes import Changes
from audit.seal import FieldVault
from domain.staff.commands import LinkStaffAccount, RegisterStaff, UpdateStaff
from domain.staff.identity import StaffIdentity, staff_place
from domain.staff.model import Absence, AbsenceKind, Contract, Profession, StaffMember
from domain.staff.queries import staff_terms
from domain.staff.terms import RecordAbsence, SetContract, SetSkill, WithdrawAbsence
from kit.errors import Conflict, Invalid, NotFound
from kit.work import NETWORK, Scope
from tests.domain_world import KEYS, World
from tests.staff.team import JOINED, Team


def test_nothing_readable_about_a_nurse_reaches_the_database(team: Team) -> None:
    told = StaffIdentity(family_zh="欧阳", phone="13900139000")
    team.world.run(UpdateStaff(staff_id=team.people["N1"].id, identity=told))
    assert "FamilyN1" not in repr(team.world.rows())
    assert "欧阳" not in repr(team.world.rows())
    row = team.world.get(StaffMember, team.people["N1"].id)
    assert row.family_zh is not None
    with Session(team.world.engine) as session:
        vault = FieldVault(KEYS).bind(session)
        assert vault.open(row.family_zh, staff_place(row, "family_zh")) == "欧阳"


def test_a_number_and_an_account_belong_to_one_person(team: Team) -> None:
    world = team.world
    again = RegisterStaff(hospital_id=world.hospital.id, number="N1", joined_on=JOINED,
                          profession=Profession.DOCTOR, identity=StaffIdentity())  # fmt: skip
    assert world.refused(again, Conflict, "NUMBER_TAKEN").field == "number"
    taken = LinkStaffAccount(staff_id=team.people["N2"].id, account_id=team.accounts["N1"])
    why = world.refused(taken, Conflict, "ACCOUNT_LINKED")
    assert why.blocking == team.people["N1"].id


def test_a_new_contract_ends_the_one_before_and_never_overlaps(team: Team) -> None:
    world, nurse = team.world, team.people["N1"]
    world.run(SetContract(staff_id=nurse.id, from_day=date(2026, 6, 1), weekly_minutes=1200))
    spans = world.sql("SELECT from_day, until_day, weekly_minutes FROM contract"
                      " WHERE staff_id = :id ORDER BY from_day", id=_key(world, nurse))  # fmt: skip
    assert [(str(a), b and str(b), c) for a, b, c in spans] == [
        ("2025-01-01", "2026-06-01", 2400), ("2026-06-01", None, 1200),
    ]  # fmt: skip
    world.refused(SetContract(staff_id=nurse.id, from_day=date(2026, 5, 1), weekly_minutes=600),
                  Conflict, "CONTRACT_OVERLAP")  # fmt: skip


def test_the_database_itself_keeps_contracts_apart(team_on_both: Team) -> None:
    team = team_on_both
    nurse = team.people["N1"]
    with Session(team.world.engine) as session:
        session.add(Contract(
            hospital_id=nurse.hospital_id, staff_id=nurse.id, from_day=date(2026, 1, 1),
            weekly_minutes=0, most_weekly_minutes=0, most_nights_in_28=0, most_weekends_in_28=0,
        ))  # fmt: skip
        with pytest.raises(IntegrityError, match="contracts_of_a_person_overlap"):
            session.commit()


def test_a_cap_lies_above_the_contracted_hours(team: Team) -> None:
    wrong = SetContract(staff_id=team.people["N1"].id, from_day=date(2026, 6, 1),
                        weekly_minutes=2400, most_weekly_minutes=2000)  # fmt: skip
    assert team.world.refused(wrong, Invalid, "INVALID").field == "mostWeeklyMinutes"


def test_a_skill_is_renewed_in_place(team: Team) -> None:
    nurse = team.people["N1"]
    renewed = team.world.run(SetSkill(staff_id=nurse.id, skill="WARD", level=4, valid_from=JOINED,
                                      expires_on=date(2028, 1, 1)))  # fmt: skip
    with Session(team.world.engine) as session:
        found = staff_terms(session, [NETWORK], nurse.id).skills
    assert [(one.id, one.level, one.expires_on) for one in found] == [
        (renewed.id, 4, date(2028, 1, 1))
    ]


def test_why_somebody_is_away_is_hidden_from_the_ledger(team: Team) -> None:
    nurse = team.people["N1"]
    command = RecordAbsence(staff_id=nurse.id, absence_kind=AbsenceKind.SICK,
                            from_day=date(2026, 4, 1), until_day=date(2026, 4, 3))  # fmt: skip
    with Session(team.world.engine) as session:
        changes = Changes.watch(session)
        command.apply(team.world._work(session))
        assert "SICK" not in repr(changes.collected())
        assert "absence" in repr(changes.collected())


def test_an_absence_is_withdrawn_once(team: Team) -> None:
    world, nurse = team.world, team.people["N1"]
    away = world.run(RecordAbsence(
        staff_id=nurse.id, absence_kind=AbsenceKind.VACATION, from_day=date(2026, 4, 1),
        until_day=date(2026, 4, 3),
    ))  # fmt: skip
    world.run(WithdrawAbsence(absence_id=away.id))
    assert world.get(Absence, away.id).withdrawn_at == world.now
    world.refused(WithdrawAbsence(absence_id=away.id), Conflict, "ABSENCE_WITHDRAWN")


def test_a_ward_sees_its_own_people_only(team: Team) -> None:
    world = team.world
    there = [Scope(world.hospital.id, world.ward_b.id)]
    with Session(world.engine) as session:
        here = [Scope(world.hospital.id, world.ward_a.id)]
        assert staff_terms(session, here, team.people["N1"].id).member.number == "N1"
        with pytest.raises(NotFound):
            staff_terms(session, there, team.people["N1"].id)


def _key(world: World, member: StaffMember) -> str:
    return str(member.id) if world.engine.dialect.name == "postgresql" else member.id.hex
