"""The roster solver's answer as the items of a plan: a line for each person."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.plans.model import ItemState, Proposal, ProposalItem
from domain.staff.model import StaffMember
from kit.work import Work

ROSTER_LINE = "ROSTER_LINE"
UNCOVERED = "UNCOVERED"


def line_rows(work: Work, plan: Proposal, answer: dict[str, Any]) -> list[ProposalItem]:
    """A line for each person, and an item for each shift that stays short, with what hinders."""
    first = date.fromisoformat(answer["first_day"])
    conflicts = {one["staff"]: list(one["rules"]) for one in answer["conflicts"]}
    lines = [_line(work, plan, first, item, conflicts) for item in answer["items"]]
    short = [_short(plan, first, gap) for gap in answer["gaps"] if gap["short_by"]]
    return lines + short


def planned_duties(item: ProposalItem) -> list[dict[str, str]]:
    """What is to be carried out: as chosen by a person, else as planned."""
    duties: list[dict[str, str]] = (item.chosen or item.detail)["duties"]
    return duties


def duties_json(first: date, duties: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Days as dates: a reader of the plan knows no horizon."""
    return [
        {"day": (first + timedelta(days=one["day"])).isoformat(), "shift": one["shift"]}
        for one in duties
    ]


def _line(
    work: Work, plan: Proposal, first: date, item: dict[str, Any],
    conflicts: Mapping[str, list[str]],
) -> ProposalItem:  # fmt: skip
    member = work.get(StaffMember, UUID(item["staff"]))
    work.subjects.add(member.subject)
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, key=item["staff"], action=ROSTER_LINE,
        subject=member.subject, penalty=item["penalty"],
        detail={
            "duties": duties_json(first, item["duties"]),
            "minutes": item["minutes"], "target_minutes": item["target_min"],
            "nights": item["nights"], "weekends": item["weekends"],
            "wishes_met": item["wishes_met"], "wishes_missed": item["wishes_missed"],
            "changed_days": item["changed_days"],
        },
        terms=[{"code": code, "penalty": points} for code, points in item["terms"]],
        kept=list(item["kept"]), waived=list(item["waived"]),
        reasons=[{"rule": rule} for rule in conflicts.get(item["staff"], item["broken"])],
    )  # fmt: skip


def _short(plan: Proposal, first: date, gap: dict[str, Any]) -> ProposalItem:
    day = (first + timedelta(days=gap["day"])).isoformat()
    return ProposalItem(
        proposal_id=plan.id, hospital_id=plan.hospital_id, action=UNCOVERED,
        key=f"{day} {gap['shift']} {gap['skill']}".strip(), state=ItemState.UNPLACED,
        penalty=gap["cost"],
        detail={"day": day, "shift": gap["shift"], "skill": gap["skill"], "have": gap["heads"],
                "need": gap["minimum"]},
        reasons=list(gap["hindrances"]),
    )  # fmt: skip
