"""What GraphQL shows of people who work here."""

from datetime import date, datetime
from typing import Any, Self

import strawberry

from api.bed_views import as_id, maybe_id
from api.limits import AT_MOST
from api.sight import CLASS, Sight, View, classified, closed, shows
from authz.classes import DataClass
from domain.staff.identity import staff_place
from domain.staff.model import (
    Absence,
    AbsenceKind,
    Contract,
    Profession,
    StaffMember,
    StaffSkill,
)
from domain.staff.queries import StaffTerms
from domain.staff.roster_model import Want, Wish

for _words in (AbsenceKind, Profession, Want):
    strawberry.enum(_words)


def at_most(rows: int) -> dict[str, Any]:
    """For lists that hold no data of their own: what they may cost."""
    return {CLASS: DataClass.GENERAL, AT_MOST: rows}


@classified(DataClass.ROSTER)
@strawberry.type(name="StaffMember")
class StaffMemberView(View):
    """Somebody who can be on duty."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    home_ward_id: strawberry.ID | None
    number: str | None
    profession: Profession | None
    specialty: str | None
    languages: list[str] | None
    family_name_zh: str | None
    given_name_zh: str | None
    family_name_en: str | None
    given_name_en: str | None
    phone: str | None = shows(DataClass.STAFF)
    account_id: strawberry.ID | None = shows(DataClass.STAFF)
    joined_on: date | None = shows(DataClass.STAFF)
    left_on: date | None = shows(DataClass.STAFF)

    @classmethod
    def of(cls, row: StaffMember, sight: Sight) -> Self:
        def sealed(column: str) -> Any:
            return closed(getattr(row, column), staff_place(row, column))

        return cls(
            sight=sight, subject=row.subject, id=as_id(row.id), hospital_id=as_id(row.hospital_id),
            version=row.version, home_ward_id=maybe_id(row.home_ward_id), number=row.number,
            profession=row.profession, specialty=row.specialty, languages=list(row.languages),
            family_name_zh=sealed("family_zh"), given_name_zh=sealed("given_zh"),
            family_name_en=sealed("family_en"), given_name_en=sealed("given_en"),
            phone=sealed("phone"), account_id=maybe_id(row.account_id), joined_on=row.joined_on,
            left_on=row.left_on,
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="StaffSkill")
class StaffSkillView(View):
    """What somebody may be planned for; not from `expiresOn` on."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    staff_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    skill: str | None
    level: int | None
    valid_from: date | None
    expires_on: date | None

    @classmethod
    def of(cls, row: StaffSkill, sight: Sight) -> Self:
        return cls(sight=sight, id=as_id(row.id), staff_id=as_id(row.staff_id),
                   version=row.version, skill=row.skill, level=row.level,
                   valid_from=row.valid_from, expires_on=row.expires_on)  # fmt: skip


@classified(DataClass.STAFF)
@strawberry.type(name="StaffContract")
class ContractView(View):
    """How much somebody works, from when until before when."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    staff_id: strawberry.ID = shows(DataClass.GENERAL)
    from_day: date | None
    until_day: date | None
    weekly_minutes: int | None
    most_weekly_minutes: int | None
    most_nights_in_28: int | None
    most_weekends_in_28: int | None

    @classmethod
    def of(cls, row: Contract, sight: Sight) -> Self:
        return cls(
            sight=sight, id=as_id(row.id), staff_id=as_id(row.staff_id), from_day=row.from_day,
            until_day=row.until_day, weekly_minutes=row.weekly_minutes,
            most_weekly_minutes=row.most_weekly_minutes,
            most_nights_in_28=row.most_nights_in_28, most_weekends_in_28=row.most_weekends_in_28,
        )  # fmt: skip


@classified(DataClass.ROSTER)
@strawberry.type(name="StaffAbsence")
class AbsenceView(View):
    """Days on which somebody cannot be planned, from when until before when."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    staff_id: strawberry.ID = shows(DataClass.GENERAL)
    from_day: date | None
    until_day: date | None
    kind: AbsenceKind | None = shows(DataClass.STAFF)
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: Absence, sight: Sight) -> Self:
        return cls(sight=sight, id=as_id(row.id), staff_id=as_id(row.staff_id),
                   from_day=row.from_day, until_day=row.until_day, kind=AbsenceKind(row.kind),
                   withdrawn_at=row.withdrawn_at)  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class OwnAbsence(View):
    """Days on which oneself is away."""

    id: strawberry.ID
    from_day: date
    until_day: date
    kind: AbsenceKind

    @classmethod
    def of(cls, row: Absence, sight: Sight) -> Self:
        return cls(sight=sight, id=as_id(row.id), from_day=row.from_day,
                   until_day=row.until_day, kind=AbsenceKind(row.kind))  # fmt: skip


@classified(DataClass.STAFF)
@strawberry.type(name="StaffWish")
class WishView(View):
    """A day, or one shift of it, that somebody wants on or off."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    staff_id: strawberry.ID = shows(DataClass.GENERAL)
    day: date | None
    want: Want | None
    shift_id: strawberry.ID | None
    weight: int | None
    granted: bool | None

    @classmethod
    def of(cls, row: Wish, sight: Sight) -> Self:
        return cls(sight=sight, id=as_id(row.id), staff_id=as_id(row.staff_id), day=row.day,
                   want=row.want, shift_id=maybe_id(row.shift_id), weight=row.weight,
                   granted=row.granted)  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type
class OwnWish(View):
    """A wish of one's own."""

    id: strawberry.ID
    day: date
    want: Want
    shift_id: strawberry.ID | None
    weight: int
    granted: bool | None
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: Wish, sight: Sight) -> Self:
        return cls(sight=sight, id=as_id(row.id), day=row.day, want=row.want,
                   shift_id=maybe_id(row.shift_id), weight=row.weight, granted=row.granted,
                   withdrawn_at=row.withdrawn_at)  # fmt: skip


@classified(DataClass.GENERAL)
@strawberry.type(name="StaffTerms")
class StaffTermsView(View):
    """A person with everything that the roster must know of them."""

    member: StaffMemberView
    skills: list[StaffSkillView] = strawberry.field(metadata=at_most(20))
    contracts: list[ContractView] = strawberry.field(metadata=at_most(10))
    absences: list[AbsenceView] = strawberry.field(metadata=at_most(100))
    wishes: list[WishView] = strawberry.field(metadata=at_most(100))

    @classmethod
    def of(cls, terms: StaffTerms, sight: Sight) -> Self:
        return cls(
            sight=sight,
            member=StaffMemberView.of(terms.member, sight),
            skills=[StaffSkillView.of(row, sight) for row in terms.skills],
            contracts=[ContractView.of(row, sight) for row in terms.contracts],
            absences=[AbsenceView.of(row, sight) for row in terms.absences],
            wishes=[WishView.of(row, sight) for row in terms.wishes],
        )
