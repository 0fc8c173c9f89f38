"""People who work here in GraphQL: who they are, what they can do, when they are away."""

from datetime import date
from uuid import UUID

import strawberry

from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.staff_views import (
    AbsenceView,
    ContractView,
    OwnWish,
    StaffMemberView,
    StaffSkillView,
    StaffTermsView,
    WishView,
)
from domain.staff import commands, queries, terms, wishes
from domain.staff.identity import StaffIdentity
from domain.staff.model import AbsenceKind, Profession
from domain.staff.roster_model import Want


@strawberry.input
class StaffIdentityInput:
    """Who somebody is. What is left out stays as it was, an empty text clears it."""

    family_name_zh: str | None = None
    given_name_zh: str | None = None
    family_name_en: str | None = None
    given_name_en: str | None = None
    phone: str | None = None


@strawberry.type
class StaffQueries:
    @query("staff.read")
    def staff_members(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        ward_id: UUID | None = None,
    ) -> Connection[StaffMemberView]:
        """People who work in a hospital, or whose home ward is the one given, by id."""
        rows = queries.staff_members(
            reader.session, reader.scopes, hospital_id, ward_id=ward_id, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        reader.unlock(row.subject for row in rows)
        return page_of(
            rows, first, after, lambda row: StaffMemberView.of(row, reader.sight(row.scope))
        )

    @query("staff.read")
    def staff_terms(self, reader: Reader, staff_id: UUID) -> StaffTermsView:
        """One person with skills, contracts, absences and wishes."""
        found = queries.staff_terms(reader.session, reader.scopes, staff_id)
        reader.unlock([found.member.subject])
        return StaffTermsView.of(found, reader.sight(found.member.scope))


@strawberry.type
class StaffMutations:
    @mutation(returns=StaffMemberView)
    def register_staff(
        self,
        hospital_id: UUID,
        number: str,
        profession: Profession,
        identity: StaffIdentityInput,
        joined_on: date,
        home_ward_id: UUID | None = None,
        specialty: str | None = None,
        languages: list[str] | None = None,
    ) -> commands.RegisterStaff:
        return commands.RegisterStaff(
            hospital_id=hospital_id, number=number, profession=profession,
            identity=_identity(identity), joined_on=joined_on, home_ward_id=home_ward_id,
            specialty=specialty, languages=tuple(languages or ()),
        )  # fmt: skip

    @mutation(returns=StaffMemberView)
    def update_staff(
        self,
        staff_id: UUID,
        identity: StaffIdentityInput | None = None,
        home_ward_id: UUID | None = None,
        specialty: str | None = None,
        languages: list[str] | None = None,
        left_on: date | None = None,
        version: int | None = None,
    ) -> commands.UpdateStaff:
        return commands.UpdateStaff(
            staff_id=staff_id, identity=_identity(identity) if identity else None,
            home_ward_id=home_ward_id, specialty=specialty,
            languages=None if languages is None else tuple(languages), left_on=left_on,
            version=version,
        )  # fmt: skip

    @mutation(returns=StaffMemberView)
    def link_staff_account(self, staff_id: UUID, account_id: UUID) -> commands.LinkStaffAccount:
        return commands.LinkStaffAccount(staff_id=staff_id, account_id=account_id)

    @mutation(returns=StaffSkillView)
    def set_skill(
        self,
        staff_id: UUID,
        skill: str,
        valid_from: date,
        level: int = 3,
        expires_on: date | None = None,
        version: int | None = None,
    ) -> terms.SetSkill:
        return terms.SetSkill(staff_id=staff_id, skill=skill, valid_from=valid_from, level=level,
                              expires_on=expires_on, version=version)  # fmt: skip

    @mutation(returns=ContractView)
    def set_contract(
        self,
        staff_id: UUID,
        from_day: date,
        weekly_minutes: int,
        until_day: date | None = None,
        most_weekly_minutes: int | None = None,
        most_nights_in_28: int = 8,
        most_weekends_in_28: int = 2,
    ) -> terms.SetContract:
        return terms.SetContract(
            staff_id=staff_id, from_day=from_day, until_day=until_day,
            weekly_minutes=weekly_minutes, most_weekly_minutes=most_weekly_minutes,
            most_nights_in_28=most_nights_in_28, most_weekends_in_28=most_weekends_in_28,
        )  # fmt: skip

    @mutation(returns=AbsenceView)
    def record_absence(
        self, staff_id: UUID, absence_kind: AbsenceKind, from_day: date, until_day: date
    ) -> terms.RecordAbsence:
        return terms.RecordAbsence(staff_id=staff_id, absence_kind=absence_kind,
                                   from_day=from_day, until_day=until_day)  # fmt: skip

    @mutation(returns=AbsenceView)
    def withdraw_absence(self, absence_id: UUID) -> terms.WithdrawAbsence:
        return terms.WithdrawAbsence(absence_id=absence_id)

    @mutation(returns=WishView)
    def state_wish(
        self, staff_id: UUID, day: date, want: Want, shift_id: UUID | None = None, weight: int = 5
    ) -> wishes.StateWish:
        return wishes.StateWish(staff_id=staff_id, day=day, want=want, shift_id=shift_id,
                                weight=weight)  # fmt: skip

    @mutation(returns=OwnWish)
    def state_own_wish(
        self, day: date, want: Want, shift_id: UUID | None = None, weight: int = 5
    ) -> wishes.StateOwnWish:
        return wishes.StateOwnWish(day=day, want=want, shift_id=shift_id, weight=weight)

    @mutation(returns=OwnWish)
    def withdraw_own_wish(self, wish_id: UUID) -> wishes.WithdrawOwnWish:
        return wishes.WithdrawOwnWish(wish_id=wish_id)


def _identity(given: StaffIdentityInput) -> StaffIdentity:
    return StaffIdentity(
        family_zh=given.family_name_zh, given_zh=given.given_name_zh,
        family_en=given.family_name_en, given_en=given.given_name_en, phone=given.phone,
    )  # fmt: skip
