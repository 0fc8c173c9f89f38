"""HL7 v2 messages → the commands that the screens use, too. Importing twice changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from app.wiring import App
from domain.inbound.doing import Leeway
from domain.inbound.events import AdtEvent, BedReported, BedsSwapped, OfPatient
from domain.inbound.facts import Spot
from domain.inbound.model import Door, InboundMessage
from domain.inbound.people import visit_number
from domain.inbound.receipts import Envelope
from domain.places.model import Hospital
from gateways.hl7_files import found, pieces
from gateways.hl7_messages import Header, event, header
from gateways.hl7_reading import MESSAGE_LIMIT, Message, decode, read
from gateways.intake import Intake, Progress, Summary, Told, hospital_of
from gateways.new_places import Wanted, make_places
from kit.errors import Invalid, Refusal
from kit.work import Actor

SENT_AGAIN = (6, 12)  # MSH-7 and MSH-13 may differ in a message that is sent again
NEEDS_PENDING = ("A05", "A14", "A15")
EVN_DIFFERS = "EVN_1_DIFFERS"


def import_hl7(
    app: App,
    paths: Sequence[Path],
    hospital_code: str,
    *,
    actor: Actor,
    create_places: bool = False,
    infer_cleaning: bool = False,
    fallback_encoding: str | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Take in files and folders of messages, in the order of names and of the file.

    `create_places` first adds the wards, rooms and beds that the messages name and that are
    not here (the account then needs the rights for it); `infer_cleaning` believes that a bed
    into which a patient was put had been cleaned. Raises NotFound for an unknown path or
    hospital before anything is changed.
    """
    hospital, files = hospital_of(app, hospital_code), found(paths)
    zone = ZoneInfo(hospital.time_zone)
    if create_places:
        make_places(app, actor, hospital, places_named(files, zone, fallback_encoding))
    intake = Intake(app, actor, {Door.HL7: Hl7Reader(zone)},
                    Leeway(infer_cleaning=infer_cleaning), progress=progress)  # fmt: skip
    for file in files:
        for piece in pieces(file):
            take_hl7(intake, hospital, piece.body, piece.number, fallback_encoding)
    return intake.summary


def take_hl7(
    intake: Intake,
    hospital: Hospital,
    body: bytes,
    number: int = 0,
    fallback_encoding: str | None = None,
) -> InboundMessage:
    """Take in one message: applied, parked with a reason, a duplicate, or rejected."""
    try:
        message = read(body, fallback_encoding)
    except Invalid as why:
        return intake.reject(unreadable(hospital, body, number, intake.peer), why)
    head = header(message)
    told = understood(message, ZoneInfo(hospital.time_zone))
    text = decode(body, fallback_encoding)[0]
    envelope = _envelope(hospital, message, head, text, number, told)
    return intake.take(replace(envelope, peer=intake.peer), told)


def understood(message: Message, zone: ZoneInfo) -> AdtEvent | Refusal:
    """The event, or why it is none that can be applied."""
    try:
        if not header(message).control_id:
            raise Invalid("there is no control id", reason="NO_CONTROL_ID", field="MSH-10")
        return event(message, zone)
    except Invalid as why:
        return why


@dataclass(frozen=True, slots=True)
class Hl7Reader:
    """Reads the text of a waiting message again."""

    zone: ZoneInfo

    def __call__(self, _message: InboundMessage, text: str) -> Told:
        message = read(undeclared(text).encode())
        told = understood(message, self.zone)
        if isinstance(told, Refusal):
            raise told
        return Told(kind=header(message).kind, event=told, visit=_visit(told), spot=_spot(told))


def undeclared(text: str) -> str:
    """A kept text is Unicode, whatever MSH-18 said of its bytes."""
    end = min((at for at in (text.find("\r"), text.find("\n")) if at >= 0), default=len(text))
    fields = text[:end].split(text[3:4] or "|")
    if len(fields) > 17:
        fields[17] = ""
    return (text[3:4] or "|").join(fields) + text[end:]


def identity_of(text: str) -> str:
    """What must be equal for a message to be the same one, sent again."""
    head, _, rest = text.partition("\r")
    fields = head.split(head[3:4] or "|")
    for position in SENT_AGAIN:
        if position < len(fields):
            fields[position] = ""
    return "\r".join(["|".join(fields), *filter(None, (line.strip() for line in rest.split("\r")))])


def _envelope(
    hospital: Hospital,
    message: Message,
    head: Header,
    text: str,
    number: int,
    told: AdtEvent | Refusal,
) -> Envelope:
    known = told if isinstance(told, AdtEvent) else None
    evn = message.first("EVN")
    differs = evn is not None and evn.text(1) not in ("", head.trigger)
    return Envelope(
        hospital_id=hospital.id, door=Door.HL7, source=head.source, control_id=head.control_id,
        kind=head.kind, identity=identity_of(text), body=text, codec=message.marks.codec,
        number=number, event_at=known.at if known else None, visit=_visit(known),
        spot=_spot(known), remarks=(EVN_DIFFERS,) if differs else (),
    )  # fmt: skip


def unreadable(
    hospital: Hospital, body: bytes, number: int = 0, peer: str | None = None
) -> Envelope:
    """Latin-1 keeps every byte; of an oversized message nothing but its digest is kept."""
    text = body.decode("latin-1")
    return Envelope(
        hospital_id=hospital.id, door=Door.HL7, source="", control_id="", kind="", number=number,
        identity=text, body=text if len(body) <= MESSAGE_LIMIT else None, codec="latin-1",
        peer=peer,
    )  # fmt: skip


def _visit(told: AdtEvent | None) -> str:
    return visit_number(told.patient) if isinstance(told, OfPatient) else ""


def _spot(told: AdtEvent | None) -> str | None:
    spots = _spots(told) if told else []
    return str(spots[0])[:120] if spots else None


def _spots(told: AdtEvent) -> list[Spot]:
    """The places that must be known here for the event to be applied."""
    if isinstance(told, BedReported):
        return [told.spot]
    if isinstance(told, BedsSwapped):
        spots = [told.first.visit.at, told.second.visit.at]
    elif isinstance(told, OfPatient):
        visit = told.patient.visit
        spots = [visit.at]
        if told.trigger in NEEDS_PENDING:
            spots.append(visit.pending)
    else:
        return []
    return [spot for spot in spots if spot is not None and spot.ward]


def places_named(files: Sequence[Path], zone: ZoneInfo, fallback: str | None = None) -> Wanted:
    """Every place that the messages of these files need."""
    wanted = Wanted()
    for file in files:
        for piece in pieces(file):
            try:
                told = event(read(piece.body, fallback), zone)
            except Invalid:
                continue
            for spot in _spots(told):
                wanted.add(spot, told.at)
    return wanted
