"""How many people a shift needs on a day: the nurse ratio over the expected census, never fewer
than the shift's own least number and its skill mix.

Each shift that goes by the ratio has to meet it alone. A shift that only adds hands beside
another one is defined without it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from domain.places.model import Ward
from domain.rosters.census import ExpectedCensus, expected_census
from domain.staff.policies import staffing_policy
from domain.staff.ratios import Ratio, ratio_of
from domain.staff.roster_model import ShiftType


@dataclass(frozen=True, slots=True)
class Need:
    """People wanted in a shift of a day; `mix` says how many of them with which skill."""

    shift: ShiftType
    day: date
    people: int
    mix: tuple[tuple[str, int], ...]

    @property
    def others(self) -> int:
        """Those whose skill beyond the shift's own does not matter."""
        return self.people - sum(count for _, count in self.mix)


@dataclass(frozen=True, slots=True)
class WardNeed:
    """What a ward needs over some days, and by which ratio and census."""

    ward: Ward
    ratio: Ratio
    census: ExpectedCensus
    needs: tuple[Need, ...]


def ward_need(
    session: Session, ward: Ward, shifts: Sequence[ShiftType], days: Sequence[date], now: datetime
) -> WardNeed:
    """The need of every shift on every day, in that order."""
    percent = staffing_policy(session, ward.hospital_id).forecast_percent
    census = expected_census(session, ward, days, percent, now)
    ratio = ratio_of(session, ward)
    needs = [
        need_of(shift, day, ratio, patients)
        for shift in shifts
        for day, patients in zip(days, census.patients, strict=True)
    ]
    return WardNeed(ward, ratio, census, tuple(needs))


def need_of(shift: ShiftType, day: date, ratio: Ratio, patients: int) -> Need:
    """A shift's need for that many patients."""
    mix = tuple(sorted((one["skill"], int(one["count"])) for one in shift.skill_mix))
    by_ratio = ratio.nurses_for(patients) if shift.by_ratio else 0
    return Need(shift, day, max(shift.least_staff, by_ratio, sum(n for _, n in mix)), mix)
