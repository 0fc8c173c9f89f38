"""Commands on people who work here: register, change, link to an account, let go."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.model import Account
from domain.accounts.rules import require_enabled
from domain.places.commands import CODE_LENGTH, replace_given
from domain.places.model import Hospital, Ward
from domain.places.times import expect_version, store
from domain.staff.identity import StaffIdentity, seal_staff
from domain.staff.model import Profession, StaffMember
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.ids import new_id
from kit.work import ActorKind, Scope, Work


@dataclass(frozen=True, kw_only=True)
class RegisterStaff(Command[StaffMember]):
    """Enter somebody who works in a hospital. Names are sealed before they are stored.

    Without a home ward they may be planned in every ward for whose shifts they have the skills.
    """

    action = "staff.manage"

    hospital_id: UUID
    home_ward_id: UUID | None = None
    number: str
    profession: Profession
    identity: StaffIdentity
    specialty: str | None = None
    languages: tuple[str, ...] = ()
    joined_on: date

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> StaffMember:
        if self.home_ward_id is not None:
            require_ward_of(work, self.home_ward_id, self.hospital_id)
        _require_number(work, self.hospital_id, self.number)
        _require_specialty(self.specialty)
        member = StaffMember(
            id=new_id(), hospital_id=self.hospital_id, home_ward_id=self.home_ward_id,
            number=self.number, profession=self.profession, specialty=self.specialty,
            languages=_languages(self.languages), joined_on=self.joined_on,
        )  # fmt: skip
        seal_staff(work, member, self.identity)
        store(work, member)
        work.subjects.add(member.subject)
        work.emit("StaffRegistered", member.scope, staff=member.id)
        return member


@dataclass(frozen=True, kw_only=True)
class UpdateStaff(Command[StaffMember]):
    """Change what is known about somebody. What is left out stays.

    `left_on` is the first day without them: duties from that day on have to be cancelled first.
    """

    action = "staff.manage"

    staff_id: UUID
    home_ward_id: UUID | None = None
    identity: StaffIdentity | None = None
    specialty: str | None = None
    languages: tuple[str, ...] | None = None
    left_on: date | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(StaffMember, self.staff_id).hospital_id)

    def apply(self, work: Work) -> StaffMember:
        member = work.get(StaffMember, self.staff_id)
        expect_version(member, self.version)
        if self.home_ward_id is not None:
            require_ward_of(work, self.home_ward_id, member.hospital_id)
        if self.left_on is not None and self.left_on <= member.joined_on:
            raise Invalid("nobody leaves before they joined", field="leftOn")
        _require_specialty(self.specialty)
        if self.identity is not None:
            seal_staff(work, member, self.identity)
        replace_given(member, home_ward_id=self.home_ward_id, specialty=self.specialty,
                      left_on=self.left_on)  # fmt: skip
        if self.languages is not None:
            member.languages = _languages(self.languages)
        work.subjects.add(member.subject)
        work.emit("StaffChanged", member.scope, staff=member.id)
        return member


@dataclass(frozen=True, kw_only=True)
class LinkStaffAccount(Command[StaffMember]):
    """Say as whom somebody signs in: lets them see their own duties and take part in swaps."""

    action = "staff.manage"

    staff_id: UUID
    account_id: UUID

    def scope(self, work: Work) -> Scope:
        return Scope(work.get(StaffMember, self.staff_id).hospital_id)

    def apply(self, work: Work) -> StaffMember:
        member = work.get(StaffMember, self.staff_id)
        account = work.get(Account, self.account_id)
        require_enabled(account)
        if account.kind is ActorKind.SCREEN:
            raise Invalid("a screen is nobody who works here", field="accountId")
        other = work.session.exec(
            select(StaffMember).where(
                StaffMember.hospital_id == member.hospital_id,
                StaffMember.account_id == account.id, StaffMember.id != member.id,
            )
        ).first()  # fmt: skip
        if other is not None:
            raise Conflict("somebody else here signs in with this account",
                           reason="ACCOUNT_LINKED", field="accountId",
                           blocking=other.id)  # fmt: skip
        member.account_id = account.id
        work.subjects.add(member.subject)
        work.emit("StaffChanged", member.scope, staff=member.id)
        return member


def own_membership(work: Work, hospital_id: UUID | None = None) -> StaffMember:
    """Who the actor is among the staff. Raises NotFound for anybody else.

    Somebody who works in two hospitals names the one they mean.
    """
    asked = select(StaffMember).where(StaffMember.account_id == work.actor.id)
    if hospital_id is not None:
        asked = asked.where(StaffMember.hospital_id == hospital_id)
    found = work.session.exec(asked.order_by(col(StaffMember.id))).first()
    if found is None:
        raise NotFound("your account belongs to nobody who works here; the roster planner links it")
    work.subjects.add(found.subject)
    return found


def require_ward_of(work: Work, ward_id: UUID, hospital_id: UUID) -> Ward:
    """The ward. Raises NotFound for one of another hospital too."""
    ward = work.get(Ward, ward_id)
    if ward.hospital_id != hospital_id:
        raise NotFound.of("ward", ward_id)
    return ward


def _require_number(work: Work, hospital_id: UUID, number: str) -> None:
    if not 0 < len(number.strip()) <= CODE_LENGTH or not number.isprintable():
        raise Invalid(f"a number has 1 to {CODE_LENGTH} printable characters", field="number")
    taken = work.session.exec(
        select(StaffMember.id).where(
            StaffMember.hospital_id == hospital_id, StaffMember.number == number
        )
    ).first()
    if taken is not None:
        raise Conflict("somebody here has this number; choose another", reason="NUMBER_TAKEN",
                       field="number", blocking=taken)  # fmt: skip


def _require_specialty(specialty: str | None) -> None:
    if specialty is not None and not 0 < len(specialty) <= CODE_LENGTH:
        raise Invalid(f"a specialty has 1 to {CODE_LENGTH} characters", field="specialty")


def _languages(given: tuple[str, ...]) -> list[str]:
    tags = sorted({tag.strip().lower() for tag in given})
    if len(tags) > 10 or any(not 2 <= len(t) <= 16 or not t.isascii() for t in tags):
        raise Invalid("name at most ten languages by their tags, as zh or en", field="languages")
    return tags
