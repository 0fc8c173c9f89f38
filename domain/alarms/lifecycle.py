"""How an alarm begins and ends: for use inside the commands that find out.

Opening and clearing take one lock per hospital until the commit (PostgreSQL; SQLite has one
writer anyway): telemetry runs READ COMMITTED, and two batches must not open the same alarm.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from domain.alarms.flood import count_in, tell_beginning
from domain.alarms.grouping import hand_over, lead_of
from domain.alarms.limits import limits_of
from domain.alarms.model import Alarm, AlarmKind, AlarmState, EventKind, Severity
from domain.alarms.states import changed, go_open, note
from domain.alarms.steps import Step, announce, schedule, unshelve
from domain.beds.model import Bed, BedStay
from domain.beds.presence import stay_of
from domain.devices.model import Device
from domain.places.times import during, sometime, store
from kit.errors import Retry
from kit.work import Work

# Kinds that judge what a device measured; at a bed their value is the patient's.
OF_READINGS = frozenset(
    {
        AlarmKind.THRESHOLD,
        AlarmKind.RANGE,
        AlarmKind.RATE,
        AlarmKind.DEVIATION,
        AlarmKind.CUSUM,
        AlarmKind.FLATLINE,
        AlarmKind.SCORE,
    }
)
__all__ = ["Cause", "Step", "clear_alarm", "finish", "open_alarm"]

CLEARED, PATIENT_LEFT = "CLEARED", "PATIENT_LEFT"
LONGEST_TEXT = 200
LOCK_NOT_AVAILABLE = "55P03"

_ENTITY: Any = bindparam("entity")
_SOURCE: Any = bindparam("source")
_BED: Any = bindparam("bed")
_UNRESOLVED = (
    select(Alarm)
    .where(
        col(Alarm.entity) == _ENTITY,
        col(Alarm.source) == _SOURCE,
        col(Alarm.resolved_at).is_(None),
    )
    .execution_options(populate_existing=True)  # after the wait for our turn it may be another
)
_STAY_AT = select(BedStay).where(
    col(BedStay.bed_id) == _BED, col(BedStay.voided_at).is_(None), during(BedStay, sometime("at"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What was found out. The texts are the rule's, about no person; `value` stands apart."""

    kind: AlarmKind
    severity: Severity
    hospital_id: UUID
    entity: str  # device:<uuid>, bed:<uuid>, ward:<uuid>, hospital:<uuid>, service:<name>
    text_zh: str
    text_en: str
    ward_id: UUID | None = None
    rule_id: UUID | None = None
    device_id: UUID | None = None
    bed_id: UUID | None = None
    metric: str | None = None
    value: float | None = None
    threshold: float | None = None
    measured_at: datetime | None = None
    escalation: tuple[Step, ...] = ()
    notify: tuple[str, ...] = ("in-app",)
    realarm_s: int | None = None
    ack_timeout_s: int | None = None

    @property
    def source(self) -> str:
        return source_of(self.rule_id, self.kind)


def open_alarm(work: Work, cause: Cause) -> Alarm:
    """The alarm of this source and entity, opened if there is none.

    One that is there takes the new value, and a worse severity: then it is open again and told
    again. A shelved one stays shelved unless it becomes critical. What was raised for a patient
    who has left since ends, and a new one begins.
    """
    take_turn(work, cause.hospital_id)
    known = _find(work, cause.source, cause.entity, cause.hospital_id)
    stay = _stay_of(work, cause)
    if known is not None and known.encounter_id == (stay.encounter_id if stay else None):
        return _refresh(work, known, cause)
    if known is not None:
        finish(work, known, "PATIENT_CHANGED")
    return _open(work, cause, stay)


def clear_alarm(
    work: Work,
    *,
    entity: str,
    rule_id: UUID | None = None,
    kind: AlarmKind | None = None,
    hospital_id: UUID | None = None,
    reason: str = CLEARED,
) -> Alarm | None:
    """The condition of this source and entity is over; None where no alarm was unresolved.

    A shelved alarm stays on the shelf, inactive, until that ends: else a chattering one would
    come off it by itself.
    """
    source = source_of(rule_id, kind)
    seen = _find(work, source, entity, hospital_id)
    if seen is None:
        return None
    take_turn(work, seen.hospital_id)
    alarm = _find(work, source, entity, seen.hospital_id)
    if alarm is None or alarm.state is not AlarmState.SHELVED:
        return finish(work, alarm, reason) if alarm else None
    if alarm.active:
        alarm.active = False
        note(work, alarm, EventKind.NOTE, reason=reason)
        changed(work, alarm)
    return alarm


def finish(work: Work, alarm: Alarm, reason: str) -> Alarm:
    """Resolve the alarm; another of its group leads from now on."""
    alarm.state, alarm.active = AlarmState.RESOLVED, False
    alarm.resolved_at, alarm.resolved_by = work.now, reason
    alarm.ack_until = alarm.shelved_until = alarm.shelved_by = alarm.next_step_at = None
    note(work, alarm, EventKind.RESOLVED, reason=reason)
    work.session.flush()
    hand_over(work, alarm)
    work.emit("AlarmResolved", alarm.scope, alarm=alarm.id)
    return alarm


def ends_with_the_stay(work: Work, alarm: Alarm) -> bool:
    """Whether the alarm is about a patient who does not lie in that bed any more."""
    if alarm.encounter_id is None:
        return False
    stay = stay_of(work, alarm.encounter_id)
    return stay is None or stay.bed_id != alarm.bed_id


def source_of(rule_id: UUID | None, kind: AlarmKind | None) -> str:
    """What tells alarms of one entity apart: the rule, else the kind."""
    if rule_id is None and kind is None:
        raise ValueError("an alarm comes from a rule or is of a kind")
    return f"rule:{rule_id}" if rule_id else f"kind:{kind}"


def take_turn(work: Work, hospital_id: UUID) -> None:
    """Wait until no other transaction opens or clears alarms of this hospital.

    Raises Retry where that takes longer than the database lets anybody wait for a lock.
    """
    connection = work.session.connection()
    if connection.dialect.name != "postgresql":
        return
    key = hospital_id.int & 0x7FFF_FFFF_FFFF_FFFF
    try:
        connection.execute(select(func.pg_advisory_xact_lock(key)))
    except OperationalError as late:
        if getattr(late.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise Retry("others are at work on these alarms; send it again",
                    reason="LOST_A_RACE") from late  # fmt: skip


def _find(work: Work, source: str, entity: str, hospital_id: UUID | None) -> Alarm | None:
    found = work.session.exec(_UNRESOLVED, params={"entity": entity, "source": source}).all()
    return next((one for one in found if hospital_id in (None, one.hospital_id)), None)


def _stay_of(work: Work, cause: Cause) -> BedStay | None:
    """Whose reading it was: of the patient in that bed at that time."""
    if cause.bed_id is None or cause.kind not in OF_READINGS or cause.entity[:4] != "bed:":
        return None
    at = cause.measured_at or work.now
    return work.session.exec(_STAY_AT, params={"bed": cause.bed_id, "at": at}).first()


def _open(work: Work, cause: Cause, stay: BedStay | None) -> Alarm:
    alarm = store(work, _new(work, cause, stay))
    flood = count_in(work, alarm)
    alarm.flood = flood is not None
    joined = lead_of(work, alarm) is not None
    announce(work, alarm, EventKind.OPENED)
    if joined:
        note(work, alarm, EventKind.GROUPED)
    if flood is not None:
        tell_beginning(work, flood, alarm)
    schedule(alarm)
    work.emit("AlarmOpened", alarm.scope, alarm=alarm.id)
    return alarm


def _new(work: Work, cause: Cause, stay: BedStay | None) -> Alarm:
    bed = work.get(Bed, cause.bed_id) if cause.bed_id else None
    device = work.get(Device, cause.device_id) if cause.device_id else None
    ward = cause.ward_id or (bed.ward_id if bed else None)
    place = bed or device
    limits = limits_of(work.session, cause.hospital_id, cause.severity)
    return Alarm(
        hospital_id=cause.hospital_id, ward_id=ward, kind=cause.kind, severity=cause.severity,
        source=cause.source, entity=cause.entity, rule_id=cause.rule_id,
        place_code=place.code if place else None,
        device_id=cause.device_id, bed_id=cause.bed_id,
        encounter_id=stay.encounter_id if stay else None, subject=stay.subject if stay else None,
        metric=cause.metric, value=cause.value, threshold=cause.threshold,
        # cut, not refused: an alarm with half a sentence is worth more than none
        text_zh=cause.text_zh[:LONGEST_TEXT], text_en=cause.text_en[:LONGEST_TEXT],
        opened_at=work.now, raised_by_at=cause.measured_at, unacked_since=work.now,
        announced_at=work.now, realarm_s=cause.realarm_s,
        ack_timeout_s=cause.ack_timeout_s or limits.ack_timeout_s, notify=list(cause.notify),
        escalation=[step.kept() for step in cause.escalation],
    )  # fmt: skip


def _refresh(work: Work, alarm: Alarm, cause: Cause) -> Alarm:
    worse = cause.severity.rank > alarm.severity.rank
    if not alarm.active:
        alarm.active = True
        note(work, alarm, EventKind.NOTE, reason="CAME_BACK")
    alarm.value, alarm.raised_by_at = cause.value, cause.measured_at
    if worse:
        _worsen(work, alarm, cause.severity)
    if worse or work.session.is_modified(alarm):
        changed(work, alarm)
    return alarm


def _worsen(work: Work, alarm: Alarm, severity: Severity) -> None:
    alarm.severity = severity
    if alarm.state is AlarmState.SHELVED:
        if severity is not Severity.CRITICAL:
            return
        unshelve(work, alarm, "CRITICAL")
    else:
        go_open(work, alarm)
        announce(work, alarm, EventKind.RE_ALARMED, reason="WORSE")
    schedule(alarm)
