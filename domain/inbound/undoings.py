"""Effects of messages that say something never happened: restore or queue, never nowhere."""

from domain.beds.commands import CancelAdmission, CancelDeparture, CancelEncounter, CancelMove
from domain.beds.presence import stay_of
from domain.inbound.doing import Doing
from domain.inbound.events import (
    AdmissionCancelled,
    AdmissionPendingCancelled,
    DepartureCancelled,
    MoveCancelled,
    PreAdmissionCancelled,
)
from domain.inbound.visits import require_visit
from domain.patients.model import EncounterStatus
from kit.errors import Conflict


def admission_cancelled(doing: Doing, event: AdmissionCancelled) -> None:
    """Out of the bed and waiting again; a visit that never had a bed ends as entered in error."""
    encounter = require_visit(doing, event.patient)
    if stay_of(doing.work, encounter.id) is not None:
        doing.do(CancelAdmission(encounter_id=encounter.id, at=event.at))
    else:
        doing.do(CancelEncounter(encounter_id=encounter.id, at=event.at))


def move_cancelled(doing: Doing, event: MoveCancelled) -> None:
    """Back to the bed before, if it is free; else waiting for one."""
    encounter = require_visit(doing, event.patient)
    doing.do(CancelMove(encounter_id=encounter.id, at=event.at))


def departure_cancelled(doing: Doing, event: DepartureCancelled) -> None:
    """Back in the old bed, if it is free; else waiting for one."""
    encounter = require_visit(doing, event.patient)
    doing.do(CancelDeparture(encounter_id=encounter.id, at=event.at))


def plan_cancelled(doing: Doing, event: AdmissionPendingCancelled | PreAdmissionCancelled) -> None:
    """The planned visit ends, and its request with it. Whoever has come is not unplanned."""
    encounter = require_visit(doing, event.patient)
    if encounter.status != EncounterStatus.PLANNED:
        raise Conflict(f"the visit is {encounter.status}, not planned", reason="NOT_PLANNED",
                       field="PV1-19", blocking=encounter.id)  # fmt: skip
    doing.do(CancelEncounter(encounter_id=encounter.id, at=event.at))
