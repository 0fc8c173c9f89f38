"""What GraphQL shows of the state of wards, hospitals and the network."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import strawberry

from api.bed_views import as_id
from api.limits import AT_MOST
from api.places import Names
from api.sight import CLASS, Sight, View, classified, shows
from authz.classes import DataClass
from domain.alarms.counting import AlarmTally
from domain.alarms.model import Severity
from domain.devices.model import DeviceState
from domain.measures.pressure import pressure_of
from domain.measures.shown import SHOWN_STATES, Freshness, HospitalStatus, Load, WardStatus
from domain.places.model import CareLevel

MOST_WARDS = 60


def many(most: int, kind: DataClass) -> Any:
    """A list field that never has more than `most` items."""
    return strawberry.field(metadata={CLASS: kind, AT_MOST: most})


@classified(DataClass.CAPACITY)
@strawberry.type
class BedCount:
    """How many beds show one word on their screens."""

    state: str
    beds: int


@classified(DataClass.DEVICE)
@strawberry.type
class DeviceCount:
    state: DeviceState
    devices: int


@classified(DataClass.ALARM)
@strawberry.type
class AlarmCount:
    """Unresolved alarms of one severity; `open`: those that nobody has taken note of."""

    severity: Severity
    open: int
    unresolved: int


@classified(DataClass.CAPACITY)
@strawberry.type
class Capacity:
    """How full a place is at `asOf`.

    `open` beds count and are in service or occupied; `inUse` count and are occupied or held;
    `headroom` is `staffedBeds` less `inUse`. `readyNow` never exceeds the staff of each ward.
    `source` is LIVE; `stale` says that the hospital recorded nothing for a day. `carers` are the
    people who treat somebody here now, `onDuty` those in a shift of a published roster.
    `pressure` is the colour of the occupancy: GREEN, AMBER, RED or BLACK.
    """

    as_of: datetime
    source: str
    stale: bool
    last_recorded_at: datetime | None
    licensed_beds: int
    staffed_beds: int
    open: int
    occupied: int
    in_use: int
    held: int
    ready_now: int
    headroom: int
    occupancy_percent: float | None
    pressure: str | None
    waiting: int
    longest_wait_since: datetime | None
    oldest_cleaning_since: datetime | None
    carers: int
    on_duty: int
    beds: list[BedCount] = many(len(SHOWN_STATES), DataClass.CAPACITY)

    @classmethod
    def of(cls, load: Load, fresh: Freshness) -> Self:
        pressure = pressure_of(load.occupancy_percent)
        return cls(
            as_of=fresh.as_of, source=fresh.source, stale=fresh.stale,
            last_recorded_at=fresh.last_recorded_at, licensed_beds=load.licensed_beds,
            staffed_beds=load.staffed_beds, open=load.open, occupied=load.occupied,
            in_use=load.in_use, held=load.held, ready_now=load.ready_now, headroom=load.headroom,
            occupancy_percent=load.occupancy_percent,
            pressure=pressure.colour if pressure else None, waiting=load.waiting,
            longest_wait_since=load.longest_wait_since,
            oldest_cleaning_since=load.oldest_cleaning_since, carers=load.carers,
            on_duty=load.on_duty,
            beds=[BedCount(state=state, beds=beds) for state, beds in load.by_state.items()],
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type(name="WardStatus")
class WardStatusView(View):
    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    code: str = shows(DataClass.GENERAL)
    name: Names = shows(DataClass.GENERAL)
    care_level: CareLevel = shows(DataClass.GENERAL)
    capacity: Capacity
    devices: list[DeviceCount] | None = shows(DataClass.DEVICE)
    alarms: list[AlarmCount] | None = shows(DataClass.ALARM)

    @classmethod
    def of(cls, ward: WardStatus, alarms: Sequence[AlarmTally], sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(ward.id), hospital_id=as_id(ward.hospital_id), code=ward.code,
            name=Names(zh=ward.name_zh, en=ward.name_en), care_level=ward.care_level,
            capacity=Capacity.of(ward.load, ward.fresh), devices=_devices(ward.load.devices),
            alarms=_alarms(alarms),
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type(name="HospitalStatus")
class HospitalStatusView(View):
    """A hospital and its open wards by code; its counts hold what is in none of the wards, too."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    code: str = shows(DataClass.GENERAL)
    name: Names = shows(DataClass.GENERAL)
    time_zone: str = shows(DataClass.GENERAL)
    capacity: Capacity
    devices: list[DeviceCount] | None = shows(DataClass.DEVICE)
    alarms: list[AlarmCount] | None = shows(DataClass.ALARM)
    wards: list[WardStatusView] = many(MOST_WARDS, DataClass.CAPACITY)

    @classmethod
    def of(
        cls, found: HospitalStatus, alarms: Sequence[AlarmTally], sight: Sight,
        wards: list[WardStatusView],
    ) -> Self:  # fmt: skip
        return cls(
            sight=sight, id=as_id(found.id), code=found.code,
            name=Names(zh=found.name_zh, en=found.name_en), time_zone=found.time_zone,
            capacity=Capacity.of(found.load, found.fresh), devices=_devices(found.load.devices),
            alarms=_alarms(alarms), wards=wards,
        )  # fmt: skip


@classified(DataClass.CAPACITY)
@strawberry.type
class NetworkStatus:
    """The hospitals of which the viewer may see all, by code."""

    as_of: datetime
    nodes: list[HospitalStatusView] = many(30, DataClass.CAPACITY)


@classified(DataClass.CAPACITY)
@strawberry.type
class WardStatusEvent(View):
    """The status after a change. Send `cursor` as `after` to go on from here."""

    cursor: str
    status: WardStatusView


@classified(DataClass.CAPACITY)
@strawberry.type
class HospitalStatusEvent(View):
    """The status after a change. Send `cursor` as `after` to go on from here."""

    cursor: str
    status: HospitalStatusView


@classified(DataClass.GENERAL)
@strawberry.type
class UnplacedHospital:
    """A hospital that the map cannot show, because nobody said where it is."""

    id: strawberry.ID
    code: str
    name: Names


@classified(DataClass.CAPACITY)
@strawberry.type
class HospitalMap:
    """`geoJson` is a FeatureCollection (RFC 7946) of points; `unplaced` have no coordinates."""

    as_of: datetime
    geo_json: str
    unplaced: list[UnplacedHospital] = many(100, DataClass.GENERAL)


def _devices(counts: Mapping[DeviceState, int]) -> list[DeviceCount]:
    return [DeviceCount(state=state, devices=counts[state]) for state in DeviceState
            if counts.get(state)]  # fmt: skip


def _alarms(tallies: Sequence[AlarmTally]) -> list[AlarmCount]:
    return [
        AlarmCount(severity=one.severity, open=one.open, unresolved=one.unresolved)
        for one in tallies
    ]
