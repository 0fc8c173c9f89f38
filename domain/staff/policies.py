"""By which rules a hospital plans its people."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from domain.places.commands import replace_given
from domain.places.model import Hospital
from domain.places.times import store
from domain.staff.roster_model import StaffingPolicy
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work
from solvers.roster_ruleset import COUNTRIES

DEFAULT_RULES = "CN"
PERCENTS = (50, 90)


@dataclass(frozen=True, kw_only=True)
class SetStaffingPolicy(Command[StaffingPolicy]):
    """Choose a hospital's labour rules and how it plans. What is left out stays.

    `forecast_percent`: which part of the expected census duties must cover, 50 (the middle) or
    90 (nine days in ten). `wish_deadline_days`: wishes come at least so long before the day.
    """

    action = "staffing.rule"

    hospital_id: UUID
    labour_rules: str | None = None
    wish_deadline_days: int | None = None
    swaps_need_planner: bool | None = None
    forecast_percent: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> StaffingPolicy:
        if self.labour_rules is not None and self.labour_rules.lower() not in COUNTRIES:
            raise Invalid("no such labour rules", reason="LABOUR_RULES", field="labourRules",
                          allowed=tuple(one.upper() for one in COUNTRIES))  # fmt: skip
        if self.forecast_percent is not None and self.forecast_percent not in PERCENTS:
            raise Invalid("plan for 50 or 90 per cent", field="forecastPercent",
                          allowed=tuple(map(str, PERCENTS)))  # fmt: skip
        if self.wish_deadline_days is not None and not 0 <= self.wish_deadline_days <= 90:
            raise Invalid("wishes come 0 to 90 days before", field="wishDeadlineDays")
        policy = staffing_policy(work.session, self.hospital_id)
        replace_given(
            policy, labour_rules=self.labour_rules and self.labour_rules.upper(),
            wish_deadline_days=self.wish_deadline_days,
            swaps_need_planner=self.swaps_need_planner, forecast_percent=self.forecast_percent,
        )  # fmt: skip
        work.emit("StaffingPolicySet", policy.scope, hospital=self.hospital_id)
        return store(work, policy)


def staffing_policy(session: Session, hospital_id: UUID) -> StaffingPolicy:
    """The hospital's own, or what holds where nobody chose; a new one is not stored here."""
    found = session.exec(
        select(StaffingPolicy).where(StaffingPolicy.hospital_id == hospital_id)
    ).first()
    return found or StaffingPolicy(hospital_id=hospital_id, labour_rules=DEFAULT_RULES)
