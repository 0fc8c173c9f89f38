"""POST of FHIR: one resource, or a Bundle whose entries stand alone (batch) or together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.exchange import Answered, Asked
from app.wiring import App
from domain.inbound.applying import ApplyInbound
from domain.inbound.events import AdtEvent
from domain.inbound.model import Door, InboundMessage, InboundState
from domain.inbound.receipts import Envelope
from domain.inbound.together import DoTogether, PartRefused
from domain.places.model import Hospital
from domain.telemetry.commands import Stored
from gateways.fhir_answers import answered, issue_of, outcome, status_of
from gateways.fhir_check import Issue, NotFhir, require_valid
from gateways.fhir_encounters import EncounterReader, envelope_of, event_of, placed, text_of
from gateways.fhir_observations import store_command
from gateways.fhir_places import device_command, location_command
from gateways.intake import Intake
from kit.command import Command
from kit.db import reading
from kit.errors import Invalid, Refusal

Resource = dict[str, Any]

TAKEN = ("Encounter", "Location", "Device", "Observation")
MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Part:
    """One resource, understood: a command, or a message that may have to wait."""

    kind: str
    command: Command[Any]
    message: tuple[Envelope, AdtEvent] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one resource."""

    status: int
    location: str | None = None
    issue: Issue | None = None


@dataclass(slots=True)
class Writing:
    """One POST into one hospital by one account."""

    app: App
    asked: Asked
    hospital: Hospital

    def one(self, resource: Resource) -> Answered:
        """Take one resource in. Raises NotFhir or a Refusal."""
        kind = require_valid(resource, *TAKEN)
        told = self._do(self._understood(kind, resource, {}))
        issue = told.issue or Issue("informational", "", "done", "information")
        headers = {"Location": self._address(told.location)} if told.location else {}
        return answered(told.status, outcome([issue]), headers)

    def bundle(self, bundle: Resource) -> Answered:
        """Take a batch or a transaction in. Raises NotFhir; of a transaction any fault."""
        require_valid(bundle, "Bundle")
        entries = bundle.get("entry", [])
        if bundle["type"] not in ("batch", "transaction"):
            raise NotFhir(Issue("not-supported", "Bundle.type", "send batch or transaction"),
                          status=422)  # fmt: skip
        if len(entries) > MOST_ENTRIES:
            raise NotFhir(Issue("too-costly", "Bundle.entry", f"at most {MOST_ENTRIES}"),
                          status=413)  # fmt: skip
        patients = _patients(entries)
        if bundle["type"] == "batch":
            told = [self._batched(entry, number, patients) for number, entry in enumerate(entries)]
        else:
            told = self._together(entries, patients)
        response = {"resourceType": "Bundle", "type": f"{bundle['type']}-response",
                    "entry": [self._response(one) for one in told]}  # fmt: skip
        return answered(200, response)

    def _batched(self, entry: Resource, number: int, patients: Mapping[str, Resource]) -> Told:
        path = f"Bundle.entry[{number}]"
        try:
            part = self._entry(entry, path, patients)
            return Told(200) if part is None else self._do(part)
        except NotFhir as fault:
            return Told(fault.status, issue=fault.issues[0])
        except Refusal as why:
            return Told(status_of(why)[0], issue=issue_of(why, f"{path}.resource"))

    def _together(self, entries: list[Resource], patients: Mapping[str, Resource]) -> list[Told]:
        parts = [
            self._entry(entry, f"Bundle.entry[{number}]", patients)
            for number, entry in enumerate(entries)
        ]
        doing = [(number, part) for number, part in enumerate(parts) if part is not None]
        command = DoTogether(hospital_id=self.hospital.id,
                             parts=tuple(part.command for _, part in doing))  # fmt: skip
        try:
            results = self._run(command)
        except Refusal as why:
            cause = why.__cause__
            number = doing[cause.number][0] if isinstance(cause, PartRefused) else 0
            issue = issue_of(why, f"Bundle.entry[{number}].resource")
            raise NotFhir(issue, status=status_of(why)[0]) from why
        told = [Told(200)] * len(parts)  # a Patient alone is read with its Encounter
        for (number, part), result in zip(doing, results, strict=True):
            told[number] = _told(part, result)
        return told

    def _entry(self, entry: Resource, path: str, patients: Mapping[str, Resource]) -> Part | None:
        """The part of a Bundle's entry; None for a Patient, who is read with the Encounter."""
        request, resource = entry.get("request"), entry.get("resource")
        if request is None or resource is None:
            raise NotFhir(Issue("required", f"{path}.request", "with its resource is required"))
        if request["method"] != "POST":
            raise NotFhir(Issue("not-supported", f"{path}.request.method", "only POST is taken"),
                          status=405)  # fmt: skip
        if resource["resourceType"] == "Patient":
            return None
        try:
            kind = require_valid(resource, *TAKEN)
            return self._understood(kind, resource, patients)
        except NotFhir as fault:
            moved = (_moved(issue, f"{path}.resource") for issue in fault.issues)
            raise NotFhir(*moved, status=fault.status) from None

    def _understood(self, kind: str, resource: Resource, patients: Mapping[str, Resource]) -> Part:
        return _READERS[kind](self, resource, patients)

    def _do(self, part: Part) -> Told:
        if part.message is None:
            return _told(part, self._run(part.command))
        envelope, event = part.message
        intake = Intake(self.app, self.asked.actor,
                        {Door.FHIR: EncounterReader(self.hospital)})  # fmt: skip
        return _told(part, intake.take(envelope, event))

    def _run(self, command: Command[Any]) -> Any:
        run = self.app.pipeline.run
        return run(self.asked.actor, command, operation=self.asked.operation).result

    def _response(self, told: Told) -> Resource:
        response: Resource = {"status": str(told.status)}
        if told.location:
            response["location"] = self._address(told.location)
        if told.issue is not None:
            response["outcome"] = outcome([told.issue])
        return {"response": response}

    def _address(self, location: str) -> str:
        return f"/fhir/{self.hospital.code}/{location}"


def _encounter(writing: Writing, resource: Resource, patients: Mapping[str, Resource]) -> Part:
    app, hospital = writing.app, writing.hospital
    patient = patients.get(resource.get("subject", {}).get("reference", ""))
    event = event_of(placed(app, resource, hospital), patient, hospital)
    text = text_of(resource, patient)
    return _message(writing, "Encounter",
                    envelope_of(text, event, hospital, writing.asked.actor.id), event)  # fmt: skip


def _location(writing: Writing, resource: Resource, _: Mapping[str, Resource]) -> Part:
    now = writing.app.clock()
    with reading(writing.app.read_engine, (writing.hospital.id,)) as session:
        found = location_command(session, resource, writing.hospital, now)
    if isinstance(found, Command):
        return Part("Location", found)
    text = f"{found.spot} {found.state} {found.at.isoformat()}"
    envelope = Envelope(
        hospital_id=writing.hospital.id, door=Door.FHIR, control_id="", kind="Location",
        source=f"FHIR {writing.asked.actor.id}|{writing.hospital.code}", identity=text,
        body=text, event_at=found.at, spot=str(found.spot)[:120],
    )  # fmt: skip
    return Part("Location", ApplyInbound(envelope=envelope, event=found))


def _device(writing: Writing, resource: Resource, _: Mapping[str, Resource]) -> Part:
    return Part("Device", device_command(resource, writing.hospital))


def _observation(writing: Writing, resource: Resource, _: Mapping[str, Resource]) -> Part:
    with reading(writing.app.read_engine, (writing.hospital.id,)) as session:
        command = store_command(session, resource, writing.hospital, writing.app.clock())
    return Part("Observation", command)


_READERS: dict[str, Callable[[Writing, Resource, Mapping[str, Resource]], Part]] = {
    "Encounter": _encounter,
    "Location": _location,
    "Device": _device,
    "Observation": _observation,
}


def _message(writing: Writing, kind: str, envelope: Envelope, event: AdtEvent) -> Part:
    return Part(kind, ApplyInbound(envelope=envelope, event=event), (envelope, event))


def _told(part: Part, result: Any) -> Told:
    if isinstance(result, InboundMessage):
        return _told_of_message(result)
    if isinstance(result, Stored):
        return _told_of_readings(result)
    row = getattr(result, "device", result)  # a registered device comes with its first secret
    return Told(201, f"{part.kind}/{row.id}")


def _told_of_message(message: InboundMessage) -> Told:
    """202: kept, and somebody must look at it; the sender need not send it again."""
    where = f"Encounter/{message.encounter_id}" if message.encounter_id else None
    if message.state is InboundState.PARKED:
        text = f"{message.reason}: kept as message {message.id}: {message.reason_text}"
        return Told(202, issue=Issue("business-rule", message.reason_field or "", text, "warning"))
    return Told(200 if message.state is InboundState.DUPLICATE else 201, where)


def _told_of_readings(stored: Stored) -> Told:
    if stored.rejected or stored.parked:
        reasons = ", ".join(sorted(stored.reasons or {}))
        raise Invalid(f"{stored.rejected} rejected, {stored.parked} kept for a person to look at,"
                      f" {stored.stored} stored: {reasons}", reason="NOT_ALL_STORED")  # fmt: skip
    return Told(201 if stored.stored or stored.corrected else 200)


def _patients(entries: list[Resource]) -> dict[str, Resource]:
    """The bundled patients, by every way in which an Encounter may refer to them."""
    found: dict[str, Resource] = {}
    for entry in entries:
        resource = entry.get("resource", {})
        if resource.get("resourceType") == "Patient":
            names = (entry.get("fullUrl"), f"Patient/{resource.get('id')}")
            found |= {name: resource for name in names if name}
    return found


def _moved(issue: Issue, prefix: str) -> Issue:
    """The issue's path inside the Bundle: the resource's own name is the prefix's last part."""
    below = issue.path.partition(".")[2] if issue.path[:1].isupper() else issue.path
    path = ".".join(part for part in (prefix, below) if part)
    return Issue(issue.code, path, issue.text, issue.severity)
