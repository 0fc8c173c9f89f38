"""Sealing of who a member of staff is."""

import unicodedata
from dataclasses import dataclass, fields

from domain.patients.identity import family_blind
from domain.staff.model import StaffMember
from kit.blind import put
from kit.errors import Invalid
from kit.sealed import SealedPlace
from kit.work import Work

LONGEST = 120  # characters


@dataclass(frozen=True, kw_only=True)
class StaffIdentity:
    """Who somebody is. None leaves a field as it was, an empty text clears it."""

    family_zh: str | None = None
    given_zh: str | None = None
    family_en: str | None = None
    given_en: str | None = None
    phone: str | None = None


def staff_place(member: StaffMember, column: str) -> SealedPlace:
    """Where a sealed field of a member of staff lives."""
    return SealedPlace(member.hospital_id, "staff_member", column, member.id, member.subject)


def seal_staff(work: Work, member: StaffMember, identity: StaffIdentity) -> None:
    """Seal the given fields. Raises Invalid for a text that is no name."""
    for one in fields(identity):
        given: str | None = getattr(identity, one.name)
        if given is not None:
            text = _clean(one.name, given)
            place = staff_place(member, one.name)
            setattr(member, one.name, work.seal(text, place) if text else None)
            if one.name in ("family_zh", "family_en"):  # to be compared with patients', unopened
                put(member, f"{one.name}_blind", family_blind(work.vault, one.name, text))


def _clean(column: str, value: str) -> str:
    text = unicodedata.normalize("NFC", value).strip()
    if len(text) > LONGEST or not text.isprintable():
        raise Invalid(f"at most {LONGEST} printable characters", field=f"identity.{column}")
    return text
