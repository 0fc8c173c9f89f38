"""A batch of messages on its way into the database: clean, keep, remember, tell the rules."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.alarms.evaluation import evaluate
from domain.devices.model import DeviceState
from domain.devices.waking import heard as wake
from domain.inbound.model import Door
from domain.readings.channels import Key, channels_of, open_channels, remembered
from domain.readings.cleaning import IMPOSSIBLE, Moment, Times, cleaned, moment
from domain.readings.keeping import Kept, Outcome, keep, set_aside
from domain.readings.metrics import metric_named
from domain.readings.pulse import counted, recorded, timed
from domain.readings.quality import UNFIT_FOR_ALARMS, Quality
from domain.readings.recipes import Recipe, recipe
from domain.readings.rollups import mark_due, safely_past
from domain.readings.sample import Sample
from domain.telemetry.heard import Heard, write_heard
from domain.telemetry.messages import DeviceMessage, Raw, Stored, Unreadable
from domain.telemetry.parking import park, park_values
from domain.telemetry.senders import Sender, Senders, senders
from kit.clock import microseconds
from kit.errors import Invalid
from kit.work import Work

UNKNOWN_DEVICE = Invalid("no device of this hospital has this id: register it, then retry",
                         reason="DEVICE_UNKNOWN", field="device")  # fmt: skip
RETIRED = "DEVICE_RETIRED"
_ASLEEP = (DeviceState.REGISTERED, DeviceState.STALE, DeviceState.LOST)


def store_messages(
    work: Work, hospital_id: UUID, messages: Sequence[DeviceMessage],
    unreadable: Sequence[Unreadable], door: Door, *, may_park: bool = True,
) -> Stored:  # fmt: skip
    """Everything that `StoreReadings` does; for commands that store as a part of theirs.

    Raises Invalid for the first value that is not understood if it may not be parked.
    """
    known = senders(work, hospital_id, {message.device_id for message in messages})
    batch = _Batch(work, hospital_id, door, known, microseconds(work.now), may_park)
    for message in messages:
        batch.take(message)
    park(work, hospital_id, unreadable, batch.stored)
    batch.keep()
    _note(work, batch.stored, len(messages))
    return batch.stored


@dataclass(slots=True)
class _Batch:
    work: Work
    hospital_id: UUID
    door: Door
    known: Senders
    now: int
    may_park: bool
    stored: Stored = field(default_factory=Stored)
    heard: dict[UUID, Heard] = field(default_factory=dict)
    good: list[tuple[Key, Kept]] = field(default_factory=list)  # the channel is filled in later
    refused: list[tuple[Key, Kept]] = field(default_factory=list)

    def take(self, message: DeviceMessage) -> None:
        """Clean one message. Nothing of it can keep the others from being stored."""
        self.stored.received += len(message.raws)
        sender = self.known.by_id.get(message.device_id)
        if sender is None:
            if message.raws:
                self._park(message, message.raws, UNKNOWN_DEVICE, known=False)
        elif sender.state == DeviceState.RETIRED:
            self.stored.rejected += len(message.raws)
            self.stored.because(RETIRED, len(message.raws))
        else:
            self._clean(message, sender)

    def _clean(self, message: DeviceMessage, sender: Sender) -> None:
        received = microseconds(message.received_at)
        heard = self._heard(message, sender)
        heard.pulse, gap = counted(heard.pulse, message.sequence)
        marked = (Quality.GAP_BEFORE if gap else 0) | _state_of(sender, heard)
        skew = (heard.pulse.skew_ms or 0) * 1000
        times = Times(received, self.now, skew, self.door == Door.FILE)
        odd: dict[str, tuple[Invalid, list[Raw]]] = {}
        when: dict[datetime | None, Moment] = {}
        vital: list[tuple[str, float]] = []
        for raw in message.raws:
            try:
                how = self._recipe(raw, sender)
                at = when.get(raw.at) or when.setdefault(raw.at, moment(raw.at, times))
                value = cleaned(raw.value, how)
            except Invalid as why:
                odd.setdefault(why.reason, (why, []))[1].append(raw)
                continue
            kept = Kept(0, at.at, received, self.now, value.value,
                        at.quality | value.quality | marked, value.raw,
                        how.unit if value.raw is not None else None)  # fmt: skip
            rows = self.refused if value.impossible else self.good
            rows.append(((sender.id, how.metric), kept))
            if how.of_patient:
                vital.append((how.metric, value.value))
        if self.door != Door.FILE:
            self._remember(heard, when, vital)
        for reason, raws in odd.values():
            self._park(message, raws, reason)

    def _park(
        self, message: DeviceMessage, raws: Sequence[Raw], why: Invalid, known: bool = True
    ) -> None:
        if not self.may_park:
            raise why
        park_values(self.work, self.hospital_id, self.door, message, raws, why, self.stored,
                    known=known)  # fmt: skip

    def _recipe(self, raw: Raw, sender: Sender) -> Recipe:
        own = sender.own.get(raw.metric) if sender.own else None
        if not self.known.limits:
            return recipe(raw.metric, raw.unit, sender.kind, own)
        metric = metric_named(own.metric if own else raw.metric)
        limits = self.known.limits_of(metric.code, sender.kind)
        return recipe(raw.metric, raw.unit, sender.kind, own, limits)

    def _heard(self, message: DeviceMessage, sender: Sender) -> Heard:
        heard = self.heard.get(sender.id)
        if heard is None:
            heard = self.heard[sender.id] = Heard(sender.id, message.received_at, sender.pulse)
        heard.seen_at = max(heard.seen_at, message.received_at)
        heard.messages += 1
        if message.battery_percent is not None and 0 <= message.battery_percent <= 100:
            heard.battery_percent = message.battery_percent
        return heard

    def _remember(
        self, heard: Heard, when: dict[datetime | None, Moment], vital: list[tuple[str, float]]
    ) -> None:
        told = [at for at in when if at is not None]
        if not told:
            return
        newest = max(told)
        heard.measured_at = max(heard.measured_at or newest, newest)
        at = when[newest].at
        heard.pulse = timed(heard.pulse, microseconds(heard.seen_at), at)
        heard.pulse = recorded(heard.pulse, vital, at)

    def keep(self) -> None:
        """Write everything, then let the rules see what is new."""
        connection = self.work.session.connection()
        number = self._channels()
        refused = [kept._replace(channel=number[key]) for key, kept in self.refused]
        set_aside(connection, refused, IMPOSSIBLE)
        if refused:
            self.stored.rejected += len(refused)
            self.stored.because(IMPOSSIBLE, len(refused))
        rows = [Kept(number[key], *kept[1:]) for key, kept in self.good]
        outcome = keep(connection, rows)
        key_of = {channel: key for key, channel in number.items()}
        self._count(outcome, key_of)
        mark_due(connection, [*outcome.new, *outcome.corrected], self.now)
        if self.door != Door.FILE:  # history raises no alarm
            evaluate(self.work, self.hospital_id, samples(outcome.new, key_of))

    def _channels(self) -> dict[Key, int]:
        keys = {key for key, _ in self.good} | {key for key, _ in self.refused}
        if not keys:
            return {}
        connection = self.work.session.connection()
        seen = remembered(connection)
        number = {key: seen[key] for key in keys if key in seen}
        if missing := keys - number.keys():
            number |= channels_of(connection, {device for device, _ in missing}, self.now)
        if missing := keys - number.keys():
            number |= open_channels(connection, self.hospital_id, missing, self.now,
                                    safely_past(self.now))  # fmt: skip
        return number

    def _count(self, outcome: Outcome, key_of: dict[int, Key]) -> None:
        self.stored.stored += len(outcome.new)
        self.stored.corrected += len(outcome.corrected)
        self.stored.duplicate += outcome.duplicate
        changed: dict[UUID, int] = defaultdict(int)
        for row in (*outcome.new, *outcome.corrected):
            changed[key_of[row.channel][0]] += 1
        for device, count in changed.items():
            self.heard[device].readings += count
        self._tell(outcome, key_of, changed)

    def _tell(self, outcome: Outcome, key_of: dict[int, Key], changed: dict[UUID, int]) -> None:
        if self.door != Door.FILE:  # a device is not heard of by a file
            write_heard(self.work.session.connection(), self.hospital_id, self.heard.values())
            wake(self.work, [one for one in self.heard if self.known.by_id[one].state in _ASLEEP])
        for device in changed:
            self.work.emit("ReadingsStored", self.known.by_id[device].scope, device=device)


def samples(rows: Sequence[Kept], key_of: dict[int, Key]) -> list[Sample]:
    """The new readings that rules may act on, in the order in which they were measured."""
    fit = [row for row in rows if not row.quality & UNFIT_FOR_ALARMS]
    fit.sort(key=lambda row: (row.at, row.channel))
    return [
        Sample(row.channel, *key_of[row.channel], row.at, row.value, row.quality) for row in fit
    ]


def _state_of(sender: Sender, heard: Heard) -> int:
    quality = Quality.GOOD
    if sender.state == DeviceState.MAINTENANCE:
        quality |= Quality.MAINTENANCE
    if heard.pulse.frozen_at is not None:
        quality |= Quality.FROZEN
    return int(quality)


def _note(work: Work, stored: Stored, messages: int) -> None:
    work.note(
        messages=messages, received=stored.received, stored=stored.stored,
        duplicate=stored.duplicate, corrected=stored.corrected, rejected=stored.rejected,
        parked=stored.parked,
        **{reason.lower(): count for reason, count in (stored.reasons or {}).items()},
    )  # fmt: skip
