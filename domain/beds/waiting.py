"""The steps of a request for a bed, for the commands that take them."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from domain.beds.model import BedHold, BedRequest, HoldState, RequestPhase, RequestState
from domain.beds.presence import hold_for, request_of
from domain.beds.rules import NEXT_REQUEST
from domain.patients.model import Encounter, EncounterStatus
from domain.patients.states import IN_HOUSE
from domain.places.times import recorded, store, succeed
from kit.errors import Conflict
from kit.work import Scope, Work

Follower = Callable[[Work, BedRequest, datetime], None]
_followers: list[Follower] = []


def follow_requests(follower: Follower) -> None:
    """Have `follower` called, in the same transaction, whenever a request's state changes."""
    _followers.append(follower)


def open_request(
    work: Work,
    encounter: Encounter,
    at: datetime,
    *,
    target_ward_id: UUID | None = None,
    priority: int = 0,
    needed_by: datetime | None = None,
    expires_at: datetime | None = None,
) -> BedRequest:
    """Store a request and the first page of its history."""
    here = encounter.status in IN_HOUSE
    request = store(work, BedRequest(
        hospital_id=encounter.hospital_id, encounter_id=encounter.id, subject=encounter.subject,
        from_ward_id=encounter.ward_id if here else None, target_ward_id=target_ward_id,
        state=RequestState.ACTIVE if here else RequestState.REQUESTED, priority=priority,
        needed_by=needed_by, expires_at=expires_at, since=at, **recorded(work),
    ))  # fmt: skip
    succeed(work, None, _phase(work, request, at))
    work.subjects.add(encounter.subject)
    tell_request(work, "BedRequested", request)
    return request


def turn_request(work: Work, request: BedRequest, state: RequestState, at: datetime) -> None:
    """Go to `state`. Raises Conflict that names the allowed ones."""
    if state not in NEXT_REQUEST[request.state]:
        raise Conflict(
            f"the request is {request.state} and cannot become {state}",
            reason="REQUEST_STATE", blocking=request.id, allowed=next_states(request),
        )  # fmt: skip
    at = max(at, _present_page(work, request).since)  # that one may have been told later
    request.state = state
    if not NEXT_REQUEST[state]:
        request.until = at
    turn_page(work, request, at)
    tell_request(work, "RequestChanged", request)
    for follower in _followers:
        follower(work, request, at)


def close_request(
    work: Work, request: BedRequest, state: RequestState, at: datetime, reason: str | None = None
) -> None:
    """End a request and whatever bed is held for it."""
    if state not in NEXT_REQUEST[request.state]:
        raise already_over(request)
    hold = hold_for(work, request.id)
    if hold is not None:
        end_hold(work, hold, HoldState.RELEASED, at)
    request.end_reason = reason
    turn_request(work, request, state, at)


def end_hold(work: Work, hold: BedHold, state: HoldState, at: datetime) -> None:
    """Leave ACTIVE for good. The row is written at once: triggers look for active holds."""
    hold.state, hold.until = state, max(at, hold.since)
    work.session.flush()
    work.emit("HoldEnded", hold.scope, bed=hold.bed_id, hold=hold.id, state=state)


def stop_waiting(work: Work, encounter: Encounter, at: datetime, reason: str) -> None:
    """Cancel the encounter's open request and hold, because it ends."""
    request = request_of(work, encounter.id)
    if request is not None:
        close_request(work, request, RequestState.CANCELLED, at, reason)


def tell_request(
    work: Work, name: str, request: BedRequest, other_ward: UUID | None = None
) -> None:
    """Publish to the wards where the patient waits and where a bed is asked for."""
    wards = {request.from_ward_id, request.target_ward_id, other_ward} - {None}
    scopes = [Scope(request.hospital_id, ward) for ward in wards] or [Scope(request.hospital_id)]
    for scope in sorted(scopes, key=lambda one: one.path):
        work.emit(name, scope, request=request.id, state=request.state)


def follow_patient(work: Work, encounter: Encounter, at: datetime) -> None:
    """The patient came to a ward: the request waits from there, and counts from now on."""
    request = request_of(work, encounter.id)
    if request is None:
        return
    before, request.from_ward_id = request.from_ward_id, encounter.ward_id
    if request.state == RequestState.REQUESTED and encounter.status != EncounterStatus.PLANNED:
        turn_request(work, request, RequestState.ACTIVE, at)
    elif before != encounter.ward_id:
        turn_page(work, request, at)
        tell_request(work, "RequestChanged", request, before)


def _present_page(work: Work, request: BedRequest) -> RequestPhase:
    return work.session.exec(
        select(RequestPhase).where(
            RequestPhase.request_id == request.id, col(RequestPhase.until).is_(None)
        )
    ).one()


def turn_page(work: Work, request: BedRequest, at: datetime) -> None:
    """Write what the request is from `at` on."""
    before = _present_page(work, request)
    succeed(work, before, _phase(work, request, max(at, before.since)))


def _phase(work: Work, request: BedRequest, at: datetime) -> RequestPhase:
    return RequestPhase(
        hospital_id=request.hospital_id, request_id=request.id, state=request.state,
        from_ward_id=request.from_ward_id, target_ward_id=request.target_ward_id,
        priority=request.priority, needed_by=request.needed_by, since=at, **recorded(work),
    )  # fmt: skip


def next_states(request: BedRequest) -> tuple[str, ...]:
    return tuple(str(state) for state in NEXT_REQUEST[request.state])


def already_over(request: BedRequest) -> Conflict:
    return Conflict(f"the request is {request.state}", reason="REQUEST_STATE",
                    blocking=request.id, allowed=next_states(request))  # fmt: skip
