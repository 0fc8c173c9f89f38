"""A batch of messages on its way into the database: clean, keep, remember, tell the rules."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from sqlalchemy import Connection

from domain.alarms.evaluation import evaluate
from domain.devices.model import DeviceState
from domain.devices.waking import heard as wake
from domain.inbound.model import Door
from domain.readings.channels import channels_of, open_channels
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
Origin = tuple[Heard, str]  # the device's share of the batch, and the metric
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
    good: list[Kept] = field(default_factory=list)
    refused: list[Kept] = field(default_factory=list)
    # Of channels that this process does not know yet: the list that they belong to, whose, what.
    unnumbered: list[tuple[list[Kept], Sender, str, Kept]] = field(default_factory=list)
    origin: dict[int, Origin] = field(default_factory=dict)  # by channel

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
        marked = int(Quality.GAP_BEFORE if gap else 0) | _state_of(sender, heard)
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
            number = sender.channels.get(how.metric, 0)
            kept = Kept(number, at.at, received, self.now, value.value,
                        at.quality | value.quality | marked, value.raw,
                        how.unit if value.raw is not None else None)  # fmt: skip
            rows = self.refused if value.impossible else self.good
            if number:
                rows.append(kept)
                self.origin[number] = (heard, how.metric)
            else:
                self.unnumbered.append((rows, sender, how.metric, kept))
            if how.of_patient:
                vital.append((how.metric, value.value))
        if self.door != Door.FILE:
            self._remember(heard, received, when, vital)
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
        self, heard: Heard, received: int, when: dict[datetime | None, Moment],
        vital: list[tuple[str, float]],
    ) -> None:  # fmt: skip
        told = [at for at in when if at is not None]
        if not told:
            return
        newest = max(told)
        heard.measured_at = max(heard.measured_at or newest, newest)
        at = when[newest].at
        heard.pulse = timed(heard.pulse, received, at)
        heard.pulse = recorded(heard.pulse, vital, at)

    def keep(self) -> None:
        """Write everything, then let the rules see what is new."""
        connection = self.work.session.connection()
        if self.unnumbered:
            self._number(connection)
        set_aside(connection, self.refused, IMPOSSIBLE)
        if self.refused:
            self.stored.rejected += len(self.refused)
            self.stored.because(IMPOSSIBLE, len(self.refused))
        outcome = keep(connection, self.good)
        self._count(outcome)
        mark_due(connection, [*outcome.new, *outcome.corrected], self.now)
        if self.door != Door.FILE:  # history raises no alarm
            evaluate(self.work, self.hospital_id, samples(outcome.new, self.origin))

    def _number(self, connection: Connection) -> None:
        """Give the rows of channels that were not known their numbers, in their order."""
        wanted = {(sender.id, metric) for _, sender, metric, _ in self.unnumbered}
        found = channels_of(connection, {device for device, _ in wanted}, self.now)
        missing = [key for key in wanted if key[1] not in found.get(key[0], {})]
        if missing:
            open_channels(connection, self.hospital_id, missing, self.now, safely_past(self.now))
            found = channels_of(connection, {device for device, _ in wanted}, self.now)
        for rows, sender, metric, kept in self.unnumbered:
            number = found[sender.id][metric]
            rows.append(kept._replace(channel=number))
            self.origin[number] = (self.heard[sender.id], metric)

    def _count(self, outcome: Outcome) -> None:
        self.stored.stored += len(outcome.new)
        self.stored.corrected += len(outcome.corrected)
        self.stored.duplicate += outcome.duplicate
        for row in (*outcome.new, *outcome.corrected):
            self.origin[row.channel][0].readings += 1
        if self.door != Door.FILE:  # a device is not heard of by a file
            write_heard(self.work.session.connection(), self.hospital_id, self.heard.values())
            wake(self.work, [one for one in self.heard if self.known.by_id[one].state in _ASLEEP])
        # One event a ward, not a device: every process hears each, and screens read anew at one.
        places = Counter(
            self.known.by_id[one].scope for one, heard in self.heard.items() if heard.readings
        )
        for scope, devices in sorted(places.items(), key=lambda one: one[0].path):
            self.work.emit("ReadingsStored", scope, devices=devices)


def samples(rows: Sequence[Kept], origin: Mapping[int, Origin]) -> list[Sample]:
    """The new readings that rules may act on, in the order in which they were measured."""
    unfit = int(UNFIT_FOR_ALARMS)
    fit = sorted([row for row in rows if not row.quality & unfit], key=_in_time)
    return [
        Sample(row.channel, origin[row.channel][0].device_id, origin[row.channel][1], row.at,
               row.value, row.quality)
        for row in fit
    ]  # fmt: skip


_in_time = attrgetter("at", "channel")


def _state_of(sender: Sender, heard: Heard) -> int:
    maintained = sender.state == DeviceState.MAINTENANCE
    frozen = heard.pulse.frozen_at is not None
    return int(maintained and Quality.MAINTENANCE) | int(frozen and Quality.FROZEN)


def _note(work: Work, stored: Stored, messages: int) -> None:
    work.note(
        messages=messages, received=stored.received, stored=stored.stored,
        duplicate=stored.duplicate, corrected=stored.corrected, rejected=stored.rejected,
        parked=stored.parked,
        **{reason.lower(): count for reason, count in (stored.reasons or {}).items()},
    )  # fmt: skip
