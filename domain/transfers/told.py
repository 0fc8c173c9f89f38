"""What the receiving hospital is told of a patient: placement facts, no name and no number."""

from datetime import date
from typing import Any

from domain.patients.episodes import present_need
from domain.patients.model import Encounter, Isolation, Patient, SideRoom
from domain.places.model import CareLevel
from kit.work import Work

BAND_YEARS = 10
OLDEST_BAND = 90  # from here on one band: so old people are few enough to be known by it


def facts_to_tell(work: Work, encounter: Encounter) -> dict[str, Any]:
    """The columns of a transfer that describe the patient, as they are now."""
    patient = work.get(Patient, encounter.patient_id)
    need = present_need(work, encounter.id)
    return {
        "sex": patient.sex,
        "age_band": age_band(patient.birth_date, work.now.date()),
        "specialty": encounter.specialty,
        "care_level": need.care_level if need else CareLevel.WARD,
        "isolation": need.isolation if need else Isolation.NONE,
        "side_room": need.side_room if need else SideRoom.NONE,
        "required_equipment": list(need.required_equipment) if need else [],
    }


def age_band(born: date | None, on: date) -> str | None:
    """Ten years, such as 60-69, and 90+; None where no birth date is known."""
    if born is None:
        return None
    years = max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)
    first = years // BAND_YEARS * BAND_YEARS
    return f"{OLDEST_BAND}+" if first >= OLDEST_BAND else f"{first}-{first + BAND_YEARS - 1}"
