"""How many patients one nurse has at most: the shipped numbers, and a hospital's or ward's own.

A ward's own number comes first, then the hospital's for its level of care, then what ships:
by the ward's own specialty (rank 1) where that has a number, else by its level of care.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from uuid import UUID

from sqlmodel import Session, col, select

from domain.places.model import CareLevel, Hospital, Ward, WardSpecialty
from domain.places.times import during, recorded, succeed
from domain.staff.roster_model import RatioPolicy
from kit.command import Command
from kit.errors import Invalid, NotFound
from kit.work import Scope, Work

VERSION = "title22-70217-1"


@dataclass(frozen=True, kw_only=True)
class SetNurseRatio(Command[RatioPolicy]):
    """Say how many patients one nurse has at most in a ward, or in a hospital's wards of a level.

    It holds from now on; what was planned before stays as it is.
    """

    action = "staffing.rule"

    hospital_id: UUID
    ward_id: UUID | None = None
    care_level: CareLevel
    patients_per_nurse: int

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> RatioPolicy:
        if not 1 <= self.patients_per_nurse <= 99:
            raise Invalid("one nurse has 1 to 99 patients", field="patientsPerNurse")
        if self.ward_id is not None:
            self._require_ward(work, self.ward_id)
        before = work.session.exec(
            select(RatioPolicy).where(
                RatioPolicy.hospital_id == self.hospital_id,
                RatioPolicy.ward_id == self.ward_id,
                RatioPolicy.care_level == self.care_level,
                col(RatioPolicy.until).is_(None),
            )
        ).first()
        policy = succeed(work, before, RatioPolicy(
            hospital_id=self.hospital_id, ward_id=self.ward_id, care_level=self.care_level,
            patients_per_nurse=self.patients_per_nurse, since=work.now, **recorded(work),
        ))  # fmt: skip
        work.emit("NurseRatioSet", Scope(self.hospital_id, self.ward_id), ratio=policy.id)
        return policy

    def _require_ward(self, work: Work, ward_id: UUID) -> None:
        ward = work.get(Ward, ward_id)
        if ward.hospital_id != self.hospital_id:
            raise NotFound.of("ward", ward_id)
        if ward.care_level is not self.care_level:
            raise Invalid("the ward has another level of care", field="careLevel",
                          allowed=(ward.care_level,))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ratio:
    """At most so many patients to a nurse, and whose rule that is."""

    patients_per_nurse: int
    source: str

    def nurses_for(self, patients: int) -> int:
        """Rounded up: one patient too many takes another nurse."""
        return -(-patients // self.patients_per_nurse)


def ratio_of(session: Session, ward: Ward, at: datetime | None = None) -> Ratio:
    """What holds in the ward at a moment; now by default."""
    return ratios_of(session, ward.hospital_id, [ward], at)[ward.id]


def ratios_of(
    session: Session, hospital_id: UUID, wards: Sequence[Ward], at: datetime | None = None
) -> dict[UUID, Ratio]:
    """What holds in each of a hospital's wards at a moment, in two statements."""
    own = session.exec(
        select(RatioPolicy).where(RatioPolicy.hospital_id == hospital_id, during(RatioPolicy, at))
    ).all()
    keys = [ward.id for ward in wards]
    first = dict(session.exec(
        select(WardSpecialty.ward_id, WardSpecialty.specialty).where(
            col(WardSpecialty.ward_id).in_(keys), WardSpecialty.rank == 1)
    ).all())  # fmt: skip
    return {ward.id: _chosen(ward, own, first.get(ward.id)) for ward in wards}


def _chosen(ward: Ward, own: Sequence[RatioPolicy], first: str | None) -> Ratio:
    """The ward's own number before the hospital's, before what ships."""
    here = [one for one in own if one.care_level is ward.care_level
            and one.ward_id in (None, ward.id)]  # fmt: skip
    for policy in sorted(here, key=lambda one: one.ward_id is None):
        return Ratio(policy.patients_per_nurse, "ward" if policy.ward_id else "hospital")
    shipped = shipped_ratios()
    by_level = shipped["LEVEL", ward.care_level.value]
    if ward.care_level is CareLevel.WARD and first is not None:
        return shipped.get(("SPECIALTY", first.upper()), by_level)
    return by_level


@cache
def shipped_ratios() -> Mapping[tuple[str, str], Ratio]:
    """By kind (LEVEL, SPECIALTY) and code."""
    text = files("domain.staff").joinpath("ratios.csv").read_text("utf-8")
    return {
        (row["kind"], row["code"]): Ratio(int(row["patients_per_nurse"]), VERSION)
        for row in csv.DictReader(text.splitlines())
    }
