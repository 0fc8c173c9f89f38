"""The words of transfers between hospitals: states, urgency, and why things were decided."""

from enum import StrEnum


class TransferState(StrEnum):
    REQUESTED = "REQUESTED"  # waits for the authority; the other hospital knows nothing yet
    UNDER_REVIEW = "UNDER_REVIEW"  # the receiving hospital decides
    INFO_NEEDED = "INFO_NEEDED"
    ESCALATED = "ESCALATED"  # nobody answered in time
    ACCEPTED = "ACCEPTED"
    BED_HELD = "BED_HELD"
    IN_TRANSIT = "IN_TRANSIT"
    ARRIVED = "ARRIVED"
    COMPLETED = "COMPLETED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    DIED = "DIED"


class Urgency(StrEnum):
    """How soon an answer is due: domain/transfers/deadlines.csv."""

    EMERGENCY = "EMERGENCY"
    URGENT = "URGENT"
    ROUTINE = "ROUTINE"


class TransferReason(StrEnum):
    """Why the patient should go elsewhere."""

    CAPACITY = "CAPACITY"
    SPECIALTY = "SPECIALTY"
    HIGHER_CARE = "HIGHER_CARE"
    LOWER_CARE = "LOWER_CARE"
    ISOLATION = "ISOLATION"
    EQUIPMENT = "EQUIPMENT"
    NEARER_HOME = "NEARER_HOME"


class InfoTopic(StrEnum):
    """What the receiving hospital has to know before it decides."""

    CONDITION = "CONDITION"
    INFECTION = "INFECTION"
    VENTILATION = "VENTILATION"
    RESULTS = "RESULTS"
    MEDICATION = "MEDICATION"
    CONSENT = "CONSENT"
    FAMILY = "FAMILY"
    TRANSPORT = "TRANSPORT"


class DeclineReason(StrEnum):
    NO_BED = "NO_BED"
    NO_STAFF = "NO_STAFF"
    NO_SPECIALTY = "NO_SPECIALTY"
    NO_EQUIPMENT = "NO_EQUIPMENT"
    NO_ISOLATION_ROOM = "NO_ISOLATION_ROOM"
    NOT_INDICATED = "NOT_INDICATED"
    ANOTHER_IS_NEARER = "ANOTHER_IS_NEARER"


class CancelReason(StrEnum):
    """Why the sending hospital takes its request back, or the receiving one its word."""

    NOT_NEEDED = "NOT_NEEDED"
    PATIENT_WISH = "PATIENT_WISH"
    UNFIT_TO_TRAVEL = "UNFIT_TO_TRAVEL"
    NO_TRANSPORT = "NO_TRANSPORT"
    TURNED_BACK = "TURNED_BACK"
    OTHER_HOSPITAL = "OTHER_HOSPITAL"
    BED_LOST = "BED_LOST"
    MISTAKE = "MISTAKE"


class ConsentWord(StrEnum):
    """What the patient, or who speaks for the patient, says to a transfer."""

    GIVEN = "GIVEN"
    REFUSED = "REFUSED"
    OVERRIDDEN = "OVERRIDDEN"  # an emergency: somebody with the authority decided


class ConsentBy(StrEnum):
    PATIENT = "PATIENT"
    GUARDIAN = "GUARDIAN"
    PROXY = "PROXY"  # named by the patient
    COURT = "COURT"
    STAFF = "STAFF"  # of an override only


class OverrideCause(StrEnum):
    """Why there is no time, or nobody, to ask."""

    DANGER_TO_LIFE = "DANGER_TO_LIFE"
    UNCONSCIOUS = "UNCONSCIOUS"
    NO_PROXY_REACHED = "NO_PROXY_REACHED"
    EVACUATION = "EVACUATION"
