"""Stating what a patient would like of a bed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from domain.patients.episodes import tell
from domain.patients.model import Encounter
from domain.patients.preference_model import PlacementPreference, RoomWish
from domain.patients.states import require_live
from domain.places.times import expect_version, happened, recorded, succeed
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # the shape of a BCP 47 tag
DISTRICT = re.compile(r"[A-Za-z0-9._-]{1,32}")
MOST_LANGUAGES = 8


@dataclass(frozen=True, kw_only=True)
class StatePreferences(Command[PlacementPreference]):
    """State what a patient would like of a bed; it replaces the last statement as a whole.

    Languages are BCP 47 tags, of which one is enough; the district is a code, never an address.
    """

    action = "need.state"

    encounter_id: UUID
    room_wish: RoomWish = RoomWish.NONE
    languages: tuple[str, ...] = ()
    nurse_sex: str | None = None
    family_district: str | None = None
    family_minutes: int | None = None
    at: datetime | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> PlacementPreference:
        encounter = work.get(Encounter, self.encounter_id)
        require_live(encounter)
        self._check()
        before = present_preference(work.session, encounter.id)
        if before is not None:
            expect_version(before, self.version)
        after = succeed(work, before, PlacementPreference(
            hospital_id=encounter.hospital_id, encounter_id=encounter.id,
            subject=encounter.subject, room=self.room_wish,
            languages=sorted(set(self.languages)), nurse_sex=self.nurse_sex,
            family_district=self.family_district, family_minutes=self.family_minutes,
            since=happened(work, self.at), **recorded(work),
        ))  # fmt: skip
        tell(work, "PreferencesStated", encounter)
        return after

    def _check(self) -> None:
        require_languages(self.languages)
        if self.nurse_sex not in (None, "F", "M"):
            raise Invalid("F, M or nothing", field="nurseSex", allowed=("F", "M"))
        if (self.family_district is None) != (self.family_minutes is None):
            raise Invalid("give a district and minutes, or neither", field="familyMinutes")
        if self.family_district is not None:
            require_district(self.family_district, "familyDistrict")
            require_minutes(self.family_minutes or 0, "familyMinutes")


def require_languages(languages: Sequence[str]) -> None:
    if len(languages) > MOST_LANGUAGES or not all(map(LANGUAGE.fullmatch, languages)):
        raise Invalid(f"at most {MOST_LANGUAGES} language tags such as zh, en or zh-Hant",
                      field="languages")  # fmt: skip


def require_district(code: str, field: str) -> None:
    if not DISTRICT.fullmatch(code):
        raise Invalid("a district is a code of 1 to 32 letters, digits, dots or dashes",
                      field=field)  # fmt: skip


def require_minutes(minutes: int, field: str) -> None:
    if not 1 <= minutes <= 1440:
        raise Invalid("give 1 to 1440 minutes", field=field)


def present_preference(session: Session, encounter_id: UUID) -> PlacementPreference | None:
    """What an encounter's patient wishes now."""
    return session.exec(
        select(PlacementPreference).where(
            PlacementPreference.encounter_id == encounter_id,
            col(PlacementPreference.until).is_(None),
        )
    ).one_or_none()
