"""Messages that wait: list them, read one, correct it, name its places, retry, discard."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.wiring import App
from domain.inbound.doing import Leeway
from domain.inbound.handling import (
    CorrectInbound,
    DiscardInbound,
    KeepParked,
    NameInboundSpot,
    OpenInbound,
)
from domain.inbound.model import Door, InboundMessage, InboundSpot, InboundState
from domain.inbound.queries import messages, parked_in_order
from domain.inbound.receipts import Obstacle
from domain.inbound.spots import bed_named
from domain.places.model import Hospital
from domain.telemetry.commands import RetryReadings
from gateways.fhir_encounters import EncounterReader
from gateways.hl7_adt import Hl7Reader
from gateways.intake import Intake, Progress, Reader, Summary, hospital_of
from gateways.new_places import ward_by_code
from gateways.parked_readings import is_of_readings, readings_of
from gateways.stay_import import StayReader
from kit.command import Command
from kit.db import reading
from kit.errors import NotFound, Refusal
from kit.work import Actor, Scope

READ = "inbound.read"
WAITING = (InboundState.PARKED, InboundState.REJECTED)


def list_parked(
    app: App,
    hospital_code: str,
    *,
    actor: Actor,
    reason: str | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> Sequence[InboundMessage]:
    """What waits in the hospital, oldest first, with its reason; texts stay sealed."""
    hospital = hospital_of(app, hospital_code)
    app.decisions.require(actor, READ, hospital.scope)
    with reading(app.read_engine) as session:
        found = list(messages(session, [hospital.scope], hospital_id=hospital.id, state=WAITING,
                              reason=reason, after=after, limit=limit))  # fmt: skip
        session.expunge_all()
        return found


def read_parked(app: App, message_id: UUID, *, actor: Actor) -> str:
    """The text of a message. The reading is recorded."""
    return app.pipeline.run(actor, OpenInbound(message_id=message_id)).result


def correct(app: App, message_id: UUID, body: str, *, actor: Actor) -> InboundMessage:
    """Replace the text; `retry` applies it."""
    return app.pipeline.run(actor, CorrectInbound(message_id=message_id, body=body)).result


def discard(app: App, message_id: UUID, *, actor: Actor) -> InboundMessage:
    """Decide that the message shall have no effect."""
    return app.pipeline.run(actor, DiscardInbound(message_id=message_id)).result


def name_spot(
    app: App, hospital_code: str, theirs: Sequence[str], ours: Sequence[str], *, actor: Actor
) -> InboundSpot:
    """Say that the sender's (ward, room, bed) or (ward,) is our (ward, bed) or (ward,)."""
    hospital = hospital_of(app, hospital_code)
    ward_id = ward_by_code(app, hospital, ours[0])
    if ward_id is None:
        raise NotFound(f"there is no ward {ours[0]}", field="ward")
    bed_id = None
    if len(ours) > 1:
        with reading(app.read_engine) as session:
            bed_id = bed_named(session, ward_id, ours[1])
    ward, room, bed = (*theirs, "", "")[:3]
    return app.pipeline.run(actor, NameInboundSpot(
        ward_id=ward_id, ward_code=ward, room_code=room, bed_code=bed, bed_id=bed_id,
    )).result  # fmt: skip


def retry(
    app: App,
    hospital_code: str,
    message_ids: Sequence[UUID] | None = None,
    *,
    actor: Actor,
    reason: str | None = None,
    infer_cleaning: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Try waiting messages again, in the order in which their events happened.

    All that are parked, or those parked for a reason, or the given ones. The summary counts
    what each became; `applied` ones no longer wait.
    """
    hospital = hospital_of(app, hospital_code)
    intake = _intake(app, hospital, actor, Leeway(infer_cleaning=infer_cleaning), progress)
    if message_ids is None:
        with reading(app.read_engine) as session:
            message_ids = parked_in_order(session, [Scope(hospital.id)], hospital.id, reason)
    for message_id in message_ids:
        intake.count(_again(intake, hospital, message_id))
    return intake.summary


def attempt(app: App, message_id: UUID, *, actor: Actor) -> Command[Any]:
    """What a waiting message asks for, read again; to be run. The reading is recorded.

    Raises NotFound, and the reason why the text can still not be used.
    """
    text = read_parked(app, message_id, actor=actor)
    with reading(app.read_engine) as session:
        message = session.get_one(InboundMessage, message_id)
        hospital = session.get_one(Hospital, message.hospital_id)
    if is_of_readings(message):
        found = readings_of(app, actor, hospital, message, text)
        return RetryReadings(message_id=message_id, messages=found)
    return _intake(app, hospital, actor).attempt(message, text)


def _again(intake: Intake, hospital: Hospital, message_id: UUID) -> InboundMessage:
    message = intake.message(message_id)
    if not is_of_readings(message):
        return intake.retry(message_id)
    app, actor = intake.app, intake.actor
    text = read_parked(app, message_id, actor=actor)
    try:
        found = readings_of(app, actor, hospital, message, text)
        app.pipeline.run(actor, RetryReadings(message_id=message_id, messages=found))
    except Refusal as why:
        if why.reason in ("NOT_WAITING", "STOPPING"):
            raise
        app.pipeline.run(actor, KeepParked(message_id=message_id, obstacle=Obstacle.of(why)))
    return intake.message(message_id)


def _intake(
    app: App, hospital: Hospital, actor: Actor, leeway: Leeway | None = None,
    progress: Progress | None = None,
) -> Intake:  # fmt: skip
    readers: dict[Door, Reader] = {
        Door.HL7: Hl7Reader(ZoneInfo(hospital.time_zone)),
        Door.STAYS: StayReader(),
        Door.FHIR: EncounterReader(hospital),
    }
    return Intake(app, actor, readers, leeway or Leeway(), progress=progress)
