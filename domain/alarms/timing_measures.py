"""Rules about measures and forecasts: asked by the clock, of places, devices, the program."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.alarms.rule_book import RuleBook, winners
from domain.alarms.rule_measures import BATTERY, CLOCK_SKEW, About
from domain.alarms.rule_phase import Track, elapse, step
from domain.alarms.rule_states import Key, Standing, standings
from domain.alarms.timing_forecasts import foreseen
from domain.alarms.timing_turns import Asked, Turn
from domain.devices.model import Device, DeviceAttachment, DeviceState, DeviceStatus
from domain.measures.now import measure_now
from domain.places.model import Ward
from kit.clock import EPOCH

_STATUS: Any = (
    sa.select(
        col(Device.id), col(Device.kind), col(Device.state), col(DeviceStatus.battery_percent),
        col(DeviceStatus.skew_ms),
        sa.func.coalesce(col(DeviceAttachment.ward_id), col(Device.ward_id)).label("ward_id"),
    )
    .join(DeviceStatus, col(DeviceStatus.device_id) == col(Device.id))
    .outerjoin(
        DeviceAttachment,
        sa.and_(col(DeviceAttachment.device_id) == col(Device.id),
                col(DeviceAttachment.until).is_(None)),
    )
    .where(
        col(Device.hospital_id) == sa.bindparam("hospital"),
        col(Device.state) != DeviceState.RETIRED,
        sa.or_(col(DeviceStatus.battery_percent).is_not(None),
               col(DeviceStatus.skew_ms).is_not(None)),
    )
)  # fmt: skip
_WARDS = sa.select(col(Ward.id)).where(
    col(Ward.hospital_id) == sa.bindparam("hospital"), col(Ward.closed_at).is_(None)
)


def measured(
    session: Session, hospital_id: UUID, book: RuleBook, now: int, *, lock: bool = False
) -> list[Turn]:
    """What the measures of places and devices, and their forecasts, change about their rules."""
    asked = [
        *_of_places(session, hospital_id, book, now), *_of_devices(session, hospital_id, book),
        *foreseen(session, hospital_id, book, EPOCH + timedelta(microseconds=now)),
    ]  # fmt: skip
    return _turns(session, hospital_id, asked, now, lock)


def reported(
    session: Session, hospital_id: UUID, book: RuleBook, name: str, value: float, now: int,
    *, lock: bool = False,
) -> list[Turn]:  # fmt: skip
    """What a figure of the program changes about the hospital's rules."""
    rules = (rule for rule in book.measuring(About.PROGRAM) if rule.body.metric == name)
    asked: list[Asked] = [
        (rule, f"service:{name}", None, None, value) for rule in winners(rules, None, None)
    ]
    return _turns(session, hospital_id, asked, now, lock)


def _of_places(session: Session, hospital_id: UUID, book: RuleBook, now: int) -> Iterator[Asked]:
    rules = book.measuring(About.PLACE)
    if not rules:
        return
    by_ward = [rule for rule in rules if rule.ward_id is not None or rule.body.per == "ward"]
    at = EPOCH + timedelta(microseconds=now)
    for rule in winners((rule for rule in rules if rule not in by_ward), None, None):
        found = measure_now(session, rule.body.metric, hospital_id, None, at)
        yield rule, f"hospital:{hospital_id}", None, None, found.value
    wards = session.connection().execute(_WARDS, {"hospital": hospital_id}).scalars().all()
    for ward in sorted(wards) if by_ward else ():
        for rule in winners(by_ward, ward, None):
            found = measure_now(session, rule.body.metric, hospital_id, ward, at)
            yield rule, f"ward:{ward}", ward, None, found.value


def _of_devices(session: Session, hospital_id: UUID, book: RuleBook) -> Iterator[Asked]:
    rules = book.measuring(About.DEVICE)
    if not rules:
        return
    for row in session.connection().execute(_STATUS, {"hospital": hospital_id}).all():
        values = {BATTERY: row.battery_percent,
                  CLOCK_SKEW: None if row.skew_ms is None else abs(row.skew_ms) / 1000}  # fmt: skip
        for rule in winners(rules, row.ward_id, str(row.kind)):
            value = values[rule.body.metric]
            if row.state is DeviceState.MAINTENANCE and not rule.body.in_maintenance:
                value = None
            yield rule, f"device:{row.id}", row.ward_id, row.id, value


def _turns(
    session: Session, hospital_id: UUID, asked: Iterable[Asked], now: int, lock: bool
) -> list[Turn]:
    questions = list(asked)
    entities = {entity for _, entity, *_ in questions}
    known = standings(session, hospital_id, entities, lock=lock) if entities else {}
    return [turn for one in questions if (turn := _turn(known, one, now)) is not None]


def _turn(known: dict[Key, Standing], asked: Asked, now: int) -> Turn | None:
    """None where nothing is to be written: within a phase time passes by itself."""
    rule, entity, ward_id, device_id, value = asked
    if value is None or rule.detector is None:
        return None
    one = known.get((rule.key, entity)) or Standing(rule.id, entity, Track())
    one.device_id, one.ward_id = device_id, ward_id
    before = one.track.phase, one.track.since
    # every question is a sample, and none of them is late
    delays = replace(rule.body.delays, min_samples=1, max_gap=0)
    verdict = rule.detector.judge([], value, now) or 0
    events = step(delays, one.track, verdict, now, float(value))
    events += elapse(delays, one.track, now)
    if not events and (one.track.phase, one.track.since) == before:
        return None
    return Turn(rule, one, events)
