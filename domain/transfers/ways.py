"""How long the way between two hospitals is, where somebody measured it: rivers, tunnels, traffic.

Where nobody did, plans estimate it from where both lie.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from domain.places.model import Hospital
from domain.places.reach import within
from domain.transfers.model import TravelTime
from domain.transfers.sides import across
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work

LONGEST_MIN = 24 * 60


@dataclass(frozen=True, kw_only=True)
class SetTravelTime(Command[TravelTime]):
    """Say how many minutes a transport takes from a hospital to another; none takes that back.

    It counts from the next transfer plan on, one way only.
    """

    action = "travel_time.set"
    hospital_id: UUID
    to_hospital_id: UUID
    minutes: int | None

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> TravelTime:
        if self.minutes is not None and not 1 <= self.minutes <= LONGEST_MIN:
            raise Invalid(f"a transport takes 1 to {LONGEST_MIN} minutes", field="minutes")
        if self.hospital_id == self.to_hospital_id:
            raise Invalid("name two hospitals", field="toHospitalId")
        across(work, self.to_hospital_id).get(Hospital, self.to_hospital_id)
        known = work.session.exec(
            select(TravelTime).where(
                TravelTime.hospital_id == self.hospital_id,
                TravelTime.to_hospital_id == self.to_hospital_id,
            )
        ).first()
        way = known or work.add(
            TravelTime(hospital_id=self.hospital_id, to_hospital_id=self.to_hospital_id)
        )
        way.minutes = self.minutes
        work.emit("TravelTimeSet", way.scope, to=self.to_hospital_id)
        return way


def travel_times(
    session: Session, scopes: Sequence[Scope], hospital_id: UUID
) -> Sequence[TravelTime]:
    """The measured ways from a hospital, by where they lead."""
    asked = select(TravelTime).where(
        TravelTime.hospital_id == hospital_id, col(TravelTime.minutes).is_not(None),
        within(scopes, col(TravelTime.hospital_id)),
    )  # fmt: skip
    return session.exec(asked.order_by(col(TravelTime.to_hospital_id))).all()


def measured_ways(session: Session) -> Sequence[TravelTime]:
    """All of the network, for a plan."""
    asked = select(TravelTime).where(col(TravelTime.minutes).is_not(None))
    return session.exec(asked.order_by(col(TravelTime.id))).all()
