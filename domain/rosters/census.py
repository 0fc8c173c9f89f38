"""How many patients a ward expects on each day: what duties are planned for, and who says so.

Without a stored forecast the ward's staffed beds stand in: nobody plans for fewer than that by
mistake, and the plan says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from domain.places.queries import staffed_beds

STAFFED_BEDS = "STAFFED_BEDS"


@dataclass(frozen=True, slots=True)
class ExpectedCensus:
    """Patients of each day, and where the figure comes from."""

    patients: tuple[int, ...]
    source: str


def expected_census(
    session: Session, ward_id: UUID, days: Sequence[date], percent: int, now: datetime
) -> ExpectedCensus:
    """What the ward has to be ready for on these days, at so many per cent of certainty."""
    return ExpectedCensus((staffed_beds(session, ward_id),) * len(days), STAFFED_BEDS)
