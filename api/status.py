"""The state of wards, hospitals and the network in GraphQL: asked for, and live."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import strawberry

from api.bed_views import as_id
from api.places import Names
from api.query import Reader, query
from api.status_views import (
    HospitalMap,
    HospitalStatusEvent,
    HospitalStatusView,
    NetworkStatus,
    UnplacedHospital,
    WardStatusEvent,
    WardStatusView,
)
from api.subscription import Topic, subscription
from domain.alarms.counting import AlarmTally, Home, together, unresolved_alarms
from domain.measures.geo import geo_json, placed
from domain.measures.shown import HospitalStatus, WardStatus
from domain.measures.status import hospital_status, network_status, ward_status
from domain.places.reach import hospital_in_reach, hospital_of_ward
from kit.errors import NotFound
from kit.work import Scope

# Readings come by the thousand and change no count; everything here does.
STATUS_EVENTS = frozenset(
    {
        "AdmissionCancelled", "AlarmChanged", "AlarmOpened", "AlarmResolved", "BedAdded",
        "BedBlocked", "BedChanged", "BedHeld", "BedOccupied", "BedRemoved", "BedRequested",
        "BedUnblocked", "BedVacated", "CareAssigned", "CareEnded", "CleaningChanged",
        "DepartureCancelled", "DeviceAttached", "DeviceChanged", "DeviceDetached", "DeviceHeard",
        "DeviceRegistered", "HoldEnded", "HygieneChanged", "MoveCancelled", "PatientAdmitted",
        "PatientDeparted", "PatientMoved", "PatientsSwapped", "PlacementNeedStated",
        "RequestChanged", "StaffedBedsSet", "StayCorrected", "WardChanged", "WardClosed",
        "WardOpened",
    }
)  # fmt: skip
Tallies = Mapping[Home, Sequence[AlarmTally]]


@strawberry.type
class StatusQueries:
    @query("capacity.read")
    def network_status(self, reader: Reader) -> NetworkStatus:
        """The hospitals of which the viewer may see all, each with its wards; at most 100."""
        found = _network(reader)
        alarms = unresolved_alarms(reader.session, [one.id for one in found])
        return NetworkStatus(
            as_of=reader.now, nodes=[_hospital(reader, one, alarms) for one in found]
        )

    @query("capacity.read")
    def hospital_status(self, reader: Reader, hospital_id: UUID) -> HospitalStatusView:
        """A hospital's beds by state, who waits, staff, devices and alarms, with its wards."""
        return _read_hospital(reader, hospital_id)

    @query("capacity.read")
    def ward_status(self, reader: Reader, ward_id: UUID) -> WardStatusView:
        """A ward's beds by state, who waits, staff, devices and alarms."""
        return _read_ward(reader, ward_id)

    @query("capacity.read")
    def hospital_map(self, reader: Reader) -> HospitalMap:
        """Hospitals on the map with their capacity, as GeoJSON."""
        found = _network(reader)
        unplaced = [
            UnplacedHospital(id=as_id(one.id), code=one.code,
                             name=Names(zh=one.name_zh, en=one.name_en))
            for one in found if not placed(one)
        ]  # fmt: skip
        return HospitalMap(as_of=reader.now, geo_json=geo_json(found), unplaced=unplaced)


def _ward_topics(reader: Reader, ward_id: UUID, after: str | None = None) -> tuple[Topic, ...]:
    hospital_id = hospital_of_ward(reader.session, reader.scopes, ward_id)
    return (Topic(Scope(hospital_id, ward_id), STATUS_EVENTS),)


def _hospital_topics(
    reader: Reader, hospital_id: UUID, after: str | None = None
) -> tuple[Topic, ...]:
    hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
    return (Topic(hospital.scope, STATUS_EVENTS),)


@strawberry.type
class StatusSubscriptions:
    @subscription("capacity.read", topics=_ward_topics)
    def ward_status(
        self, reader: Reader, ward_id: UUID, after: str | None = None
    ) -> WardStatusEvent:
        """A ward's status, now and after every change; a slow screen gets the latest only."""
        view = _read_ward(reader, ward_id)
        cursor = reader.context.app.feed.cursor(reader.session, view.sight.scope.hospital)
        return WardStatusEvent(sight=view.sight, cursor=cursor, status=view)

    @subscription("capacity.read", topics=_hospital_topics)
    def hospital_status(
        self, reader: Reader, hospital_id: UUID, after: str | None = None
    ) -> HospitalStatusEvent:
        """A hospital's status, now and after every change; a slow screen gets the latest only."""
        view = _read_hospital(reader, hospital_id)
        cursor = reader.context.app.feed.cursor(reader.session, hospital_id)
        return HospitalStatusEvent(sight=view.sight, cursor=cursor, status=view)


def _network(reader: Reader) -> tuple[HospitalStatus, ...]:
    if not reader.scopes:
        raise NotFound("no network that you may see")
    return network_status(reader.session, reader.scopes, reader.now)


def _read_hospital(reader: Reader, hospital_id: UUID) -> HospitalStatusView:
    found = hospital_status(reader.session, reader.scopes, hospital_id, reader.now)
    return _hospital(reader, found, unresolved_alarms(reader.session, [hospital_id]))


def _read_ward(reader: Reader, ward_id: UUID) -> WardStatusView:
    found = ward_status(reader.session, reader.scopes, ward_id, reader.now)
    return _ward(reader, found, unresolved_alarms(reader.session, [found.hospital_id], ward_id))


def _hospital(reader: Reader, found: HospitalStatus, alarms: Tallies) -> HospitalStatusView:
    own = [one for home, tallies in alarms.items() if home[0] == found.id for one in tallies]
    wards = [_ward(reader, ward, alarms) for ward in found.wards]
    return HospitalStatusView.of(found, together(own), reader.sight(Scope(found.id)), wards)


def _ward(reader: Reader, ward: WardStatus, alarms: Tallies) -> WardStatusView:
    sight = reader.sight(Scope(ward.hospital_id, ward.id))
    return WardStatusView.of(ward, alarms.get((ward.hospital_id, ward.id), ()), sight)
