"""Commands by which patients leave: the order, the departure, death, and those who never stayed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.beds.model import StayEnd
from domain.beds.presence import stay_of
from domain.beds.stays import end_leave, vacate
from domain.beds.waiting import stop_waiting
from domain.patients.care import end_all_care
from domain.patients.episodes import tell
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.states import require_next, turn
from domain.places.times import happened
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

S = EncounterStatus


class OfEncounter:
    """Lands where the encounter is."""

    encounter_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope


@dataclass(frozen=True, kw_only=True)
class OrderDischarge(OfEncounter, Command[Encounter]):
    """Order the discharge. The patient stays in the bed until the departure."""

    action = "discharge.order"

    encounter_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> Encounter:
        encounter = work.get(Encounter, self.encounter_id)
        at = happened(work, self.at)
        turn(work, encounter, S.DISCHARGE_PENDING, at)
        encounter.discharge_ordered_at = at
        tell(work, "DischargeOrdered", encounter)
        return encounter


@dataclass(frozen=True, kw_only=True)
class CancelDischargeOrder(OfEncounter, Command[Encounter]):
    """Take the discharge order back."""

    action = "discharge.order"

    encounter_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> Encounter:
        encounter = work.get(Encounter, self.encounter_id)
        if encounter.status != S.DISCHARGE_PENDING:
            raise Conflict(f"the encounter is {encounter.status}; no discharge is ordered",
                           reason="NO_DISCHARGE_ORDER", blocking=encounter.id)  # fmt: skip
        turn(work, encounter, S.ADMITTED, happened(work, self.at))
        encounter.discharge_ordered_at = None
        tell(work, "DischargeOrderCancelled", encounter)
        return encounter


@dataclass(frozen=True, kw_only=True)
class DepartPatient(OfEncounter, Command[Encounter]):
    """Record that the patient has physically left: the bed is dirty and its cleaning is due.

    Without a discharge order the order is taken as given at the same time. The dead leave, too.
    """

    action = "bed.depart"

    encounter_id: UUID
    disposition: str | None = None
    at: datetime | None = None

    def apply(self, work: Work) -> Encounter:
        encounter = work.get(Encounter, self.encounter_id)
        at = happened(work, self.at)
        _require_code(self.disposition)
        see_off(work, encounter, at, self.disposition)
        return encounter


@dataclass(frozen=True, kw_only=True)
class RecordDeath(OfEncounter, Command[Encounter]):
    """Record a patient's death. The bed is in use until the departure."""

    action = "encounter.record_death"

    encounter_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> Encounter:
        encounter = work.get(Encounter, self.encounter_id)
        at = happened(work, self.at)
        require_next(encounter, S.DIED)
        stop_waiting(work, encounter, at, "DIED")
        stay = stay_of(work, encounter.id)
        if stay is not None:
            end_leave(work, stay, at)
        turn(work, encounter, S.DIED, at)
        tell(work, "DeathRecorded", encounter)
        return encounter


@dataclass(frozen=True, kw_only=True)
class LeaveUnseen(OfEncounter, Command[Encounter]):
    """Record that a patient who waited has left without being seen."""

    action = "encounter.leave_unseen"

    encounter_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> Encounter:
        return _end_without_bed(work, self.encounter_id, S.LEFT, happened(work, self.at))


@dataclass(frozen=True, kw_only=True)
class CancelEncounter(OfEncounter, Command[Encounter]):
    """Say that an encounter was entered in error; one with a stay cancels the admission first."""

    action = "encounter.cancel"

    encounter_id: UUID
    at: datetime | None = None

    def apply(self, work: Work) -> Encounter:
        return _end_without_bed(work, self.encounter_id, S.ERROR, happened(work, self.at))


def see_off(work: Work, encounter: Encounter, at: datetime, disposition: str | None) -> None:
    """The patient is gone: encounter, request, stay and care end together."""
    stay = stay_of(work, encounter.id)
    if not (encounter.status == S.DIED and stay is not None):
        stop_waiting(work, encounter, at, "DEPARTED")
        for step in _steps_to_discharge(encounter):
            turn(work, encounter, step, at)
    if stay is not None:
        vacate(work, stay, at, StayEnd.DEPARTURE)
    encounter.disposition = disposition or encounter.disposition
    end_all_care(work, encounter, at)
    tell(work, "PatientDeparted", encounter)


def _end_without_bed(
    work: Work, encounter_id: UUID, status: EncounterStatus, at: datetime
) -> Encounter:
    encounter = work.get(Encounter, encounter_id)
    require_next(encounter, status)
    stop_waiting(work, encounter, at, str(status))
    turn(work, encounter, status, at)
    end_all_care(work, encounter, at)
    tell(work, "EncounterEnded", encounter)
    return encounter


def _steps_to_discharge(encounter: Encounter) -> tuple[EncounterStatus, ...]:
    """The way out from here: an order is implied by the departure, a return by presence."""
    steps: dict[EncounterStatus, tuple[EncounterStatus, ...]] = {
        S.ON_LEAVE: (S.ADMITTED, S.DISCHARGE_PENDING, S.DISCHARGED),
        S.ADMITTED: (S.DISCHARGE_PENDING, S.DISCHARGED),
    }
    return steps.get(encounter.status, (S.DISCHARGED,))


def _require_code(code: str | None) -> None:
    if code is not None and not (0 < len(code) <= 32 and code.isascii()):
        raise Invalid("give a code of 1 to 32 characters", field="disposition")
