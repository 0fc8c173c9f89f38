"""Plans of admissions: a date, ward and room for each who waits for one; carried out by dating."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.admissions.commands import SetAdmissionDate
from domain.admissions.model import AdmissionRequest
from domain.admissions.waiving import named
from domain.places.model import Room
from domain.plans.kinds import PlanKind, register
from domain.plans.model import ItemState, Proposal, ProposalItem, SolverRun
from kit.canonical import parse_canonical
from kit.errors import Conflict
from kit.work import Work

ADMISSIONS = "admissions"
ADMIT_ON = "ADMIT_ON"


class AdmissionPlans(PlanKind):
    """Patients × dates × rooms over a horizon."""

    name = ADMISSIONS
    solving = "domain.admissions.solving"
    good_for = timedelta(hours=4)
    longest_s = 600

    def rows(
        self, work: Work, plan: Proposal, run: SolverRun, answer: dict[str, Any]
    ) -> list[ProposalItem]:
        body = parse_canonical(run.problem)
        first, versions = date.fromisoformat(body["first_day"]), body["versions"]
        dated = [
            _dated(work, plan, first, stay, versions[stay["patient"]], answer["buffer_source"])
            for stay in answer["stays"]
        ]
        for item, stay in zip(dated, answer["stays"], strict=True):
            leaning = named(body.get("waivers", ()), stay, UUID(item.detail["ward"]))
            if leaning:
                item.detail = {**item.detail, "waivers": leaning}
        return dated + [_waiting(work, plan, each) for each in answer["unplanned"]]

    def execute(self, work: Work, item: ProposalItem) -> str:
        """Give the patient the date, if it can still be kept."""
        row = work.get(AdmissionRequest, UUID(item.key))
        day, room = date.fromisoformat(item.detail["day"]), UUID(item.detail["room"])
        if (row.planned_on, row.room_id) == (day, room):
            return "KEPT"
        if row.version != item.detail["version"]:
            raise Conflict("the request has changed since the plan was made",
                           reason="CHANGED_MEANWHILE", blocking=row.id)  # fmt: skip
        leaning = tuple(UUID(one["waiver"]) for one in item.detail.get("waivers", ()))
        work.perform(SetAdmissionDate(admission_id=row.id, room_id=room, day=day, waivers=leaning))
        return "DATED"


def _dated(
    work: Work, plan: Proposal, first: date, stay: dict[str, Any], version: int, buffer: str
) -> ProposalItem:
    row = work.get(AdmissionRequest, UUID(stay["patient"]))
    room = work.get(Room, UUID(stay["rooms"][0]))
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=str(row.id), action=ADMIT_ON,
        encounter_id=row.encounter_id, subject=row.subject, penalty=stay["points"],
        detail={
            "day": (first + timedelta(days=stay["night"])).isoformat(),
            "ward": str(room.ward_id),
            "room": str(room.id),
            "rooms": list(stay["rooms"]),
            "version": version,
            "buffer_source": buffer,
        },
        terms=[{"code": code, "penalty": points} for code, points in stay["terms"]],
        kept=list(stay["kept"]), waived=list(stay["waived"]),
    )  # fmt: skip


def _waiting(work: Work, plan: Proposal, each: dict[str, Any]) -> ProposalItem:
    row = work.get(AdmissionRequest, UUID(each["patient"]))
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=str(row.id), action=ADMIT_ON,
        encounter_id=row.encounter_id, subject=row.subject, state=ItemState.UNPLACED,
        penalty=each["cost"],
        reasons=[
            {"rule": rule, "forbids": stays, "alone": stays, "short_by": None}
            for rule, stays in each["hindrances"]
        ],
    )  # fmt: skip


register(AdmissionPlans())
