"""Ask for a plan of admissions."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from domain.admissions.plan_kind import ADMISSIONS
from domain.admissions.problem import frozen_admissions
from domain.places.model import Hospital
from domain.plans.asking import ask
from domain.plans.model import Proposal
from domain.staff.days import today
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work

MOST_NIGHTS, FARTHEST = 60, timedelta(days=180)


@dataclass(frozen=True, kw_only=True)
class RequestAdmissionPlan(Command[Proposal]):
    """Ask for a date, ward and room for everybody who waits for one, over a horizon of nights.

    Dates that were told count as told: another one costs points. Asked for again as things
    change, a plan keeps what it can.
    """

    action = "admission.plan"
    hospital_id: UUID
    from_day: date
    nights: int = 14
    time_limit_s: int = 60

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> Proposal:
        now = today(work.session, self.hospital_id, work.now)
        if not 1 <= self.nights <= MOST_NIGHTS:
            raise Invalid(f"give 1 to {MOST_NIGHTS} nights", field="nights")
        if not now <= self.from_day <= now + FARTHEST:
            raise Invalid("the horizon begins today, or at most 180 days from now",
                          field="fromDay")  # fmt: skip
        problem, digest, rules = frozen_admissions(
            work, self.hospital_id, self.from_day, self.nights
        )
        return ask(work, ADMISSIONS, hospital_id=self.hospital_id, problem=problem,
                   digest=digest, rules=rules, time_limit_s=self.time_limit_s)  # fmt: skip
