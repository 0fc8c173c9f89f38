"""The life of an admission request: which state may follow which."""

from uuid import UUID

from sqlmodel import col, select

from domain.admissions.model import NEXT, AdmissionRequest, AdmissionState
from kit.errors import Conflict
from kit.work import Work

OPEN = (AdmissionState.WAITING, AdmissionState.DATED)


def open_request_of(work: Work, encounter_id: UUID) -> AdmissionRequest | None:
    """The encounter's request that still counts."""
    return work.session.exec(
        select(AdmissionRequest).where(
            AdmissionRequest.encounter_id == encounter_id,
            col(AdmissionRequest.state).in_(OPEN),
        )
    ).first()


def turn(row: AdmissionRequest, state: AdmissionState) -> None:
    """Go to `state`. Raises Conflict that names the allowed ones."""
    require_next(row, state)
    row.state = state


def require_next(row: AdmissionRequest, state: AdmissionState) -> None:
    """Raise Conflict unless the state may follow."""
    allowed = NEXT.get(row.state, ())
    if state not in allowed:
        raise Conflict(f"the request is {row.state}", reason="ADMISSION_STATE", blocking=row.id,
                       allowed=tuple(map(str, allowed)))  # fmt: skip
