"""What time alone changes about where a rule stands: found by a read, done by a command."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.alarms.rule_book import Rule, RuleBook
from domain.alarms.rule_model import RULE_STATE, RuleKind
from domain.alarms.rule_phase import Event, elapse
from domain.alarms.rule_states import Standing, standing_of
from domain.beds.model import BedStay
from domain.devices.model import Device, DeviceState

AT_ONCE = 500  # in one command; the rest is due again a second later
BY_CLOCK = (RuleKind.ABSENCE, RuleKind.MEASURE, RuleKind.FORECAST)  # asked anew instead
# (rule, entity, ward, device, value); a value of None has no opinion
Asked = tuple[Rule, str, UUID | None, UUID | None, float | None]
_DUE = (
    sa.select(RULE_STATE)
    .where(RULE_STATE.c.hospital_id == sa.bindparam("hospital"),
           RULE_STATE.c.due <= sa.bindparam("now"))
    .order_by(RULE_STATE.c.rule_id, RULE_STATE.c.entity)
    .limit(AT_ONCE)
)  # fmt: skip
_OFFLINE = (DeviceState.STALE, DeviceState.LOST)


@dataclass(slots=True)
class Turn:
    """A standing as it is to be, what to tell, and under which reason something ended."""

    rule: Rule
    standing: Standing
    events: tuple[Event, ...] = ()
    ended: str | None = None


def delays_over(
    session: Session, hospital_id: UUID, book: RuleBook, now: int, *, lock: bool = False
) -> list[Turn]:
    """Delays that end without a new reading: the condition held, and no hole broke it."""
    asked = _DUE.with_for_update() if lock else _DUE
    rows = session.connection().execute(asked, {"hospital": hospital_id, "now": now}).all()
    turns = []
    for row in rows:
        rule, one = book.by_id.get(row.rule_id), standing_of(row)
        if rule is not None and rule.body.kind not in BY_CLOCK:
            turns.append(_turn(session, rule, one, now))
    return turns


def _turn(session: Session, rule: Rule, one: Standing, now: int) -> Turn:
    if one.encounter_id is not None and not _lies(session, one):
        return Turn(rule, one, ended="PATIENT_CHANGED")
    if not rule.body.when_offline and _offline(session, one.device_id):
        return Turn(rule, one)  # a hole begins: the next reading decides
    passed = one.track.last_at + max(0, now - one.heard)
    return Turn(rule, one, elapse(rule.body.delays, one.track, passed))


def _lies(session: Session, one: Standing) -> bool:
    """Whether the patient whose readings they were is in that bed still."""
    kind, _, key = one.entity.partition(":")
    here = sa.select(col(BedStay.id)).where(
        col(BedStay.encounter_id) == one.encounter_id, col(BedStay.until).is_(None),
        col(BedStay.voided_at).is_(None),
        col(BedStay.bed_id) == (UUID(key) if kind == "bed" else None),
    )  # fmt: skip
    return session.connection().execute(here).first() is not None


def _offline(session: Session, device_id: UUID | None) -> bool:
    asked: Any = sa.select(col(Device.state)).where(col(Device.id) == device_id)
    return session.connection().execute(asked).scalar() in _OFFLINE
