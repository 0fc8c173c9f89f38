"""Saying what a ward offers that patients wish for; checked like the wishes themselves."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from domain.patients.preferring import require_district, require_languages, require_minutes
from domain.places.model import Ward
from domain.places.times import store
from domain.places.ward_profile import WardProfile
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work

MOST_DISTRICTS = 200


@dataclass(frozen=True, kw_only=True)
class DescribeWard(Command[WardProfile]):
    """Say which languages are spoken in a ward at all times, of which sex its nurses are, and how
    long families travel to it from each district. It replaces what was said before."""

    action = "place.manage"

    ward_id: UUID
    languages: tuple[str, ...] = ()
    nurse_sexes: tuple[str, ...] = ()
    travel: tuple[tuple[str, int], ...] = ()

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> WardProfile:
        self._check()
        ward = work.get(Ward, self.ward_id)
        found = work.session.exec(
            select(WardProfile).where(WardProfile.ward_id == ward.id)
        ).one_or_none()
        profile = found or WardProfile(hospital_id=ward.hospital_id, ward_id=ward.id)
        profile.languages = sorted(set(self.languages))
        profile.nurse_sexes = sorted(set(self.nurse_sexes))
        profile.travel_min = dict(sorted(self.travel))
        store(work, profile)
        work.emit("WardChanged", ward.scope, ward=ward.id)
        return profile

    def _check(self) -> None:
        require_languages(self.languages)
        if not set(self.nurse_sexes) <= {"F", "M"}:
            raise Invalid("F and M", field="nurseSexes", allowed=("F", "M"))
        districts = [district for district, _ in self.travel]
        if len(districts) > MOST_DISTRICTS or len(set(districts)) < len(districts):
            raise Invalid(f"at most {MOST_DISTRICTS} districts, each once", field="travel")
        for district, minutes in self.travel:
            require_district(district, "travel.district")
            require_minutes(minutes, "travel.minutes")
