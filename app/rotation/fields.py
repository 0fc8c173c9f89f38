"""Where every sealed field of the house lives. A table that is missing here stops a rotation."""

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from sqlmodel import SQLModel

from domain.accounts.model import Account
from domain.break_glass.model import BreakGlass
from domain.inbound.model import InboundMessage
from domain.notices.model import Contact
from domain.outbound.model import OutboundMessage
from domain.patients.identity import identifier_place, patient_place, visit_place
from domain.patients.model import Encounter, Patient, PatientIdentifier
from domain.reviews.model import ReviewItem
from domain.staff.identity import staff_place
from domain.staff.model import StaffMember
from kit.sealed import SealedColumn, SealedPlace

PlaceOf = Callable[[Any, str], SealedPlace]


class Undeclared(RuntimeError):
    """A table holds sealed fields and nobody said where they live."""


_PLACES: Mapping[type[SQLModel], PlaceOf] = MappingProxyType({
    Account: lambda row, _column: row.totp_place(),
    BreakGlass: BreakGlass.place,
    Contact: Contact.place,
    Encounter: lambda row, _column: visit_place(row.hospital_id, row.id, row.subject),
    InboundMessage: InboundMessage.place,
    OutboundMessage: OutboundMessage.place,
    Patient: patient_place,
    PatientIdentifier: lambda row, _column: identifier_place(row),
    ReviewItem: lambda row, _column: row.note_place(),
    StaffMember: staff_place,
})  # fmt: skip


@cache
def field_places() -> Mapping[type[SQLModel], PlaceOf]:
    """By table. Raises Undeclared if the database has a sealed column outside of them."""
    require_declared(set(_PLACES))
    return _PLACES


def require_declared(known: set[type[SQLModel]]) -> None:
    """Raise Undeclared for a table with a sealed column that is not known."""
    names = {str(table.__tablename__) for table in known}
    for table in SQLModel.metadata.tables.values():
        sealed = [c.name for c in table.columns if isinstance(c.type, SealedColumn)]
        if sealed and table.name not in names:
            raise Undeclared(
                f"{table.name}.{sealed[0]} is sealed; add it to app/rotation/fields.py"
            )
