"""Commands on requests: a patient waits for a bed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.beds.model import BedRequest, RequestState
from domain.beds.presence import request_of
from domain.beds.waiting import (
    already_over,
    close_request,
    next_states,
    open_request,
    tell_request,
    turn_page,
    turn_request,
)
from domain.patients.model import Encounter
from domain.patients.states import require_live
from domain.places.commands import replace_given, require_open
from domain.places.model import Hospital, Ward
from domain.places.times import expect_version, happened
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

MOST_URGENT = 9


@dataclass(frozen=True, kw_only=True)
class RequestBed(Command[BedRequest]):
    """Ask for a bed: of a ward, or of any. REQUESTED until the patient is here, then ACTIVE."""

    action = "request.open"

    encounter_id: UUID
    target_ward_id: UUID | None = None
    priority: int = 0
    needed_by: datetime | None = None
    expires_at: datetime | None = None
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> BedRequest:
        encounter = work.get(Encounter, self.encounter_id)
        require_live(encounter)
        _require_priority(self.priority)
        _require_target(work, self.target_ward_id, encounter.hospital_id)
        known = request_of(work, encounter.id)
        if known is not None:
            raise Conflict(
                f"request {known.id} is {known.state} since {known.since.isoformat()}",
                reason="REQUEST_OPEN", blocking=known.id, allowed=next_states(known),
            )  # fmt: skip
        return open_request(
            work, encounter, happened(work, self.at), target_ward_id=self.target_ward_id,
            priority=self.priority, needed_by=self.needed_by, expires_at=self.expires_at,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ChangeRequest(Command[BedRequest]):
    """Change what was asked for. What is left out stays."""

    action = "request.change"

    request_id: UUID
    target_ward_id: UUID | None = None
    priority: int | None = None
    needed_by: datetime | None = None
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(BedRequest, self.request_id).scope

    def apply(self, work: Work) -> BedRequest:
        request = work.get(BedRequest, self.request_id)
        expect_version(request, self.version)
        if request.until is not None:
            raise already_over(request)
        _require_priority(self.priority or 0)
        _require_target(work, self.target_ward_id, request.hospital_id)
        before = request.target_ward_id
        replace_given(request, target_ward_id=self.target_ward_id, priority=self.priority,
                      needed_by=self.needed_by)  # fmt: skip
        turn_page(work, request, work.now)
        tell_request(work, "RequestChanged", request, before)
        return request


class _Turn:
    """A step of a request that changes its state and nothing else."""

    request_id: UUID
    to: RequestState

    def scope(self, work: Work) -> Scope:
        return work.get(BedRequest, self.request_id).scope

    def apply(self, work: Work) -> BedRequest:
        request = work.get(BedRequest, self.request_id)
        turn_request(work, request, self.to, work.now)
        return request


@dataclass(frozen=True, kw_only=True)
class ActivateRequest(_Turn, Command[BedRequest]):
    """Let a request count from now on, because the patient is ready to come."""

    action = "request.change"
    to = RequestState.ACTIVE

    request_id: UUID

    def apply(self, work: Work) -> BedRequest:
        request = work.get(BedRequest, self.request_id)
        if request.state in (RequestState.HELD, RequestState.IN_TRANSIT):
            raise Conflict("a bed is held for it; release the hold", reason="REQUEST_STATE",
                           blocking=request.id, allowed=next_states(request))  # fmt: skip
        return _Turn.apply(self, work)


@dataclass(frozen=True, kw_only=True)
class ProposeBed(_Turn, Command[BedRequest]):
    """Mark that a plan names a bed for this request and a person is to decide."""

    action = "request.propose"
    to = RequestState.PROPOSED

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class WithdrawProposal(Command[BedRequest]):
    """Take a proposal back: the request waits as before."""

    action = "request.propose"

    request_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(BedRequest, self.request_id).scope

    def apply(self, work: Work) -> BedRequest:
        request = work.get(BedRequest, self.request_id)
        if request.state != RequestState.PROPOSED:
            raise Conflict(f"the request is {request.state}, not PROPOSED",
                           reason="REQUEST_STATE", blocking=request.id,
                           allowed=next_states(request))  # fmt: skip
        turn_request(work, request, RequestState.ACTIVE, work.now)
        return request


@dataclass(frozen=True, kw_only=True)
class SendPatient(_Turn, Command[BedRequest]):
    """Record that the patient is on the way to the held bed."""

    action = "request.send"
    to = RequestState.IN_TRANSIT

    request_id: UUID


@dataclass(frozen=True, kw_only=True)
class CancelRequest(Command[BedRequest]):
    """Stop waiting for a bed; a hold is released."""

    action = "request.cancel"

    request_id: UUID
    reason: str = "NOT_NEEDED"

    def scope(self, work: Work) -> Scope:
        return work.get(BedRequest, self.request_id).scope

    def apply(self, work: Work) -> BedRequest:
        request = work.get(BedRequest, self.request_id)
        if not (0 < len(self.reason) <= 32 and self.reason.isascii()):
            raise Invalid("give a reason code of 1 to 32 characters", field="reason")
        close_request(work, request, RequestState.CANCELLED, work.now, self.reason)
        return request


@dataclass(frozen=True, kw_only=True)
class ExpireRequests(Command[int]):
    """Close the requests of a hospital whose time has passed; answers how many."""

    action = "request.expire"

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> int:
        late = work.session.exec(
            select(BedRequest).where(
                BedRequest.hospital_id == self.hospital_id,
                col(BedRequest.until).is_(None),
                col(BedRequest.expires_at) <= work.now,
            )
        ).all()
        for request in late:
            close_request(work, request, RequestState.EXPIRED, work.now, "EXPIRED")
        return len(late)


def _require_priority(priority: int) -> None:
    if not 0 <= priority <= MOST_URGENT:
        raise Invalid(f"a priority is 0 to {MOST_URGENT}", field="priority")


def _require_target(work: Work, ward_id: UUID | None, hospital_id: UUID) -> None:
    if ward_id is None:
        return
    ward = work.get(Ward, ward_id)
    if ward.hospital_id != hospital_id:
        raise Invalid("the ward is in another hospital; ask for a transfer", field="targetWardId")
    require_open(ward)
