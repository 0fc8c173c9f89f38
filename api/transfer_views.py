"""What GraphQL shows of transfers between hospitals, to each side what is its own."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

import strawberry

from api.places import Names
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.patients.model import Isolation, Sex, SideRoom
from domain.places.model import ApprovalMode, ApprovalModeSwitch, CareLevel, ModeReason
from domain.transfers.model import Consent, Transfer, TransferStep
from domain.transfers.queries import Direction, OtherHospital
from domain.transfers.states import next_states
from domain.transfers.words import (
    CancelReason,
    ConsentBy,
    ConsentWord,
    DeclineReason,
    InfoTopic,
    OverrideCause,
    TransferReason,
    TransferState,
    Urgency,
)

for _words in (
    CancelReason, ConsentBy, ConsentWord, DeclineReason, Direction, InfoTopic, ModeReason,
    OverrideCause, TransferReason, TransferState, Urgency,
):  # fmt: skip
    strawberry.enum(_words)


@classified(DataClass.TRANSFER)
@strawberry.type(name="Transfer")
class TransferView(View):
    """One patient on the way to another hospital.

    The sending side sees its encounter, the receiving one what it has prepared. A hospital that
    did not take the patient no longer sees what it was told of them.
    """

    id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    from_hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    to_hospital_id: strawberry.ID = shows(DataClass.GENERAL)
    state: TransferState | None
    next_states: list[TransferState] | None
    urgency: Urgency | None
    reason: TransferReason | None
    since: datetime | None
    changed_at: datetime | None
    answer_by: datetime | None
    needed_by: datetime | None
    accepted_at: datetime | None
    until: datetime | None
    end_reason: str | None
    info_topics: list[InfoTopic] | None
    sex: Sex | None
    age_band: str | None
    specialty: str | None
    care_level: CareLevel | None
    isolation: Isolation | None
    side_room: SideRoom | None
    required_equipment: list[str] | None
    encounter_id: strawberry.ID | None
    receiving_encounter_id: strawberry.ID | None
    request_id: strawberry.ID | None

    @classmethod
    def of(cls, row: Transfer, sight: Sight) -> Self:
        viewer = sight.scope.hospital
        sends, receives = viewer in (None, row.from_hospital_id), viewer in (
            None, row.to_hospital_id,
        )  # fmt: skip
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            version=row.version,
            from_hospital_id=strawberry.ID(str(row.from_hospital_id)),
            to_hospital_id=strawberry.ID(str(row.to_hospital_id)),
            state=row.state,
            next_states=list(next_states(row)),
            urgency=row.urgency,
            reason=row.reason,
            since=row.since,
            changed_at=row.changed_at,
            answer_by=row.answer_by,
            needed_by=row.needed_by,
            accepted_at=row.accepted_at,
            until=row.until,
            end_reason=row.end_reason,
            info_topics=[InfoTopic(topic) for topic in row.info_topics],
            encounter_id=_key(row.encounter_id) if sends else None,
            receiving_encounter_id=_key(row.receiving_encounter_id) if receives else None,
            request_id=_key(row.request_id) if receives else None,
            **_told(row, shown=sends or row.until is None or row.accepted_at is not None),
        )


@classified(DataClass.TRANSFER)
@strawberry.type(name="TransferStep")
class TransferStepView(View):
    """One change of a transfer's state: when it happened, when and by whom it was recorded."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    state: TransferState | None
    at: datetime | None
    recorded_at: datetime | None
    recorded_by: strawberry.ID | None
    reason: str | None

    @classmethod
    def of(cls, row: TransferStep, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            state=row.state,
            at=row.at,
            recorded_at=row.recorded_at,
            recorded_by=strawberry.ID(str(row.recorded_by)),
            reason=row.reason,
        )


@classified(DataClass.TRANSFER)
@strawberry.type(name="Consent")
class ConsentView(View):
    """What was said to a transfer; until is null while it is the last word."""

    id: strawberry.ID = shows(DataClass.GENERAL)
    encounter_id: strawberry.ID = shows(DataClass.GENERAL)
    version: int = shows(DataClass.GENERAL)
    word: ConsentWord | None
    said_by: ConsentBy | None
    cause: OverrideCause | None
    since: datetime | None
    until: datetime | None
    recorded_by: strawberry.ID | None

    @classmethod
    def of(cls, row: Consent, sight: Sight) -> Self:
        return cls(
            sight=sight,
            subject=row.subject,
            id=strawberry.ID(str(row.id)),
            encounter_id=strawberry.ID(str(row.encounter_id)),
            version=row.version,
            word=row.word,
            said_by=row.said_by,
            cause=row.cause,
            since=row.since,
            until=row.until,
            recorded_by=strawberry.ID(str(row.recorded_by)),
        )


@classified(DataClass.GENERAL)
@strawberry.type(name="ApprovalModeSwitch")
class ModeSwitchView(View):
    """When a hospital changed its approval mode, and why."""

    id: strawberry.ID
    hospital_id: strawberry.ID
    mode: ApprovalMode
    reason: ModeReason
    at: datetime
    switched_by: strawberry.ID

    @classmethod
    def of(cls, row: ApprovalModeSwitch, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            hospital_id=strawberry.ID(str(row.hospital_id)),
            mode=row.mode,
            reason=row.reason,
            at=row.at,
            switched_by=strawberry.ID(str(row.switched_by)),
        )


@classified(DataClass.GENERAL)
@strawberry.type(name="OtherHospital")
class OtherHospitalView:
    """A hospital that may be asked to take a patient; nothing of what is in it."""

    id: strawberry.ID
    code: str
    name: Names
    kilometres: float | None = strawberry.field(description="great circle, km")

    @classmethod
    def of(cls, found: OtherHospital) -> Self:
        one = found.hospital
        return cls(
            id=strawberry.ID(str(one.id)),
            code=one.code,
            name=Names(zh=one.name_zh, en=one.name_en),
            kilometres=None if found.km is None else round(found.km, 1),
        )


@classified(DataClass.TRANSFER)
@strawberry.type
class TransfersEvent(View):
    """A hospital's open transfers, at most 100, and the cursor to go on from."""

    cursor: str = shows(DataClass.GENERAL)
    transfers: list[TransferView] | None
    more: bool | None


def _told(row: Transfer, *, shown: bool) -> dict[str, Any]:
    """What the receiving hospital was told of the patient."""
    facts: dict[str, Any] = {
        "sex": row.sex, "age_band": row.age_band, "specialty": row.specialty,
        "care_level": row.care_level, "isolation": row.isolation, "side_room": row.side_room,
        "required_equipment": list(row.required_equipment),
    }  # fmt: skip
    return facts if shown else dict.fromkeys(facts)


def _key(value: UUID | None) -> strawberry.ID | None:
    return strawberry.ID(str(value)) if value else None
