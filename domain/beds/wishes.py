"""Personal preferences and what wards offer of them, as plain values for a bed plan."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from domain.patients.preference_model import PlacementPreference, RoomWish
from domain.places.ward_profile import WardProfile


@dataclass(frozen=True, slots=True)
class WishFacts:
    """Of one patient. Without a statement nothing is wished."""

    room: RoomWish = RoomWish.NONE
    languages: tuple[str, ...] = ()
    nurse_sex: str | None = None
    family_district: str | None = None
    family_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """Of one ward. Without a statement nothing is offered."""

    languages: tuple[str, ...] = ()
    nurse_sexes: tuple[str, ...] = ()
    travel_min: tuple[tuple[str, int], ...] = ()


NO_WISH, NO_OFFER = WishFacts(), OfferFacts()


def wishes_of(session: Session, encounters: Collection[UUID]) -> dict[UUID, WishFacts]:
    """Encounter → what its patient wishes now."""
    found = session.exec(
        select(PlacementPreference).where(
            col(PlacementPreference.encounter_id).in_(encounters),
            col(PlacementPreference.until).is_(None),
        )
    )
    return {
        row.encounter_id: WishFacts(row.room, tuple(row.languages), row.nurse_sex,
                                    row.family_district, row.family_minutes)
        for row in found
    }  # fmt: skip


def offers_of(session: Session, hospital_id: UUID) -> dict[UUID, OfferFacts]:
    """Ward → what it offers."""
    found = session.exec(select(WardProfile).where(WardProfile.hospital_id == hospital_id))
    return {
        row.ward_id: OfferFacts(tuple(row.languages), tuple(row.nurse_sexes),
                                tuple(sorted(row.travel_min.items())))
        for row in found
    }  # fmt: skip
