"""What an alarm says when a rule opens it: texts filled in, limits, place, what follows."""

from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.alarms.lifecycle import Cause, clear_alarm, open_alarm
from domain.alarms.model import AlarmKind
from domain.alarms.rule_book import Rule
from domain.alarms.rule_forecasts import FORESEEN
from domain.alarms.rule_limits import RECORD
from domain.alarms.rule_measures import MEASURES
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import Event, Outcome, Phase, Track
from domain.alarms.rule_states import Standing
from domain.alarms.rule_texts import told
from domain.beds.model import Bed
from domain.devices.model import Device
from domain.patients.model import Encounter, Patient
from domain.places.model import Hospital, Ward
from domain.readings.metrics import catalogue
from kit.clock import EPOCH
from kit.work import Work

ADULT_YEARS = 16
_NAMES = {
    "news2": ("NEWS2 评分", "NEWS2 score"),
    RECORD: ("全部数据", "Whole record"),
    "silence": ("数据", "Data"),
}
_PLACES: dict[str, type] = {"bed": Bed, "device": Device, "ward": Ward, "hospital": Hospital}


def tell(work: Work, hospital_id: UUID, rule: Rule, one: Standing, event: Event) -> None:
    """Open or clear the alarm of a rule and an entity."""
    if event.outcome is Outcome.CLEARED:
        clear_alarm(work, rule_id=rule.id, entity=one.entity, hospital_id=hospital_id)
    elif rule.body.kind is not RuleKind.SCORE or _grown_up(work, one.encounter_id):
        open_alarm(work, cause_of(work.session, hospital_id, rule, one, event))


def end(work: Work, hospital_id: UUID, one: Standing, reason: str) -> None:
    """Clear what is open of a standing whose reason has gone; its state begins anew."""
    if one.track.phase in (Phase.FIRING, Phase.CLEARING, Phase.NO_DATA):
        clear_alarm(work, rule_id=one.rule_id, entity=one.entity, hospital_id=hospital_id,
                    reason=reason)  # fmt: skip
    one.track = Track(last_at=one.track.last_at)


def cause_of(session: Session, hospital_id: UUID, rule: Rule, one: Standing, event: Event) -> Cause:
    """Ready for `open_alarm`; the text shows limits, never the value."""
    body = rule.body
    limit = threshold_of(rule, event.value)
    name_zh, name_en = _name(body.metric)
    known = {
        "threshold": "" if limit is None else f"{limit:g}",
        "unit": "" if body.unit == "1" else body.unit.strip("{}").replace("[Hg]", "Hg"),
        "place": place_name(session, one.entity),
    }
    kind, _, key = one.entity.partition(":")
    by_clock = body.kind in (RuleKind.MEASURE, RuleKind.ABSENCE, RuleKind.FORECAST)
    return Cause(
        kind=alarm_kind(rule), severity=body.severity, hospital_id=hospital_id,
        ward_id=one.ward_id, entity=one.entity, rule_id=rule.id,
        text_zh=told(body.text_zh, {**known, "metric": name_zh}),
        text_en=told(body.text_en, {**known, "metric": name_en}),
        device_id=one.device_id, bed_id=UUID(key) if kind == "bed" else None, metric=body.metric,
        value=None if body.kind is RuleKind.ABSENCE else event.value, threshold=limit,
        measured_at=None if by_clock else EPOCH + timedelta(microseconds=event.at),
        escalation=body.escalation, notify=body.notify, realarm_s=body.realarm_s,
        ack_timeout_s=body.ack_timeout_s,
    )  # fmt: skip


def alarm_kind(rule: Rule) -> AlarmKind:
    """The kind of the alarms that a rule raises."""
    if rule.body.kind is RuleKind.ABSENCE:
        return AlarmKind.NO_DATA
    if rule.body.kind is RuleKind.MEASURE:
        return MEASURES[rule.body.metric].alarm
    return AlarmKind(rule.body.kind.value)


def threshold_of(rule: Rule, value: float) -> float | None:
    """The limit that was crossed, where the rule has one in the metric's unit."""
    body = rule.body
    if body.kind is RuleKind.RANGE:
        return body.low if value < body.low else body.high
    told_limit = (
        RuleKind.THRESHOLD,
        RuleKind.RATE,
        RuleKind.SCORE,
        RuleKind.MEASURE,
        RuleKind.FORECAST,
    )
    return body.threshold if body.kind in told_limit else None


def place_name(session: Session, entity: str) -> str:
    """The code of a bed, device, ward or hospital; of anything else its own name."""
    kind, _, key = entity.partition(":")
    model = _PLACES.get(kind)
    if model is None:
        return key
    row = session.get(model, UUID(key))
    return str(row.code) if row is not None else ""


def _name(metric: str) -> tuple[str, str]:
    if metric in _NAMES:
        return _NAMES[metric]
    if metric in MEASURES:
        return MEASURES[metric].name_zh, MEASURES[metric].name_en
    if metric in FORESEEN:
        return FORESEEN[metric].name_zh, FORESEEN[metric].name_en
    known = catalogue()[metric]
    return known.name_zh, known.name_en


def _grown_up(work: Work, encounter_id: UUID | None) -> bool:
    """False for a patient known to be younger than 16: NEWS2 is not for children."""
    if encounter_id is None:
        return True
    asked = (
        sa.select(col(Patient.birth_date))
        .join(Encounter, col(Encounter.patient_id) == col(Patient.id))
        .where(col(Encounter.id) == encounter_id)
    )
    born: date | None = work.session.connection().execute(asked).scalar()
    today = work.now.date()
    return born is None or (today.year - born.year) - (
        (today.month, today.day) < (born.month, born.day)
    ) >= ADULT_YEARS  # fmt: skip
