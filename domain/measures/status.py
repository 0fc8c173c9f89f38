"""The state of a ward, of a hospital with its wards, and of the hospitals somebody may see."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.measures.counts import RECENT, AnyRow, Counts, counts
from domain.measures.now import LIVE
from domain.measures.shown import (
    SHOWN_STATES,
    Freshness,
    HospitalStatus,
    Load,
    WardStatus,
)
from domain.places import queries as places
from domain.places.reach import hospital_in_reach, hospital_of_ward
from kit.work import Scope

MOST_HOSPITALS = 100


def ward_status(
    session: Session, scopes: Sequence[Scope], ward_id: UUID, now: datetime
) -> WardStatus:
    """One ward, in nine statements. Raises NotFound, for a closed ward too."""
    hospital_id = hospital_of_ward(session, scopes, ward_id)
    found = _hospitals(counts(session, [hospital_id], ward_id, now), now)[0].wards
    if not found:
        hospital_of_ward(session, (), ward_id)  # a closed ward is as unknown as a foreign one
    return found[0]


def hospital_status(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID, now: datetime
) -> HospitalStatus:
    """A hospital and its open wards by code, in nine statements. Raises NotFound."""
    hospital_in_reach(session, scopes, hospital_id)
    return _hospitals(counts(session, [hospital_id], None, now), now)[0]


def network_status(
    session: Session, scopes: Sequence[Scope], now: datetime
) -> tuple[HospitalStatus, ...]:
    """The hospitals of which the viewer sees all, by code, at most 100, in nine statements."""
    whole = [scope for scope in scopes if scope.ward is None]
    seen = places.hospitals(session, whole, limit=MOST_HOSPITALS)
    if not seen:
        return ()
    return tuple(_hospitals(counts(session, [one.id for one in seen], None, now), now))


def _hospitals(found: Counts, now: datetime) -> list[HospitalStatus]:
    tally = _Tally(found)
    recorded = {row.hospital: row.at for row in found.recorded}
    of_hospital: dict[UUID, list[AnyRow]] = defaultdict(list)
    for row in found.wards:
        of_hospital[row.hospital].append(row)
    result = []
    for key, rows in of_hospital.items():
        fresh, first = _fresh(recorded.get(key), now), rows[0]
        wards = tuple(
            WardStatus(row.id, key, row.code, row.name_zh, row.name_en, row.care_level, fresh,
                       tally.load([(row.id, key)], [row]))
            for row in rows if row.id is not None
        )  # fmt: skip
        homes = [*((ward.id, key) for ward in wards), (None, key)]
        load = _together(tally.load(homes, []), wards)
        result.append(HospitalStatus(
            key, first.hospital_code, first.hospital_zh, first.hospital_en, first.time_zone,
            first.latitude, first.longitude, fresh, load, wards,
        ))  # fmt: skip
    return result


def _fresh(last: datetime | None, now: datetime) -> Freshness:
    return Freshness(now, LIVE, last, last is None or now - last > RECENT)


class _Tally:
    """Counts by (ward, hospital); a ward of None is what is in none of the wards."""

    def __init__(self, found: Counts) -> None:
        self.beds = _grouped(found.beds, lambda row: row.ward_id)
        self.tasks = {row.ward_id: row.since for row in found.tasks}
        self.requests = {(row.ward_id, row.hospital_id): row for row in found.requests}
        self.carers = _grouped(found.carers, lambda row: (row.ward_id, row.hospital_id))
        self.on_duty = {(row.ward_id, row.hospital_id): row.people for row in found.on_duty}
        self.devices = _grouped(found.devices, lambda row: (row.ward_id, row.hospital_id))

    def load(self, homes: Sequence[tuple[UUID | None, UUID]], rows: Sequence[AnyRow]) -> Load:
        """Of these places together; `rows` say what they are licensed and staffed for."""
        beds = [row for ward, _ in homes for row in self.beds.get(ward, ())]
        waits = [self.requests[home] for home in homes if home in self.requests]
        staffed = sum(row.staffed_beds or 0 for row in rows)
        in_use = sum(row.in_use for row in beds)
        ready = sum(row.beds for row in beds if row.shown == "READY" and not row.co_blocked)
        states = Counter({state: 0 for state in SHOWN_STATES})
        devices: Counter[Any] = Counter()
        for row in beds:
            states[row.shown] += row.beds
        for home in homes:
            for row in self.devices.get(home, ()):
                devices[row.state] += row.devices
        return Load(
            by_state=states, licensed_beds=sum(row.licensed_beds for row in rows),
            staffed_beds=staffed, open=sum(row.open for row in beds),
            occupied=sum(row.occupied for row in beds), in_use=in_use,
            held=sum(row.held for row in beds), ready_now=min(ready, max(staffed - in_use, 0)),
            waiting=sum(row.waiting for row in waits),
            longest_wait_since=_first(row.since for row in waits),
            oldest_cleaning_since=_first(self.tasks.get(ward) for ward, _ in homes),
            carers=len({row.account_id for home in homes for row in self.carers.get(home, ())}),
            on_duty=sum(self.on_duty.get(home, 0) for home in homes),
            devices=devices,
        )  # fmt: skip


def _together(load: Load, wards: Sequence[WardStatus]) -> Load:
    """Staff of one ward is no staff of another: readiness is the sum of what each ward has."""
    loads = [ward.load for ward in wards]
    return Load(
        by_state=load.by_state, licensed_beds=sum(one.licensed_beds for one in loads),
        staffed_beds=sum(one.staffed_beds for one in loads), open=load.open,
        occupied=load.occupied, in_use=load.in_use, held=load.held,
        ready_now=sum(one.ready_now for one in loads), waiting=load.waiting,
        longest_wait_since=load.longest_wait_since,
        oldest_cleaning_since=load.oldest_cleaning_since, carers=load.carers,
        on_duty=load.on_duty,
        devices=load.devices,
    )  # fmt: skip


def _grouped(rows: Iterable[AnyRow], key: Any) -> dict[Any, list[AnyRow]]:
    found: dict[Any, list[AnyRow]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in times if at is not None), default=None)
