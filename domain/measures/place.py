"""Of which place a figure is: the network, a hospital or a ward."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlmodel import Session, col

from domain.places.reach import hospital_in_reach, hospital_of_ward
from kit.errors import NotFound
from kit.work import NETWORK, Scope


@dataclass(frozen=True, slots=True)
class Place:
    """Without ids the whole network."""

    hospital_id: UUID | None = None
    ward_id: UUID | None = None

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)

    def has(self, model: Any) -> ColumnElement[bool]:
        """The rows of a table with `hospital_id` and `ward_id` that lie here."""
        if self.ward_id is not None:
            return col(model.ward_id) == self.ward_id
        return self.has_hospital(model)

    def has_hospital(self, model: Any) -> ColumnElement[bool]:
        """The rows of a table with `hospital_id` alone."""
        if self.hospital_id is None:
            return true()
        return col(model.hospital_id) == self.hospital_id


def place_in_reach(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID | None, ward_id: UUID | None
) -> Place:
    """The place, where the viewer may see all of it. Raises NotFound."""
    if ward_id is not None:
        found = hospital_of_ward(session, scopes, ward_id)
        if hospital_id not in (None, found):
            raise NotFound.of("ward", ward_id)
        return Place(found, ward_id)
    if hospital_id is not None:
        return Place(hospital_in_reach(session, scopes, hospital_id).id)
    if NETWORK not in scopes:
        raise NotFound("no network that you may see; name a hospital or a ward")
    return Place()
