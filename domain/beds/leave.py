"""Commands on leave: a patient is away for a while and keeps the bed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.beds.leaving import OfEncounter
from domain.beds.model import StayLeave
from domain.beds.presence import require_stay
from domain.beds.stays import leave_of
from domain.patients.episodes import tell
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.states import require_next, turn
from domain.places.times import happened, recorded, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Work


@dataclass(frozen=True, kw_only=True)
class StartLeave(OfEncounter, Command[StayLeave]):
    """Record that the patient has gone on leave; the bed stays the patient's."""

    action = "bed.leave"

    encounter_id: UUID
    expected_back: datetime | None = None
    at: datetime | None = None

    def apply(self, work: Work) -> StayLeave:
        encounter = work.get(Encounter, self.encounter_id)
        stay = require_stay(work, encounter.id)
        at = happened(work, self.at)
        if self.expected_back is not None and (
            self.expected_back.tzinfo is None or self.expected_back <= at
        ):
            raise Invalid("the return is later than the leave", field="expectedBack")
        require_next(encounter, EncounterStatus.ON_LEAVE)
        leave = store(work, StayLeave(
            hospital_id=stay.hospital_id, stay_id=stay.id, encounter_id=encounter.id,
            expected_back=self.expected_back, since=at, **recorded(work),
        ))  # fmt: skip
        turn(work, encounter, EncounterStatus.ON_LEAVE, at)
        tell(work, "LeaveStarted", encounter)
        return leave


@dataclass(frozen=True, kw_only=True)
class EndLeave(OfEncounter, Command[StayLeave]):
    """Record that the patient is back from leave."""

    action = "bed.return"

    encounter_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> StayLeave:
        encounter = work.get(Encounter, self.encounter_id)
        stay = require_stay(work, encounter.id)
        leave = leave_of(work, stay)
        if leave is None:
            raise Conflict("the patient is not on leave", reason="NOT_ON_LEAVE",
                           blocking=stay.id)  # fmt: skip
        at = happened(work, self.at)
        turn(work, encounter, EncounterStatus.ADMITTED, at)
        leave.until = max(at, leave.since)
        tell(work, "LeaveEnded", encounter)
        return leave
