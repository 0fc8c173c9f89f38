"""Who is on call: set by hand, for a role or a list, in a ward or a hospital."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.accounts.model import Account
from domain.accounts.rules import require_enabled
from domain.notices.duties import known_duty, place_of
from domain.notices.model import OnCall
from domain.places.times import CLOCK_DIFFERENCE, store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import ActorKind, Scope, Work

FARTHEST = timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class SetOnCall(Command[OnCall]):
    """Put somebody on a duty, from now or later, until an end or until it is ended.

    A duty is role:<role> or list:<name>, as the escalations of alarm rules name it. Several people
    may be on the same duty: all of them are told.
    """

    action = "oncall.set"

    hospital_id: UUID
    ward_id: UUID | None = None
    duty: str
    account_id: UUID
    since: datetime | None = None
    until: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return place_of(work, self.hospital_id, self.ward_id)

    def apply(self, work: Work) -> OnCall:
        place = self.scope(work)
        account = work.get(Account, self.account_id)
        require_enabled(account)
        if account.kind is ActorKind.SCREEN:
            raise Invalid("a screen is not on call", field="accountId")
        entry = store(work, OnCall(
            hospital_id=self.hospital_id, ward_id=place.ward, duty=known_duty(work, self.duty),
            account_id=account.id, since=self._since(work), until=self._until(work),
            set_by=work.actor.id,
        ))  # fmt: skip
        work.emit("OnCallSet", place, on_call=entry.id)
        return entry

    def _since(self, work: Work) -> datetime:
        since = self.since or work.now
        if since < work.now - CLOCK_DIFFERENCE or since > work.now + FARTHEST:
            raise Invalid(
                "a duty begins now or within a year", field="since", reason="ON_CALL_TIME"
            )
        return since

    def _until(self, work: Work) -> datetime | None:
        if self.until is None:
            return None
        since = self._since(work)
        if not since < self.until <= since + FARTHEST:
            raise Invalid("a duty ends after it begins, within a year", field="until",
                          reason="ON_CALL_TIME")  # fmt: skip
        return self.until


@dataclass(frozen=True, kw_only=True)
class EndOnCall(Command[OnCall]):
    """Take somebody off a duty now; one that has not begun is struck out."""

    action = "oncall.set"

    on_call_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(OnCall, self.on_call_id).scope

    def apply(self, work: Work) -> OnCall:
        entry = work.get(OnCall, self.on_call_id)
        if entry.until is not None and entry.until <= work.now:
            raise Conflict(f"this duty ended at {entry.until.isoformat()}", reason="ON_CALL_OVER",
                           blocking=entry.id)  # fmt: skip
        if entry.since >= work.now:
            work.session.delete(entry)
        else:
            entry.until = work.now
        work.emit("OnCallEnded", entry.scope, on_call=entry.id)
        return entry
