"""Who could look after whom, frozen for the care solver: doctors on duty, patients in bed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from domain.patients.model import CareAssignment, Encounter, PlacementNeed
from domain.patients.states import IN_BED
from domain.places.model import CareLevel
from domain.rosters.doctor_wishes import DoctorWishes, wishes_by_encounter
from domain.staff.days import today
from domain.staff.model import Profession, StaffMember, StaffSkill
from domain.staff.roster_model import Duty, DutyState
from kit.canonical import canonical_json
from solvers.care import CareProblem, problem_hash, to_canonical
from solvers.care_problem import CarePatient, CareRules, Doctor

AHEAD = timedelta(hours=2)  # whoever begins so soon takes over with this plan
SKILL_RANKS = 7  # less the level of a further specialty: 5, who teaches it, is the second choice


@dataclass(frozen=True, slots=True)
class CareFacts:
    """Doctors with an account, who of them is on duty, and the patients with who treats them."""

    doctors: Sequence[StaffMember]
    on_duty: frozenset[UUID]
    skills: Sequence[StaffSkill]
    patients: Sequence[Encounter]
    levels: dict[UUID, CareLevel]
    treating: dict[UUID, UUID]  # encounter → account of the doctor, the latest of several
    wishes: dict[UUID, DoctorWishes] = field(default_factory=dict)


def care_facts(
    session: Session, hospital_id: UUID, ward_id: UUID | None, now: datetime
) -> CareFacts:
    """As it is now; the patients of a ward, or of the whole hospital."""
    day = today(session, hospital_id, now)
    doctors = _doctors(session, hospital_id, day)
    accounts = {one.account_id for one in doctors}
    lying = select(Encounter).where(
        Encounter.hospital_id == hospital_id, col(Encounter.status).in_(IN_BED)
    )
    if ward_id is not None:
        lying = lying.where(Encounter.ward_id == ward_id)
    patients = session.exec(lying.order_by(col(Encounter.id))).all()
    keys = [one.id for one in patients]
    needs = session.exec(
        select(PlacementNeed).where(
            col(PlacementNeed.encounter_id).in_(keys), col(PlacementNeed.until).is_(None)
        )
    )
    care = session.exec(
        select(CareAssignment)
        .where(col(CareAssignment.encounter_id).in_(keys), col(CareAssignment.until).is_(None),
               col(CareAssignment.account_id).in_(accounts))
        .order_by(col(CareAssignment.since))
    )  # fmt: skip
    return CareFacts(
        doctors, on_duty(session, doctors, now), _skills(session, doctors, day), patients,
        {need.encounter_id: need.care_level for need in needs},
        {one.encounter_id: one.account_id for one in care},
        wishes_by_encounter(session, keys),
    )  # fmt: skip


def on_duty(session: Session, doctors: Sequence[StaffMember], now: datetime) -> frozenset[UUID]:
    """Those in a published duty that runs now or begins within two hours."""
    found = session.exec(
        select(Duty.staff_id).where(
            col(Duty.staff_id).in_([one.id for one in doctors]),
            Duty.state == DutyState.PUBLISHED,
            col(Duty.since) <= now + AHEAD, col(Duty.until) > now,
        )
    )  # fmt: skip
    return frozenset(found)


def care_problem(facts: CareFacts) -> CareProblem:
    """Raises ValueError where there are more people than one plan takes."""
    rules = care_rules()
    by_account = {one.account_id: str(one.id) for one in facts.doctors}
    return CareProblem(
        doctors=tuple(
            Doctor(key=str(one.id), specialties=_specialties(facts, one),
                   max_patients=rules["max_patients"], load_limit=rules["load_limit"],
                   on_duty=one.id in facts.on_duty)
            for one in facts.doctors
        ),
        patients=tuple(
            CarePatient(
                key=str(one.id), specialty=one.specialty,
                acuity=rules["acuity"][facts.levels.get(one.id, CareLevel.WARD).value],
                yesterday=by_account.get(facts.treating.get(one.id)), **_wishes(facts, one.id),
            )
            for one in facts.patients
        ),
        rules=CareRules(version=rules["version"], spread_limit=rules["spread_limit"],
                        weights=tuple(rules["weights"].items())),
    )  # fmt: skip


def _wishes(facts: CareFacts, encounter_id: UUID) -> dict[str, Any]:
    """Of doctors who could come at all: one who has left is neither wished nor excluded."""
    wishes = facts.wishes.get(encounter_id, DoctorWishes())
    here = {one.id for one in facts.doctors}
    return {
        "wished": str(wishes.wished) if wishes.wished in here else None,
        "excluded": tuple(str(one) for one in wishes.excluded & here),
    }


def frozen_care(problem: CareProblem) -> tuple[bytes, str]:
    """Canonical bytes and their hash."""
    return canonical_json(to_canonical(problem)), problem_hash(problem)


@cache
def care_rules() -> dict[str, Any]:
    """Weights, limits and points of acuity that ship: care_rules.json."""
    text = files("domain.rosters").joinpath("care_rules.json").read_text("utf-8")
    body: dict[str, Any] = json.loads(text)
    return body


def _doctors(session: Session, hospital_id: UUID, day: date) -> Sequence[StaffMember]:
    return session.exec(
        select(StaffMember)
        .where(
            StaffMember.hospital_id == hospital_id, StaffMember.profession == Profession.DOCTOR,
            col(StaffMember.account_id).is_not(None),
            or_(col(StaffMember.left_on).is_(None), col(StaffMember.left_on) > day),
        )
        .order_by(col(StaffMember.id))
    ).all()  # fmt: skip


def _skills(session: Session, doctors: Sequence[StaffMember], day: date) -> Sequence[StaffSkill]:
    return session.exec(
        select(StaffSkill).where(
            col(StaffSkill.staff_id).in_([one.id for one in doctors]),
            col(StaffSkill.valid_from) <= day,
            or_(col(StaffSkill.expires_on).is_(None), col(StaffSkill.expires_on) > day),
        )
    ).all()


def _specialties(facts: CareFacts, doctor: StaffMember) -> tuple[tuple[str, int], ...]:
    """The doctor's own first; a valid skill named like a specialty is a further one."""
    ranks = {one.skill: SKILL_RANKS - one.level for one in facts.skills
             if one.staff_id == doctor.id}  # fmt: skip
    if doctor.specialty is not None:
        ranks[doctor.specialty] = 1
    return tuple(ranks.items())
