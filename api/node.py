"""`node(id)`: any object by its id, found only where the viewer could have listed it."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.alarm_views import AlarmView
from api.bed_views import BedView, RequestView, StayView
from api.device_views import DeviceNow
from api.patient_views import EncounterView, PatientView
from api.places import HospitalView, WardView
from api.plan_views import PlanView
from api.query import Reader, query
from domain.alarms.queries import alarm_in_scope
from domain.beds import queries as bed_queries
from domain.beds.model import BedStay
from domain.devices.shown import device_in_reach
from domain.patients import queries as patient_queries
from domain.places.reach import hospital_in_reach, ward_in_reach
from domain.plans.queries import plan_in_reach
from kit.errors import NotFound

Find = Callable[[Reader, UUID], Any]

Node = Annotated[
    AlarmView
    | BedView
    | DeviceNow
    | EncounterView
    | HospitalView
    | PatientView
    | PlanView
    | RequestView
    | StayView
    | WardView,
    strawberry.union("Node"),
]


@strawberry.type
class NodeQueries:
    @query("session.read")
    def node(self, reader: Reader, id: UUID) -> Node | None:
        """An object by its id; null for an unknown and for a foreign one alike."""
        for action, find in FINDERS:
            scopes = reader.context.app.decisions.scopes(reader.actor, action)
            if not scopes:
                continue
            there = Reader(reader.session, scopes, reader.now, reader.context)
            try:
                found: Node | None = find(there, id)
            except NotFound:
                continue
            if found is not None:
                return found
        return None


def _ward(reader: Reader, key: UUID) -> Any:
    row = ward_in_reach(reader.session, reader.scopes, key)
    return WardView.of(row, reader.sight(row.scope))


def _hospital(reader: Reader, key: UUID) -> Any:
    row = hospital_in_reach(reader.session, reader.scopes, key)
    return HospitalView.of(row, reader.sight(row.scope))


def _bed(reader: Reader, key: UUID) -> Any:
    row = bed_queries.bed_in_scope(reader.session, reader.scopes, key)
    return BedView.of(row, reader.sight(row.scope)) if row else None


def _stay(reader: Reader, key: UUID) -> Any:
    row = bed_queries.spell_in_scope(reader.session, reader.scopes, BedStay, key)
    return StayView.of(row, reader.sight(row.scope, row.subject)) if row else None


def _request(reader: Reader, key: UUID) -> Any:
    row = bed_queries.request_in_scope(reader.session, reader.scopes, key)
    return RequestView.of(row, reader.sight(row.scope, row.subject)) if row else None


def _patient(reader: Reader, key: UUID) -> Any:
    row = patient_queries.patient(reader.session, reader.scopes, key)
    return PatientView.of(row, reader.sight(row.scope, row.subject)) if row else None


def _encounter(reader: Reader, key: UUID) -> Any:
    row = patient_queries.encounter(reader.session, reader.scopes, key)
    return EncounterView.of(row, reader.sight(row.scope, row.subject)) if row else None


def _plan(reader: Reader, key: UUID) -> Any:
    row = plan_in_reach(reader.session, reader.scopes, key)
    return PlanView.of(row, reader.sight(row.scope))


def _device(reader: Reader, key: UUID) -> Any:
    found = device_in_reach(reader.session, reader.scopes, key)
    return DeviceNow.of(found, reader.now, reader.sight(found.scope))


def _alarm(reader: Reader, key: UUID) -> Any:
    row = alarm_in_scope(reader.session, reader.scopes, key)
    return AlarmView.of(row, reader.sight(row.scope, row.subject)) if row else None


FINDERS: tuple[tuple[str, Find], ...] = (
    ("bed.read", _bed),
    ("bed.read", _stay),
    ("request.read", _request),
    ("patient.read", _patient),
    ("encounter.read", _encounter),
    ("place.read", _ward),
    ("place.read", _hospital),
    ("plan.read", _plan),
    ("device.read", _device),
    ("alarm.read", _alarm),
)
