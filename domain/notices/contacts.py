"""Where somebody is reached: one's own e-mail, kept by oneself."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlmodel import col, func, select

from domain.accounts.endings import own_account
from domain.alarms.model import Severity
from domain.notices.addresses import target
from domain.notices.model import Contact, Delivery, contact_place
from domain.notices.quiet import Kept, Quiet, keep_quiet, kept, require_quiet
from domain.notices.trial import begin_test
from domain.notices.words import Channel, Language
from domain.places.times import expect_version, store
from kit.command import Command
from kit.errors import Conflict, NotFound
from kit.ids import new_id
from kit.work import NETWORK, Scope, Work

MOST = 5  # contacts of one person


@dataclass(frozen=True, kw_only=True)
class AddContact(Command[Kept]):
    """Have notices sent to an e-mail address of one's own while on call."""

    action = "contact.keep"

    address: str = field(repr=False)
    least_severity: Severity = Severity.LOW
    language: Language = Language.ZH
    quiet_hours: tuple[Quiet, ...] = ()

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Kept:
        owner = own_account(work)
        address = target(Channel.EMAIL, self.address)
        require_quiet(self.quiet_hours)
        in_use = select(func.count()).where(
            Contact.account_id == owner.id, col(Contact.removed_at).is_(None)
        )
        if work.session.exec(in_use).one() >= MOST:
            raise Conflict(f"at most {MOST} contacts; remove one first", reason="TOO_MANY_CONTACTS")
        contact = _new(work, address, self.least_severity, self.language)
        keep_quiet(work, contact, self.quiet_hours)
        work.emit("ContactAdded", NETWORK, contact=contact.id)
        return kept(work, contact)


@dataclass(frozen=True, kw_only=True)
class ChangeContact(Command[Kept]):
    """Say anew from which severity on, in which language and when a contact of one's own is used.

    What is left out stays; an empty list of quiet hours ends them. A new address is a new contact.
    """

    action = "contact.keep"

    contact_id: UUID
    version: int | None = None
    least_severity: Severity | None = None
    language: Language | None = None
    quiet_hours: tuple[Quiet, ...] | None = None

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Kept:
        contact = own_contact(work, self.contact_id)
        expect_version(contact, self.version)
        contact.least_severity = self.least_severity or contact.least_severity
        contact.language = self.language or contact.language
        if self.quiet_hours is not None:
            keep_quiet(work, contact, self.quiet_hours)
        work.emit("ContactChanged", NETWORK, contact=contact.id)
        return kept(work, contact)


@dataclass(frozen=True, kw_only=True)
class RemoveContact(Command[Kept]):
    """Send nothing more to a contact of one's own."""

    action = "contact.keep"

    contact_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Kept:
        contact = own_contact(work, self.contact_id)
        contact.removed_at = work.now
        work.emit("ContactRemoved", NETWORK, contact=contact.id)
        return kept(work, contact)


@dataclass(frozen=True, kw_only=True)
class SendTestNotice(Command[Delivery]):
    """Send a test to a contact of one's own; its delivery shows what came of it."""

    action = "contact.keep"

    contact_id: UUID

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> Delivery:
        return begin_test(work, own_contact(work, self.contact_id))


def own_contact(work: Work, contact_id: UUID) -> Contact:
    """Raises NotFound for an unknown, a removed and somebody else's contact alike."""
    contact = work.get(Contact, contact_id)
    if contact.account_id != work.actor.id or contact.removed_at is not None:
        raise NotFound.of("contact", contact_id)
    return contact


def _new(work: Work, address: str, least: Severity, language: Language) -> Contact:
    key, owner = new_id(), work.actor.id
    return store(work, Contact(
        id=key, account_id=owner, channel=Channel.EMAIL, added_at=work.now,
        address=work.seal(address, contact_place(key, "address", None, owner)),
        least_severity=least, language=language,
    ))  # fmt: skip
