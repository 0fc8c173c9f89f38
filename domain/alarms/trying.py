"""What a rule would have said: replays stored readings through it and writes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.alarms.judging import judged
from domain.alarms.news2 import PARAMETER_OF
from domain.alarms.rule_baselines import usual_of
from domain.alarms.rule_book import Rule, detector_of
from domain.alarms.rule_causes import place_name
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_limits import RECORD
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import Event, Outcome, Track, elapse
from domain.beds.model import BedStay
from domain.devices.model import Device, DeviceAttachment
from domain.places.reach import hospital_in_reach, ward_in_reach
from domain.readings.metrics import catalogue
from domain.readings.model import CHANNEL, READING
from domain.readings.quality import UNFIT_FOR_ALARMS, Quality
from domain.readings.sample import Sample
from kit.clock import EPOCH, microseconds
from kit.errors import Invalid
from kit.ids import new_id
from kit.work import Scope

LONGEST = timedelta(days=31)
MOST_READINGS = 200_000
SHOWN = 200  # firings that are listed; all are counted
BY_CLOCK = (RuleKind.ABSENCE, RuleKind.MEASURE, RuleKind.FORECAST)
_UNFIT = int(UNFIT_FOR_ALARMS | Quality.AHEAD)
_Whose = tuple[str, UUID | None]  # an entity and whose readings they are
Usuals = Mapping[tuple[int, int], tuple[float, float]]


@dataclass(slots=True)
class Firing:
    """One alarm that would have been; `subject` is whose readings they were."""

    entity: str
    place: str
    scope: Scope
    since: datetime
    until: datetime | None
    value: float
    subject: UUID | None = None


@dataclass(slots=True)
class Trial:
    """`count` counts all, `firings` lists the first of them in time order."""

    readings: int = 0
    entities: int = 0
    count: int = 0
    firings: list[Firing] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Span:
    """A device at a bed, with a patient or without, from when to when (µs)."""

    since: int
    until: int
    entity: str
    scope: Scope
    subject: UUID | None = None


def try_rule(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, plain: Mapping[str, Any],
    since: datetime, until: datetime, *, ward_id: UUID | None = None,
) -> Trial:  # fmt: skip
    """Replay a hospital's or a ward's readings of [since, until) through a rule.

    Raises NotFound outside of the viewer's reach, and Invalid for a rule that is wrong, that is
    judged by the clock, or asks for more than 200,000 readings or 31 days.
    """
    place = ward_in_reach(session, scopes, ward_id) if ward_id else None
    if place is None or place.hospital_id != hospital_id:
        hospital_in_reach(session, scopes, hospital_id)
    body = read_rule(plain)
    if body.kind in BY_CLOCK:
        raise Invalid("silence, measures and forecasts leave no readings to replay",
                      reason="RULE_BY_CLOCK", field="kind")  # fmt: skip
    if not timedelta(0) < until - since <= LONGEST:
        raise Invalid("give a span of at most 31 days, its end after its beginning",
                      reason="TRIAL_SPAN", field="until")  # fmt: skip
    rule = Rule(new_id(), body, detector_of(body), ward_id)
    replay = _Replay(session, hospital_id, rule, microseconds(since), microseconds(until))
    return replay.run()


@dataclass(slots=True)
class _Replay:
    session: Session
    hospital_id: UUID
    rule: Rule
    since: int
    until: int
    tracks: dict[_Whose, Track] = field(default_factory=dict)
    ends: dict[_Whose, int] = field(default_factory=dict)
    scopes: dict[_Whose, Scope] = field(default_factory=dict)
    open: dict[_Whose, Firing] = field(default_factory=dict)
    trial: Trial = field(default_factory=Trial)

    def run(self) -> Trial:
        """Sample by sample in the order of measuring, as if each had come at once."""
        devices = self._devices()
        spans = _spans(self.session, devices, self.since, self.until)
        samples = self._samples(devices)
        usuals = self._usuals(samples)
        for sample in samples:
            self._take(sample, self._where(sample, devices, spans), usuals)
        for key, track in self.tracks.items():
            end = min(self.until, self.ends[key])  # a delay does not outlast the patient's stay
            self._note(key, elapse(self.rule.body.delays, track, end))
        self.trial.readings, self.trial.entities = len(samples), len(self.tracks)
        self.trial.firings.sort(key=lambda one: (one.since, one.entity))
        for one in self.trial.firings:
            one.place = place_name(self.session, one.entity)
        return self.trial

    def _take(self, sample: Sample, where: _Span | None, usuals: Usuals) -> None:
        if where is None or not self.rule.applies(where.scope.ward, self.rule.body.device_kind):
            return
        key = (where.entity, where.subject)
        track = self.tracks.setdefault(key, Track())
        self.ends[key], self.scopes[key] = where.until, where.scope
        events, _ = judged(self.rule, track, [sample], usuals)
        if events:
            self._note(key, events)

    def _note(self, key: _Whose, events: tuple[Event, ...]) -> None:
        for event in events:
            if event.outcome is Outcome.OPENED:
                firing = Firing(key[0], "", self.scopes[key], _time(event.at), None, event.value,
                                key[1])  # fmt: skip
                self.open[key] = firing
                self.trial.count += 1
                if len(self.trial.firings) < SHOWN:
                    self.trial.firings.append(firing)
            elif key in self.open:
                self.open.pop(key).until = _time(event.at)

    def _devices(self) -> dict[UUID, Any]:
        asked = sa.select(col(Device.id), col(Device.ward_id)).where(
            col(Device.hospital_id) == self.hospital_id
        )
        if self.rule.body.device_kind:
            asked = asked.where(col(Device.kind) == self.rule.body.device_kind)
        return {row.id: row for row in self.session.connection().execute(asked)}

    def _samples(self, devices: Mapping[UUID, Any]) -> list[Sample]:
        metrics = _metrics(self.rule)
        asked = (
            sa.select(CHANNEL.c.id, CHANNEL.c.device_id, CHANNEL.c.metric, READING.c.at,
                      READING.c.value, READING.c.quality)
            .join(READING, READING.c.channel_id == CHANNEL.c.id)
            .where(CHANNEL.c.hospital_id == self.hospital_id, READING.c.at >= self.since,
                   READING.c.at < self.until)
            .order_by(READING.c.at, CHANNEL.c.id)
            .limit(MOST_READINGS + 1)
        )  # fmt: skip
        if metrics is not None:
            asked = asked.where(CHANNEL.c.metric.in_(metrics))
        rows = self.session.connection().execute(asked).all()
        if len(rows) > MOST_READINGS:
            raise Invalid(f"more than {MOST_READINGS} readings: take a shorter span",
                          reason="TRIAL_SPAN", field="since")  # fmt: skip
        found = (Sample(*row) for row in rows)
        return [one for one in found if one.device_id in devices and not one.quality & _UNFIT]

    def _usuals(self, samples: Sequence[Sample]) -> Usuals:
        if self.rule.body.kind not in (RuleKind.DEVIATION, RuleKind.CUSUM) or not samples:
            return {}
        return usual_of(self.session, self.hospital_id, samples)

    def _where(
        self, sample: Sample, devices: Mapping[UUID, Any], spans: Mapping[UUID, list[_Span]]
    ) -> _Span | None:
        own = f"device:{sample.device_id}"
        at_bed = catalogue()[sample.metric].of_patient and self.rule.body.metric != RECORD
        for span in spans.get(sample.device_id, ()):
            if span.since <= sample.at < span.until:
                return span if at_bed and span.entity else _Span(0, 2**62, own, span.scope)
        return _Span(0, 2**62, own, Scope(self.hospital_id, devices[sample.device_id].ward_id))


def _metrics(rule: Rule) -> list[str] | None:
    if rule.body.kind is RuleKind.SCORE:
        return sorted(PARAMETER_OF)
    return None if rule.body.metric == RECORD else [rule.body.metric]


def _spans(
    session: Session, devices: Mapping[UUID, Any], since: int, until: int
) -> dict[UUID, list[_Span]]:
    """Where devices were and who lay there, cut to pieces in which neither changed."""
    attached = (
        sa.select(DeviceAttachment)
        .where(col(DeviceAttachment.since) < _time(until),
               sa.or_(col(DeviceAttachment.until).is_(None),
                      col(DeviceAttachment.until) > _time(since)))
        .order_by(col(DeviceAttachment.since))
    )  # fmt: skip
    rows = [row for row in session.scalars(attached) if row.device_id in devices]
    stays = _stays(session, {row.bed_id for row in rows if row.bed_id}, since, until)
    found: dict[UUID, list[_Span]] = {}
    for row in rows:
        first, last = microseconds(row.since), _end(row.until)
        pieces = list(_pieces(row, first, last, stays.get(row.bed_id, ())))
        found.setdefault(row.device_id, []).extend(pieces)
    return found


def _pieces(row: DeviceAttachment, first: int, last: int, stays: Sequence[Any]) -> Iterator[_Span]:
    entity, scope = f"bed:{row.bed_id}" if row.bed_id else "", row.scope
    at = first
    for stay in stays:
        since, until = max(at, microseconds(stay.since)), min(last, _end(stay.until))
        if since < until:
            if at < since:
                yield _Span(at, since, entity, scope)
            yield _Span(since, until, entity, scope, stay.subject)
            at = until
    if at < last:
        yield _Span(at, last, entity, scope)


def _stays(
    session: Session, beds: set[UUID], since: int, until: int
) -> dict[UUID | None, list[Any]]:
    asked = (
        sa.select(col(BedStay.bed_id), col(BedStay.since), col(BedStay.until), col(BedStay.subject))
        .where(col(BedStay.bed_id).in_(sorted(beds)), col(BedStay.voided_at).is_(None),
               col(BedStay.since) < _time(until),
               sa.or_(col(BedStay.until).is_(None), col(BedStay.until) > _time(since)))
        .order_by(col(BedStay.since))
    )  # fmt: skip
    found: dict[UUID | None, list[Any]] = {}
    for row in session.connection().execute(asked) if beds else ():
        found.setdefault(row.bed_id, []).append(row)
    return found


def _end(until: datetime | None) -> int:
    return 2**62 if until is None else microseconds(until)


def _time(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)
