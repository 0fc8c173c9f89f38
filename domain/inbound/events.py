"""Admission, discharge and transfer events in the hospital's words, one class per kind.

Every door (HL7 v2, files of stays, later FHIR) translates into these; `commands.py` applies them.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.inbound.facts import Identifier, Patient, Person, Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtEvent:
    """Something that happened at `at`. `trigger` is the sender's word for it."""

    trigger: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfPatient(AdtEvent):
    """An event of one patient on one visit."""

    patient: Patient


class Admitted(OfPatient):
    """A01: the patient is in the bed."""


class Moved(OfPatient):
    """A02: the patient is in another bed."""


class Departed(OfPatient):
    """A03: the patient has left the hospital."""


class Arrived(OfPatient):
    """A04: an outpatient or emergency visit begins, perhaps without a bed."""


class PreAdmitted(OfPatient):
    """A05: a visit is planned."""


class BecameInpatient(OfPatient):
    """A06: an outpatient is now an inpatient."""


class BecameOutpatient(OfPatient):
    """A07: an inpatient is now an outpatient."""


class Updated(OfPatient):
    """A08: facts about the patient or the visit changed; nobody moved."""


class WentAway(OfPatient):
    """A09: on the way to another place for a while; the bed stays theirs."""


class CameBack(OfPatient):
    """A10: arrived, at the own bed or at another place."""


class AdmissionCancelled(OfPatient):
    """A11: the admission did not happen."""


class MoveCancelled(OfPatient):
    """A12: the last move did not happen."""


class DepartureCancelled(OfPatient):
    """A13: the patient did not leave."""


class AdmissionPending(OfPatient):
    """A14: an admission is expected; a bed is needed."""


class MovePending(OfPatient):
    """A15: a move is expected; another bed is needed."""


class DeparturePending(OfPatient):
    """A16: a departure is expected."""


class LeaveStarted(OfPatient):
    """A21: on leave; the bed stays theirs."""


class LeaveEnded(OfPatient):
    """A22: back from leave."""


class VisitDeleted(OfPatient):
    """A23: the visit was entered in error."""


class DeparturePendingCancelled(OfPatient):
    """A25: the departure is no longer expected."""


class MovePendingCancelled(OfPatient):
    """A26: the move is no longer expected."""


class AdmissionPendingCancelled(OfPatient):
    """A27: the admission is no longer expected."""


class PreAdmissionCancelled(OfPatient):
    """A38: the planned visit will not take place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BedsSwapped(AdtEvent):
    """A17: two patients have each other's beds."""

    first: Patient
    second: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class BedReported(AdtEvent):
    """A20: the state of a bed, a word of HL7 table 0116 (C H I K O U)."""

    spot: Spot
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsLinked(AdtEvent):
    """A24: two records are said to be of one person."""

    first: Person
    second: Person


@dataclass(frozen=True, slots=True)
class Merger:
    """The record that stays and the identifiers of the one that goes into it."""

    stays: Person
    goes: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientsMerged(AdtEvent):
    """A40: records of one person become one record; all pairs or none."""

    mergers: tuple[Merger, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StayTold(OfPatient):
    """A row of a file of ward stays: in the ward from `at` until `until`, and then?"""

    until: datetime | None = None  # None: still there
    leaves: bool = False  # at `until` the hospital was left, not only the ward
