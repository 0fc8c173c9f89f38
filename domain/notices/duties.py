"""What a duty is called, and the contacts that everybody on a duty shares: groups and systems."""

import re
from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import select

from domain.accounts.model import AccessRole
from domain.alarms.model import Severity
from domain.notices.addresses import require_secret, target
from domain.notices.model import Contact, Delivery, contact_place
from domain.notices.quiet import Kept, Quiet, keep_quiet, kept, require_quiet
from domain.notices.texts import require_template
from domain.notices.trial import begin_test
from domain.notices.words import Channel, Language
from domain.places.model import Hospital, Ward
from domain.places.times import store
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound
from kit.ids import new_id
from kit.sealed import Sealed
from kit.work import Scope, Work

SUPERVISOR = "role:house-supervisor"
_DUTY = re.compile(r"(?:role|list):[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)  # as in alarm rules


@dataclass(frozen=True, kw_only=True)
class AddDutyContact(Command[Kept]):
    """Tell everybody on a duty of a ward or hospital through a group, a system or a mailbox."""

    action = "contact.manage"

    hospital_id: UUID
    ward_id: UUID | None = None
    duty: str
    channel: Channel
    address: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    least_severity: Severity = Severity.LOW
    language: Language = Language.ZH
    template: str | None = None
    quiet_hours: tuple[Quiet, ...] = ()

    def scope(self, work: Work) -> Scope:
        return place_of(work, self.hospital_id, self.ward_id)

    def apply(self, work: Work) -> Kept:
        place = self.scope(work)
        duty = known_duty(work, self.duty)
        address = target(self.channel, self.address)
        secret = require_secret(self.channel, self.secret)
        require_quiet(self.quiet_hours)
        if self.template is not None:
            require_template(self.template)
        key = new_id()
        contact = store(work, Contact(
            id=key, hospital_id=place.hospital, ward_id=place.ward, duty=duty,
            channel=self.channel, least_severity=self.least_severity, language=self.language,
            template=self.template, added_at=work.now,
            address=self._sealed(work, key, "address", address),
            secret=None if secret is None else self._sealed(work, key, "secret", secret),
        ))  # fmt: skip
        keep_quiet(work, contact, self.quiet_hours)
        work.emit("ContactAdded", place, contact=contact.id)
        return kept(work, contact)

    def _sealed(self, work: Work, key: UUID, column: str, text: str) -> Sealed:
        return work.seal(text, contact_place(key, column, self.hospital_id, None))


@dataclass(frozen=True, kw_only=True)
class RemoveDutyContact(Command[Kept]):
    """Send nothing more to a group, system or mailbox of a duty."""

    action = "contact.manage"

    contact_id: UUID

    def scope(self, work: Work) -> Scope:
        return duty_contact(work, self.contact_id).scope

    def apply(self, work: Work) -> Kept:
        contact = in_use(duty_contact(work, self.contact_id))
        contact.removed_at = work.now
        work.emit("ContactRemoved", contact.scope, contact=contact.id)
        return kept(work, contact)


@dataclass(frozen=True, kw_only=True)
class SendDutyTest(Command[Delivery]):
    """Send a test to a group, system or mailbox of a duty."""

    action = "contact.manage"

    contact_id: UUID

    def scope(self, work: Work) -> Scope:
        return duty_contact(work, self.contact_id).scope

    def apply(self, work: Work) -> Delivery:
        return begin_test(work, in_use(duty_contact(work, self.contact_id)))


def duty_contact(work: Work, contact_id: UUID) -> Contact:
    """Raises NotFound for a person's own contact too."""
    contact = work.get(Contact, contact_id)
    if contact.duty is None:
        raise NotFound.of("contact", contact_id)
    return contact


def in_use(contact: Contact) -> Contact:
    """Raises Conflict for one that was removed."""
    if contact.removed_at is not None:
        raise Conflict(f"the contact was removed at {contact.removed_at.isoformat()}",
                       reason="CONTACT_REMOVED", blocking=contact.id)  # fmt: skip
    return contact


def place_of(work: Work, hospital_id: UUID, ward_id: UUID | None) -> Scope:
    """The hospital, or a ward of it. Raises NotFound."""
    hospital = work.get(Hospital, hospital_id)
    if ward_id is None:
        return hospital.scope
    ward = work.get(Ward, ward_id)
    if ward.hospital_id != hospital_id:
        raise NotFound.of("ward", ward_id)
    return ward.scope


def known_duty(work: Work, duty: str) -> str:
    """The duty. Raises Invalid for another form and for a role that does not exist."""
    if not _DUTY.fullmatch(duty):
        raise Invalid("a duty is role:<role> or list:<name>, in small letters, digits and .-_",
                      field="duty", reason="DUTY")  # fmt: skip
    kind, _, name = duty.partition(":")
    if kind == "role":
        role = select(AccessRole.slug).where(AccessRole.slug == name, AccessRole.holder == "PERSON")
        if work.session.exec(role).first() is None:
            raise Invalid(f"there is no role {name} that a person may hold", field="duty",
                          reason="DUTY")  # fmt: skip
    return duty
