"""Effects of messages by which a patient leaves, for good or for a while, and their cancels."""

from domain.beds.commands import (
    CancelDischargeOrder,
    CancelRequest,
    DepartPatient,
    EndLeave,
    OrderDischarge,
    RecordDeath,
    StartLeave,
)
from domain.beds.presence import request_of
from domain.inbound.arrivals import ALREADY_THERE, go_to
from domain.inbound.doing import Doing
from domain.inbound.events import (
    CameBack,
    Departed,
    DeparturePending,
    DeparturePendingCancelled,
    LeaveEnded,
    LeaveStarted,
    MovePendingCancelled,
    WentAway,
)
from domain.inbound.spots import bed_of
from domain.inbound.visits import expect_departure, require_in_house, require_visit
from domain.patients.model import EncounterStatus
from kit.errors import Conflict

DEATHS = ("20", "40", "41", "42")  # HL7 table 0112: expired
PENDING_ALREADY = "PENDING_ALREADY"
NOTHING_PENDING = "NOTHING_PENDING"


def departed(doing: Doing, event: Departed) -> None:
    """The bed is free by the departure, and dirty."""
    encounter = require_visit(doing, event.patient)
    disposition = event.patient.visit.disposition
    if disposition in DEATHS and encounter.status != EncounterStatus.DIED:
        doing.do(RecordDeath(encounter_id=encounter.id, at=event.at))
    doing.do(DepartPatient(
        encounter_id=encounter.id, at=event.at,
        disposition=disposition if disposition.isascii() and disposition else None,
    ))  # fmt: skip


def departure_pending(doing: Doing, event: DeparturePending) -> None:
    """Ordered; the bed is in use until the departure."""
    encounter = require_visit(doing, event.patient)
    if encounter.status == EncounterStatus.DISCHARGE_PENDING:
        doing.remark(PENDING_ALREADY)
    else:
        doing.do(OrderDischarge(encounter_id=encounter.id, at=event.at))
    expect_departure(doing, event)


def departure_not_pending(doing: Doing, event: DeparturePendingCancelled) -> None:
    """The order is taken back."""
    encounter = require_visit(doing, event.patient)
    if encounter.status == EncounterStatus.DISCHARGE_PENDING:
        doing.do(CancelDischargeOrder(encounter_id=encounter.id, at=event.at))
    else:
        doing.remark(NOTHING_PENDING)


def move_not_pending(doing: Doing, event: MovePendingCancelled) -> None:
    """Nobody waits for another bed any more."""
    encounter = require_in_house(doing, event.patient)
    request = request_of(doing.work, encounter.id)
    if request is None:
        doing.remark(NOTHING_PENDING)
    else:
        doing.do(CancelRequest(request_id=request.id, reason="SENDER_CANCELLED"))


def went_away(doing: Doing, event: LeaveStarted | WentAway) -> None:
    """The bed stays the patient's."""
    encounter = require_visit(doing, event.patient)
    if encounter.status == EncounterStatus.ON_LEAVE:
        doing.remark(ALREADY_THERE)
    else:
        doing.do(StartLeave(encounter_id=encounter.id, at=event.at))


def came_back(doing: Doing, event: LeaveEnded | CameBack) -> None:
    """To the own bed, or to the one that PV1-3 names."""
    encounter = require_visit(doing, event.patient)
    away = encounter.status == EncounterStatus.ON_LEAVE
    spot = event.patient.visit.at
    if spot is not None and spot.bed:
        go_to(doing, encounter, bed_of(doing.work, doing.hospital_id, spot), event.at)
    if encounter.status == EncounterStatus.ON_LEAVE:
        doing.do(EndLeave(encounter_id=encounter.id, at=event.at))
    elif not away and not doing.effects:
        doing.remark(ALREADY_THERE)
    if spot is not None and spot.ward and not spot.bed and not away:
        raise Conflict("the patient came to a ward, but the message names no bed",
                       reason="NO_BED_NAMED", field="PV1-3")  # fmt: skip
