"""Why somebody looks into what is on record of a patient."""

from enum import StrEnum


class AccessReason(StrEnum):
    """Why somebody looks into a patient's record of accesses."""

    PATIENT_ASKED = "PATIENT_ASKED"
    COMPLAINT = "COMPLAINT"
    REVIEW = "REVIEW"
    INCIDENT = "INCIDENT"
    AUTHORITY = "AUTHORITY"
