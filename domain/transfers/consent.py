"""Commands on consent: what the patient says to going elsewhere, or why nobody could be asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam
from sqlmodel import col, select

from domain.patients.episodes import tell
from domain.patients.model import Encounter
from domain.patients.states import require_live
from domain.places.times import happened, recorded, succeed
from domain.transfers.closing import close
from domain.transfers.model import Consent, Transfer
from domain.transfers.sides import open_transfer_of
from domain.transfers.states import S
from domain.transfers.words import ConsentBy, ConsentWord, OverrideCause, TransferState
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.work import Scope, Work

_ENCOUNTER: Any = bindparam("encounter")
_CONSENT = select(Consent).where(
    col(Consent.encounter_id) == _ENCOUNTER, col(Consent.until).is_(None)
)
GONE = (S.IN_TRANSIT, S.ARRIVED)  # a refusal no longer keeps the patient here


@dataclass(frozen=True, kw_only=True)
class RecordConsent(Command[Consent]):
    """Record that the patient agrees to a transfer, or refuses it; a refusal ends an open one."""

    action = "consent.record"

    encounter_id: UUID
    given: bool
    said_by: ConsentBy = ConsentBy.PATIENT
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> Consent:
        if self.said_by == ConsentBy.STAFF:
            others = tuple(by for by in ConsentBy if by != ConsentBy.STAFF)
            raise Invalid("staff do not consent for a patient; override with a cause",
                          field="saidBy", allowed=others)  # fmt: skip
        word = ConsentWord.GIVEN if self.given else ConsentWord.REFUSED
        consent = _say(work, self.encounter_id, word, self.said_by, self.at)
        transfer = open_transfer_of(work, self.encounter_id)
        if not self.given and transfer is not None and transfer.state not in GONE:
            close(work, transfer, TransferState.CANCELLED, work.now, "CONSENT_REFUSED")
        return consent


@dataclass(frozen=True, kw_only=True)
class OverrideConsent(Command[Consent]):
    """Decide for a patient who cannot be asked in time; the cause stays on record."""

    action = "consent.override"

    encounter_id: UUID
    cause: OverrideCause
    at: datetime | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Encounter, self.encounter_id).scope

    def apply(self, work: Work) -> Consent:
        known = consent_of(work, self.encounter_id)
        if known is not None and known.word == ConsentWord.REFUSED:
            raise Conflict("the patient has refused; an emergency does not undo that",
                           reason="CONSENT_REFUSED", blocking=known.id)  # fmt: skip
        word, by = ConsentWord.OVERRIDDEN, ConsentBy.STAFF
        return _say(work, self.encounter_id, word, by, self.at, self.cause)


def consent_of(work: Work, encounter_id: UUID) -> Consent | None:
    """What was said last."""
    return work.session.exec(_CONSENT, params={"encounter": encounter_id}).first()


def require_not_refused(work: Work, encounter_id: UUID) -> Consent | None:
    """The present consent, if any. Raises Conflict if the patient has refused."""
    consent = consent_of(work, encounter_id)
    if consent is not None and consent.word == ConsentWord.REFUSED:
        raise Conflict("the patient has refused a transfer", reason="CONSENT_REFUSED",
                       blocking=consent.id, allowed=("RecordConsent",))  # fmt: skip
    return consent


def require_consent(work: Work, transfer: Transfer) -> None:
    """Raise Conflict unless somebody has said yes: nobody leaves without."""
    if require_not_refused(work, transfer.encounter_id) is None:
        raise Conflict("nobody has recorded the patient's consent", reason="CONSENT_MISSING",
                       blocking=transfer.id,
                       allowed=("RecordConsent", "OverrideConsent"))  # fmt: skip


def _say(
    work: Work, encounter_id: UUID, word: ConsentWord, said_by: ConsentBy,
    at: datetime | None, cause: OverrideCause | None = None,
) -> Consent:  # fmt: skip
    encounter = work.get(Encounter, encounter_id)
    require_live(encounter)
    consent = succeed(work, consent_of(work, encounter.id), Consent(
        hospital_id=encounter.hospital_id, encounter_id=encounter.id, subject=encounter.subject,
        word=word, said_by=said_by, cause=cause, since=happened(work, at), **recorded(work),
    ))  # fmt: skip
    tell(work, "ConsentRecorded", encounter)
    return consent
