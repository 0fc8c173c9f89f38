"""The shifts that a ward runs."""

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import select

from domain.places.commands import require_code, require_open
from domain.places.model import Ward
from domain.places.times import store
from domain.staff.model import Profession
from domain.staff.roster_model import ShiftKind, ShiftType
from domain.staff.terms import require_skill
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class SkillShare:
    """So many of a shift's people hold this skill."""

    skill: str
    count: int


@dataclass(frozen=True, kw_only=True)
class DefineShift(Command[ShiftType]):
    """Add a shift to a ward, by the hospital's clock; it may run past midnight.

    `least_staff` is needed whatever the census; with `by_ratio` the nurse ratio asks for more as
    beds fill. `skill` is what everybody in it holds, `skill_mix` what some of them do. `duty` is
    what its people answer for: role:<role> or list:<name>, as escalations of alarms name it.
    """

    action = "staffing.rule"

    ward_id: UUID
    code: str
    name_zh: str
    name_en: str
    shift_kind: ShiftKind = ShiftKind.DAY
    profession: Profession = Profession.NURSE
    starts_minute: int
    minutes: int
    skill: str | None = None
    skill_mix: tuple[SkillShare, ...] = ()
    least_staff: int = 1
    by_ratio: bool = True
    duty: str | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Ward, self.ward_id).scope

    def apply(self, work: Work) -> ShiftType:
        ward = work.get(Ward, self.ward_id)
        require_open(ward)
        require_code(self.code)
        self._require_sense()
        known = work.session.exec(
            select(ShiftType.id).where(ShiftType.ward_id == ward.id, ShiftType.code == self.code)
        ).first()
        if known is not None:
            raise Conflict("the ward has a shift of this code", reason="CODE_TAKEN", field="code",
                           blocking=known)  # fmt: skip
        shift = store(work, ShiftType(
            hospital_id=ward.hospital_id, ward_id=ward.id, code=self.code, name_zh=self.name_zh,
            name_en=self.name_en, kind=self.shift_kind, profession=self.profession,
            starts_minute=self.starts_minute, minutes=self.minutes, skill=self.skill,
            skill_mix=[{"skill": one.skill, "count": one.count} for one in self.skill_mix],
            least_staff=self.least_staff, duty=self.duty,
            by_ratio=self.by_ratio and self.profession is Profession.NURSE
            and self.shift_kind is not ShiftKind.ON_CALL,
        ))  # fmt: skip
        work.emit("ShiftDefined", shift.scope, shift=shift.id)
        return shift

    def _require_sense(self) -> None:
        if not (0 <= self.starts_minute < 1440 and 60 <= self.minutes <= 1440):
            raise Invalid("a shift begins at a minute of the day, 0 to 1439, and lasts an hour"
                          " to a day", field="startsMinute")  # fmt: skip
        if not 0 <= self.least_staff <= 99:
            raise Invalid("give 0 to 99 people", field="leastStaff")
        for name in (self.name_zh, self.name_en):
            if not 0 < len(name.strip()) <= 120:
                raise Invalid("a name has 1 to 120 characters in each language", field="name")
        if self.skill is not None:
            require_skill(self.skill)
        if len({one.skill for one in self.skill_mix}) != len(self.skill_mix):
            raise Invalid("name each skill once", field="skillMix")
        for one in self.skill_mix:
            require_skill(one.skill)
            if not 1 <= one.count <= 99:
                raise Invalid("give 1 to 99 people of a skill", field="skillMix.count")


@dataclass(frozen=True, kw_only=True)
class RetireShift(Command[ShiftType]):
    """Plan a shift no more. Duties that stand in it stay."""

    action = "staffing.rule"

    shift_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(ShiftType, self.shift_id).scope

    def apply(self, work: Work) -> ShiftType:
        shift = in_use(work.get(ShiftType, self.shift_id))
        shift.retired_at = work.now
        work.emit("ShiftRetired", shift.scope, shift=shift.id)
        return shift


def in_use(shift: ShiftType) -> ShiftType:
    """Raises Conflict for one that is planned no more."""
    if shift.retired_at is not None:
        raise Conflict(f"the shift was retired at {shift.retired_at.isoformat()}",
                       reason="SHIFT_RETIRED", blocking=shift.id)  # fmt: skip
    return shift
