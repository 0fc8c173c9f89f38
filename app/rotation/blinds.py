"""How every blind index of the house is made anew from what is sealed beside it.

A table with an index that is missing here stops a rotation, and a test.
"""

import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from sqlmodel import SQLModel

from app.rotation.fields import PlaceOf, Undeclared, field_places
from audit.seal import BLIND_LENGTH
from domain.inbound.model import InboundMessage
from domain.inbound.receipts import digest_of, visit_digest
from domain.patients.identity import family_blind, identifier_blind, visit_blind
from domain.patients.model import Encounter, Patient, PatientIdentifier
from domain.staff.model import StaffMember
from kit.blind import OTHER, BlindColumn, Blinds
from kit.sealed import Erased, Vault

Remake = Callable[[Vault, Any], Blinds | None]


def _opened(vault: Vault, row: Any, column: str) -> str | None:
    """Raises SealBroken."""
    sealed, place_of = getattr(row, column), field_places()[type(row)]
    return None if sealed is None else vault.open(sealed, place_of(row, column))


def _family(column: str, vault: Vault, row: Any) -> Blinds | None:
    return family_blind(vault, column, _opened(vault, row, column) or "")


def _number(vault: Vault, row: PatientIdentifier) -> Blinds | None:
    value = _opened(vault, row, "value")
    return None if value is None else identifier_blind(vault, row.system, value)


def _visit(vault: Vault, row: Encounter) -> Blinds | None:
    number = _opened(vault, row, "visit_number")
    return None if number is None else visit_blind(vault, number)


def _digest(vault: Vault, row: InboundMessage) -> Blinds:
    """One whose identity is not kept, or was erased, is like no other from now on."""
    try:
        printed = _opened(vault, row, "identity")
    except Erased:
        printed = None
    if printed is not None:
        return digest_of(vault, printed)
    now = digest_of(vault, "")  # for which columns are written
    unlike = [known or (value and os.urandom(BLIND_LENGTH)) for known, value in
              ((row.digest, now.first), (row.digest_other, now.other))]  # fmt: skip
    return Blinds(unlike[0], unlike[1], now.asked)


def _visit_of_message(vault: Vault, row: InboundMessage) -> Blinds | None:
    number = _opened(vault, row, "visit_number")
    return None if number is None else visit_digest(vault, number)


_NAMES = {f"{name}_blind": partial(_family, name) for name in ("family_zh", "family_en")}
_INDEXES: Mapping[type[SQLModel], Mapping[str, Remake]] = MappingProxyType({
    Encounter: {"visit_blind": _visit},
    InboundMessage: {"digest": _digest, "visit": _visit_of_message},
    Patient: _NAMES,
    PatientIdentifier: {"blind": _number},
    StaffMember: _NAMES,
})  # fmt: skip


@cache
def blind_indexes() -> Mapping[type[SQLModel], Mapping[str, Remake]]:
    """By table and first column. Raises Undeclared if the database has one outside of them."""
    require_indexes(_INDEXES)
    return _INDEXES


def require_indexes(known: Mapping[type[SQLModel], Mapping[str, Remake]]) -> None:
    """Raise Undeclared for a blind index that is not known, or has one column only."""
    names = {f"{table.__tablename__}.{name}" for table, some in known.items() for name in some}
    for table in SQLModel.metadata.tables.values():
        found = {c.name for c in table.columns if isinstance(c.type, BlindColumn)}
        for name in sorted(found):
            first = name.removesuffix(OTHER)
            if f"{table.name}.{first}" not in names or not {first, first + OTHER} <= found:
                raise Undeclared(
                    f"{table.name}.{name} is a blind index; give it two columns and add it to"
                    " app/rotation/blinds.py"
                )


def place_of(table: type[SQLModel]) -> PlaceOf:
    """Where the sealed texts of the table live."""
    return field_places()[table]
