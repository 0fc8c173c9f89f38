"""Care plans: which doctor looks after which patient, carried out as care assignments.

A care assignment is what opens a patient's record: whoever is given a patient sees them, and the
doctor before no longer does.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.patients.care import AssignCare, EndCare
from domain.patients.model import CareAssignment, Encounter
from domain.plans.kinds import ItemDecision, PlanKind, register
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from domain.rosters.care_freezing import on_duty
from domain.rosters.doctor_wishes import require_not_excluded
from domain.staff.model import Profession, StaffMember
from kit.errors import Conflict, Invalid
from kit.work import Work

CARE, ASSIGN_CARE, NO_DOCTOR = "care", "ASSIGN_CARE", "NO_DOCTOR"


class CarePlans(PlanKind):
    """Doctors on duty × patients in bed, by specialty, load, continuity and acuity."""

    name = CARE
    solving = "domain.rosters.care_solving"
    read_action = "care.plan"
    decide_action = "care.assign"
    good_for = timedelta(hours=2)

    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        given = [_given(work, plan, item) for item in answer["items"]]
        return given + [_uncared(work, plan, each) for each in answer["uncared"]]

    def choose(
        self, work: Work, plan: Proposal, item: ProposalItem, decision: ItemDecision
    ) -> None:
        """`choice`: {"doctor": id of a member of staff}."""
        try:
            chosen = UUID(str((decision.choice or {})["doctor"]))
        except (KeyError, ValueError) as missing:
            raise Invalid("say which doctor instead", field="items.doctorId") from missing
        doctor = work.get(StaffMember, chosen)
        able = doctor.profession is Profession.DOCTOR and doctor.account_id is not None
        if doctor.hospital_id != plan.hospital_id or not able:
            raise Invalid("name a doctor of this hospital who signs in", field="items.doctorId")
        if item.encounter_id is not None:
            require_not_excluded(work, item.encounter_id, doctor)

    def execute(self, work: Work, item: ProposalItem) -> str:
        """The doctor begins, whoever of the doctors treated the patient before ends."""
        if item.action != ASSIGN_CARE or item.encounter_id is None:
            raise Conflict("nobody was found for this patient", reason="ITEM_STATE",
                           blocking=item.id)  # fmt: skip
        doctor = work.get(StaffMember, UUID((item.chosen or item.detail)["doctor"]))
        if doctor.account_id is None or doctor.id not in on_duty(work.session, [doctor], work.now):
            raise Conflict("this doctor is not on duty now", reason="NOT_ON_DUTY",
                           blocking=doctor.id)  # fmt: skip
        require_not_excluded(work, item.encounter_id, doctor)
        treating = _treating(work, item.encounter_id, doctor.hospital_id)
        for care in treating:
            if care.account_id != doctor.account_id:
                work.perform(EndCare(assignment_id=care.id))
        if any(care.account_id == doctor.account_id for care in treating):
            return "KEPT"
        work.perform(AssignCare(account_id=doctor.account_id, encounter_id=item.encounter_id))
        return "ASSIGNED"


def _given(work: Work, plan: Proposal, item: dict[str, Any]) -> ProposalItem:
    encounter = work.get(Encounter, UUID(item["patient"]))
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=item["patient"],
        action=ASSIGN_CARE, encounter_id=encounter.id, subject=encounter.subject,
        detail={"doctor": item["doctor"]}, penalty=item["penalty"],
        terms=[{"code": code, "penalty": points} for code, points in item["terms"]],
        kept=list(item["kept"]), waived=list(item["waived"]), alternatives=item["alternatives"],
    )  # fmt: skip


def _uncared(work: Work, plan: Proposal, each: dict[str, Any]) -> ProposalItem:
    encounter = work.get(Encounter, UUID(each["patient"]))
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=each["patient"], action=NO_DOCTOR,
        encounter_id=encounter.id, subject=encounter.subject, state=ItemState.UNPLACED,
        penalty=each["cost"],
        reasons=[{"rule": rule, "doctors": count} for rule, count in each["hindrances"]],
    )  # fmt: skip


def _treating(work: Work, encounter_id: UUID, hospital_id: UUID) -> list[CareAssignment]:
    """Which doctors treat the patient now; nurses stay as they are."""
    doctors = select(StaffMember.account_id).where(
        StaffMember.hospital_id == hospital_id, StaffMember.profession == Profession.DOCTOR,
        col(StaffMember.account_id).is_not(None),
    )  # fmt: skip
    found = work.session.exec(
        select(CareAssignment).where(
            CareAssignment.encounter_id == encounter_id,
            col(CareAssignment.until).is_(None),
            col(CareAssignment.account_id).in_(doctors),
        )
    )
    return list(found)


register(CarePlans())
