"""What becomes of an admission request when its patient comes, or will not come."""

from datetime import datetime

from domain.admissions.model import AdmissionState
from domain.admissions.states import open_request_of
from domain.patients.model import Encounter
from domain.patients.states import ENDED, IN_HOUSE, follow_encounters
from kit.work import Work


def follow_encounter(work: Work, encounter: Encounter, at: datetime) -> None:
    """An encounter has changed its status."""
    if encounter.status not in (*IN_HOUSE, *ENDED):
        return
    row = open_request_of(work, encounter.id)
    if row is None:
        return
    came = encounter.status in IN_HOUSE
    row.state = AdmissionState.CAME if came else AdmissionState.CANCELLED
    row.end_reason = None if came else str(encounter.status)
    work.emit("AdmissionClosed", row.scope, admission=row.id)


follow_encounters(follow_encounter)
