"""Whose readings these are: by attachment and stay at the time of measurement, never by a copy.

A reading belongs to the stay that was active on the bed where its device was attached when it
was measured. Nothing of this is written into readings: a stay that is corrected, voided or told
late changes the answer at once. What lies outside every stay belongs to nobody. See ADR 0011.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, or_, select

from domain.beds.model import Bed, BedStay
from domain.devices.model import Device
from domain.devices.queries import Spot, spots, spots_at_bed, spots_of_device
from domain.patients.model import Encounter
from domain.places.reach import within
from domain.places.times import during
from kit.clock import microseconds
from kit.errors import NotFound
from kit.work import Scope


@dataclass(frozen=True, slots=True)
class Window:
    """A device and the part of time [since, until) in µs that is asked for."""

    device_id: UUID
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Whose:
    """Windows of one patient (`subject`), or of nobody."""

    scope: Scope
    windows: tuple[Window, ...]
    subject: UUID | None = None
    encounter_id: UUID | None = None


def of_bed(
    session: Session, scopes: Sequence[Scope], bed_id: UUID, since: datetime, until: datetime
) -> Whose:
    """The patient in the bed now; of an empty bed nothing. Raises NotFound."""
    here = within(scopes, col(Bed.hospital_id), col(Bed.ward_id))
    bed = session.exec(select(Bed).where(Bed.id == bed_id, here)).first()
    if bed is None:
        raise NotFound.of("bed", bed_id)
    scope = Scope(bed.hospital_id, bed.ward_id)
    stay = _present_stay(session, bed_id)
    if stay is None:
        return Whose(scope, ())
    begin = max(since, stay.since)
    windows = [_cut(spot, begin, until) for spot in spots_at_bed(session, bed_id, begin, until)]
    return Whose(scope, tuple(windows), stay.subject, stay.encounter_id)


def of_device(
    session: Session, scopes: Sequence[Scope], device_id: UUID, since: datetime, until: datetime
) -> Whose:
    """The patient at whose bed the device is now; else what belongs to nobody. Raises NotFound."""
    device = session.get(Device, device_id)
    spot = spots(session, [device_id]).get(device_id) if device else None
    scope = Scope(device.hospital_id, spot.ward_id if spot else device.ward_id) if device else None
    if scope is None or not any(one.covers(scope) for one in scopes):
        raise NotFound.of("device", device_id)
    stay = _present_stay(session, spot.bed_id) if spot and spot.bed_id else None
    if spot is not None and stay is not None:
        begin = max(since, stay.since, spot.since)
        window = Window(device_id, microseconds(begin), microseconds(until))
        windows = (window,) if begin < until else ()
        return Whose(scope, windows, stay.subject, stay.encounter_id)
    taken = [
        (microseconds(max(place.since, one.since)), microseconds(_earlier(place, one, until)))
        for place in spots_of_device(session, device_id, since, until)
        for one in _stays(session, place, since, until)
    ]
    span = Window(device_id, microseconds(since), microseconds(until))
    return Whose(scope, tuple(_without(span, taken)))


def of_encounter(
    session: Session, scopes: Sequence[Scope], encounter_id: UUID, since: datetime, until: datetime
) -> Whose:
    """Everything measured at the beds of this encounter while it was in them. Raises NotFound."""
    here = within(scopes, col(Encounter.hospital_id), col(Encounter.ward_id))
    encounter = session.exec(select(Encounter).where(Encounter.id == encounter_id, here)).first()
    if encounter is None:
        raise NotFound.of("encounter", encounter_id)
    asked = select(BedStay).where(
        BedStay.encounter_id == encounter_id, col(BedStay.voided_at).is_(None),
        col(BedStay.since) < until, or_(col(BedStay.until).is_(None), col(BedStay.until) > since),
    )  # fmt: skip
    windows = []
    for stay in session.exec(asked.order_by(col(BedStay.since))):
        begin, end = max(since, stay.since), min(until, stay.until or until)
        windows += [
            _cut(spot, begin, end) for spot in spots_at_bed(session, stay.bed_id, begin, end)
        ]
    scope = Scope(encounter.hospital_id, encounter.ward_id)
    return Whose(scope, tuple(windows), encounter.subject, encounter.id)


def common(one: Whose, other: Whose) -> Whose:
    """What belongs to both: nothing if they are of different people."""
    if one.encounter_id != other.encounter_id:
        return Whose(one.scope, ())
    windows = tuple(
        Window(a.device_id, max(a.since, b.since), min(a.until, b.until))
        for a in one.windows
        for b in other.windows
        if a.device_id == b.device_id and max(a.since, b.since) < min(a.until, b.until)
    )
    return Whose(one.scope, windows, one.subject, one.encounter_id)


def _present_stay(session: Session, bed_id: UUID) -> BedStay | None:
    return session.exec(
        select(BedStay).where(
            BedStay.bed_id == bed_id, col(BedStay.voided_at).is_(None), during(BedStay, None)
        )
    ).first()


def _stays(session: Session, spot: Spot, since: datetime, until: datetime) -> Sequence[BedStay]:
    """Those on the bed while the device was there."""
    if spot.bed_id is None:
        return ()
    begin, end = max(since, spot.since), min(until, spot.until or until)
    asked = select(BedStay).where(
        BedStay.bed_id == spot.bed_id, col(BedStay.voided_at).is_(None),
        col(BedStay.since) < end, or_(col(BedStay.until).is_(None), col(BedStay.until) > begin),
    )  # fmt: skip
    return session.exec(asked).all()


def _cut(spot: Spot, since: datetime, until: datetime) -> Window:
    begin, end = max(since, spot.since), min(until, spot.until or until)
    return Window(spot.device_id, microseconds(begin), microseconds(end))


def _earlier(spot: Spot, stay: BedStay, until: datetime) -> datetime:
    return min(spot.until or until, stay.until or until, until)


def _without(span: Window, taken: Sequence[tuple[int, int]]) -> list[Window]:
    """What is left of a window."""
    left: list[Window] = []
    begin = span.since
    for since, until in sorted(taken):
        if since > begin:
            left.append(Window(span.device_id, begin, min(since, span.until)))
        begin = max(begin, until)
    if begin < span.until:
        left.append(Window(span.device_id, begin, span.until))
    return left
