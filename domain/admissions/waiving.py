"""Waivers of the hospital over a horizon: where, for which nights, and whose word it is.

A night is covered where the waiver still holds at the midnight that ends its day. Waivers for one
patient alone are left to the day itself.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, or_, select

from domain.beds.model import Bed
from domain.beds.waiver_model import Waiver
from domain.beds.words import WaivedRule
from solvers.admission_problem import MAX_NIGHTS, AdmissionWaiver

MIXED, CROWDED = "MIXED_SEX", "STAFFED_CAPACITY"
RULES = {WaivedRule.ROOM_SEX: MIXED, WaivedRule.STAFFED_CAPACITY: CROWDED}


@dataclass(frozen=True, slots=True)
class Leave:
    """One waiver, in the words of the solver. `until`: the first day it no longer covers."""

    waiver_id: UUID
    granted_by: UUID
    rule: str
    place: UUID  # a room or a ward
    until: date
    beds: int  # beyond the staffed ones; 0: as many as there are

    def covers(self, rule: str, night: date, *places: UUID) -> bool:
        return self.rule == rule and night < self.until and self.place in places

    def plain(self, first: date) -> dict[str, Any]:
        """As the frozen problem names it beside the solver's row."""
        return {
            "id": str(self.waiver_id), "by": str(self.granted_by), "rule": self.rule,
            "key": str(self.place), "nights": (self.until - first).days,
        }  # fmt: skip


def leaves(
    session: Session,
    hospital_id: UUID,
    now: datetime,
    zone: ZoneInfo,
    encounter_id: UUID | None = None,
) -> list[Leave]:
    """Those in force now that a whole night can lean on, for anybody and for this encounter."""
    for_whom = or_(col(Waiver.encounter_id).is_(None), col(Waiver.encounter_id) == encounter_id)
    rows = session.exec(
        select(Waiver, Bed.room_id)
        .outerjoin(Bed, col(Bed.id) == col(Waiver.bed_id))
        .where(
            Waiver.hospital_id == hospital_id, col(Waiver.rule).in_(list(RULES)),
            for_whom, col(Waiver.revoked_at).is_(None),
            col(Waiver.valid_until) > now,
        )
        .order_by(col(Waiver.id))
    )  # fmt: skip
    return [_leave(waiver, room_id, zone) for waiver, room_id in rows]


def _leave(waiver: Waiver, room_id: UUID | None, zone: ZoneInfo) -> Leave:
    """A bed's waiver lets its room be mixed, or its ward take one patient more."""
    rule = RULES[waiver.rule]
    return Leave(
        waiver.id, waiver.granted_by, rule,
        room_id if room_id is not None and rule == MIXED else waiver.ward_id,
        waiver.valid_until.astimezone(zone).date(),
        int(room_id is not None and rule == CROWDED),
    )  # fmt: skip


def waivers(found: Sequence[Leave], first: date) -> Iterator[AdmissionWaiver]:
    """For the solver. Beds of one ward that end on the same night are counted together."""
    beds: dict[tuple[str, UUID, int], int] = defaultdict(int)
    for one in found:
        nights = min((one.until - first).days, MAX_NIGHTS - 1)
        if nights > 0 and one.beds == 0:
            yield AdmissionWaiver(rule=one.rule, key=str(one.place), nights=nights)
        elif nights > 0:
            beds[one.rule, one.place, nights] += one.beds
    for (rule, place, nights), count in beds.items():
        yield AdmissionWaiver(rule=rule, key=str(place), nights=nights, beds=count)


def named(
    frozen: Sequence[Mapping[str, Any]], stay: Mapping[str, Any], ward: UUID
) -> list[dict[str, str]]:
    """The waivers that a planned stay leans on: id, rule, and the person who granted it."""
    places = {*stay["rooms"], str(ward)}
    return [
        {"waiver": one["id"], "rule": one["rule"], "granted_by": one["by"]}
        for one in frozen
        if one["rule"] in stay["waived"] and one["key"] in places and one["nights"] > stay["night"]
    ]
