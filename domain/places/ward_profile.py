"""What a ward offers beyond its beds: languages, nurses of which sex, the way for families."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import JSON, Index
from sqlmodel import Field, Session, col, select

from domain.places.reach import within
from kit.rows import Row
from kit.work import Scope


class WardProfile(Row, table=True):
    """Stated by the hospital. What is not stated is promised to nobody."""

    __tablename__ = "ward_profile"
    __table_args__ = (Index("one_profile_per_ward", "ward_id", unique=True),)

    hospital_id: UUID = Field(foreign_key="hospital.id")
    ward_id: UUID = Field(foreign_key="ward.id")
    languages: list[str] = Field(default_factory=list, sa_type=JSON)  # BCP 47, at all times
    nurse_sexes: list[str] = Field(default_factory=list, sa_type=JSON)  # F, M, at all times
    travel_min: dict[str, int] = Field(default_factory=dict, sa_type=JSON)  # district → minutes

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id, self.ward_id)


def profile_in_reach(
    session: Session, scopes: Sequence[Scope], ward_id: UUID
) -> WardProfile | None:
    """None where nothing was stated, and for a ward out of reach."""
    here = within(scopes, col(WardProfile.hospital_id), col(WardProfile.ward_id))
    return session.exec(
        select(WardProfile).where(WardProfile.ward_id == ward_id, here)
    ).one_or_none()
