"""Every measure once more, slowly: rows of a whole database, plain loops, nothing clever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, SQLModel, select

from domain.beds.model import Bed, BedBlock, BedHygiene, BedRequest, BedStay, RequestPhase
from domain.patients.model import Encounter, ExpectedDischarge, Patient
from domain.places.model import Hospital, Room, Ward, WardSpecialty
from tests.domain_world import DAY, MINUTE, World

FAR = datetime.max.replace(tzinfo=ZoneInfo("UTC"))


def under_way(spell: Any, moment: datetime) -> bool:
    return bool(spell.since <= moment and (spell.until is None or spell.until > moment))


@dataclass
class Looking:
    """What `numerator_denominator` looks at: all rows, one interval, one ward or none."""

    world: World
    since: datetime
    until: datetime
    ward: UUID | None

    def __post_init__(self) -> None:
        with Session(self.world.engine, expire_on_commit=False) as session:
            self.rows: dict[type[SQLModel], list[Any]] = {
                model: list(session.exec(select(model)))
                for model in (Bed, BedBlock, BedHygiene, BedRequest, BedStay, RequestPhase,
                              Encounter, ExpectedDischarge, Patient, Hospital, Room, Ward,
                              WardSpecialty)
            }  # fmt: skip
        self.zone = ZoneInfo(self.rows[Hospital][0].time_zone)
        self.stays = [stay for stay in self.rows[BedStay] if stay.voided_at is None]

    def one(self, model: type[SQLModel], key: UUID) -> Any:
        return next(row for row in self.rows[model] if row.id == key)

    def here(self, row: Any) -> bool:
        return self.ward in (None, row.ward_id)

    def minutes(self) -> Iterator[datetime]:
        at = self.since
        while at < self.until:
            yield at
            at += MINUTE

    def midnights(self) -> list[datetime]:
        day = self.since.astimezone(self.zone).date()
        found = [datetime.combine(day + n * DAY, time(), self.zone) for n in range(400)]
        return [one for one in found if self.since < one <= self.until]

    def beds_at(self, at: datetime, *, blocked_count: bool = False) -> tuple[set[Any], set[Any]]:
        """Beds that count: those somebody lies in, and those that are open."""
        lying = {stay.bed_id for stay in self.stays if under_way(stay, at)}
        blocked = {
            block.bed_id for block in self.rows[BedBlock]
            if under_way(block, at) and not (blocked_count and block.kind == "BLOCKED")
        }  # fmt: skip
        there = {
            bed.id for bed in self.rows[Bed]
            if bed.censusable and self.here(bed) and bed.added_at <= at
            and (bed.removed_at is None or bed.removed_at > at)
        }  # fmt: skip
        return there & lying, there - (blocked - lying)

    def departures(self) -> list[Any]:
        """The last stay of each who left."""
        found = []
        for stay in self.stays:
            mine = [one for one in self.stays if one.encounter_id == stay.encounter_id]
            last = max(mine, key=lambda one: one.since)
            gone = self.one(Encounter, stay.encounter_id).status in ("DISCHARGED", "DIED")
            if (
                stay is last and gone and self.here(stay) and stay.ended_by == "DEPARTURE"
                and self.since <= stay.until < self.until
            ):  # fmt: skip
                found.append(stay)
        return found

    def episode(self, stay: Any) -> list[Any]:
        return sorted((s for s in self.stays if s.encounter_id == stay.encounter_id),
                      key=lambda one: one.since)  # fmt: skip

    def moves(self, night: bool) -> int:
        moved = [one for gone in self.departures() for one in self.episode(gone)
                 if one.begun_by in ("MOVE", "SWAP")]  # fmt: skip
        hours = [one.since.astimezone(self.zone).hour for one in moved]
        return sum(1 for hour in hours if not night or hour >= 22 or hour < 6)


def bed_days(look: Looking) -> tuple[float, float]:
    occupied = opened = 0
    for minute in look.minutes():
        lying, free = look.beds_at(minute)
        occupied, opened = occupied + len(lying), opened + len(free)
    return occupied / 1440, opened / 1440


def bed_nights(look: Looking) -> tuple[float, float]:
    both = [look.beds_at(night) for night in look.midnights()]
    return sum(len(a) for a, _ in both), sum(len(b) for _, b in both)


def bed_use(look: Looking) -> tuple[float, float]:
    lying = sum(
        under_way(stay, night) and look.here(stay)
        for stay in look.stays for night in look.midnights()
    )  # fmt: skip
    return lying, sum(len(look.beds_at(n, blocked_count=True)[1]) for n in look.midnights())


def in_bed_days(look: Looking) -> tuple[float, float]:
    spent = [one.until - one.since for gone in look.departures() for one in look.episode(gone)]
    return sum(spent, timedelta()) / DAY, len(look.departures())


def calendar_days(look: Looking) -> tuple[float, float]:
    days = 0
    for gone in look.departures():
        first, last = (at.astimezone(look.zone).date()
                       for at in (look.episode(gone)[0].since, gone.until))  # fmt: skip
        days += max((last - first).days, 1)
    return days, len(look.departures())


def cleaning(look: Looking) -> tuple[float, float]:
    took = []
    for stay in look.stays:
        if stay.ended_by in ("DEPARTURE", "MOVE") and look.here(stay) \
                and look.since <= stay.until < look.until:  # fmt: skip
            clean = [h.since for h in look.rows[BedHygiene] if h.bed_id == stay.bed_id
                     and h.hygiene == "CLEAN" and h.since >= stay.until]  # fmt: skip
            others = [s.since for s in look.stays
                      if s.bed_id == stay.bed_id and s.since >= stay.until]  # fmt: skip
            if clean and min(clean) <= min([*others, look.until]):
                took.append((min(clean) - stay.until) / MINUTE)
    return sum(took), len(took)


def to_bed(look: Looking) -> tuple[float, float]:
    took = []
    for stay in look.stays:
        if stay.request_id and look.here(stay) and look.since <= stay.since < look.until:
            active = min(p.since for p in look.rows[RequestPhase]
                         if p.request_id == stay.request_id and p.state != "REQUESTED")  # fmt: skip
            took.append((stay.since - active) / MINUTE)
    return sum(took), len(took)


def boarding(look: Looking) -> tuple[float, float]:
    took = []
    for stay in look.stays:
        if stay.request_id and look.since <= stay.since < look.until:
            pages = [p for p in look.rows[RequestPhase] if p.request_id == stay.request_id]
            first = min(pages, key=lambda page: page.since)
            ward = look.one(Ward, first.from_ward_id)
            if ward.care_level == "ED" and look.ward in (None, ward.id):
                took.append((stay.since - first.since) / MINUTE)
    return sum(took), len(took)


def strangers(look: Looking) -> tuple[float, float]:
    out = known = timedelta()
    for stay in look.stays:
        lists = [w.specialty for w in look.rows[WardSpecialty] if w.ward_id == stay.ward_id]
        own = look.one(Encounter, stay.encounter_id).specialty
        inside = min(stay.until or FAR, look.until) - max(stay.since, look.since)
        if look.here(stay) and lists and own and inside > timedelta():
            known += inside
            out += inside if own not in lists else timedelta()
    return out / DAY, known / DAY


def mixed(look: Looking) -> tuple[float, None]:
    affected = set()
    for at in look.minutes():
        rooms: dict[UUID, list[Any]] = {}
        for stay in look.stays:
            if under_way(stay, at) and look.here(stay):
                rooms.setdefault(look.one(Bed, stay.bed_id).room_id, []).append(stay.encounter_id)
        for room, lying in rooms.items():
            sexes = {key: look.one(Patient, look.one(Encounter, key).patient_id).sex
                     for key in lying}  # fmt: skip
            if look.one(Room, room).sex_policy != "MIXED" and {"F", "M"} <= set(sexes.values()):
                affected |= {key for key, sex in sexes.items() if sex != "U"}
    return len(affected), None


def foreseen(look: Looking) -> tuple[float, float]:
    right = many = 0
    for gone in look.departures():
        for page in look.rows[ExpectedDischarge]:
            if page.encounter_id == gone.encounter_id and under_way(page, gone.until - DAY):
                many += 1
                right += abs(page.expected_at - gone.until) <= DAY
    return right, many
