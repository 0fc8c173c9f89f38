"""Files of ward stays → the same commands, each row a message of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.wiring import App
from domain.inbound.doing import Leeway
from domain.inbound.facts import Spot
from domain.inbound.model import Door, InboundMessage
from domain.inbound.people import visit_number
from domain.inbound.receipts import Envelope
from domain.inbound.stays import NO_BED
from domain.places.model import Hospital
from gateways.csv_files import OddRow, StayRow, read_stays
from gateways.intake import Intake, Progress, Summary, Told, hospital_of
from gateways.new_places import Wanted, add_beds, free_code, make_places, ward_by_code
from gateways.stay_mapping import load_mapping
from gateways.stay_rows import event_of, identity_of, odd_text, row_of, text_of
from kit.errors import Invalid
from kit.work import Actor


def import_stays(
    app: App,
    file: Path,
    mapping: Path,
    hospital_code: str | None = None,
    *,
    actor: Actor,
    create_places: bool = False,
    grow_beds: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Take in a file of ward stays, in the order in which they began.

    A stay whose row names no bed gets the first bed by code that was free then; if none was,
    it is parked NO_BED, or with `grow_beds` the ward gets one more. `create_places` adds wards
    that are not here. Cleaning between two stays is recorded as done. Raises NotFound or
    Invalid before anything is changed.
    """
    read = load_mapping(mapping)
    good, odd = read_stays(file, read)
    hospitals = _hospitals(app, [*good, *odd], hospital_code)
    if create_places:
        _make(app, actor, hospitals, good)
    source = f"{read.source}|{read.source}"
    intake = Intake(app, actor, {Door.STAYS: StayReader()},
                    Leeway(infer_cleaning=True), progress=progress)  # fmt: skip
    taking = _Taking(intake, read.source, source, grow_beds, good[0].since if good else None)
    for bad in odd:
        taking.odd(hospitals[bad.hospital], bad)
    for row in good:
        taking.row(hospitals[row.hospital], row)
    return intake.summary


@dataclass(frozen=True, slots=True)
class StayReader:
    """Reads the text of a waiting row again."""

    def __call__(self, message: InboundMessage, text: str) -> Told:
        row = row_of(text)
        event = event_of(row, message.source.partition("|")[0])
        return Told(kind=event.trigger, event=event, visit=row.encounter, spot=_spot(row))


@dataclass(slots=True)
class _Taking:
    intake: Intake
    authority: str
    source: str
    grow_beds: bool
    since: datetime | None

    def row(self, hospital: Hospital, row: StayRow) -> None:
        event = event_of(row, self.authority)
        envelope = Envelope(
            hospital_id=hospital.id, door=Door.STAYS, source=self.source, control_id="",
            kind=event.trigger, identity=identity_of(row), body=text_of(row), number=row.number,
            event_at=row.since, visit=visit_number(event.patient), spot=_spot(row),
            remarks=row.remarks,
        )  # fmt: skip
        grow = (lambda: self._grow(hospital, row)) if self.grow_beds else None
        self.intake.take(envelope, event, {NO_BED: grow} if grow else {})

    def odd(self, hospital: Hospital, row: OddRow) -> None:
        """A row that contradicts others is parked; one that nobody can read is rejected."""
        body, identity = odd_text(row)
        envelope = Envelope(
            hospital_id=hospital.id, door=Door.STAYS, source=self.source, control_id="",
            kind="STAY", identity=identity, body=body, number=row.number,
        )  # fmt: skip
        if isinstance(row.values, StayRow):
            self.intake.take(envelope, row.why)
        else:
            self.intake.reject(envelope, row.why)

    def _grow(self, hospital: Hospital, row: StayRow) -> None:
        app, actor = self.intake.app, self.intake.actor
        ward_id = ward_by_code(app, hospital, row.ward)
        if ward_id is not None:
            spot = Spot(row.ward, row.room, free_code(app, ward_id))
            add_beds(app, actor, ward_id, [spot], self.since)


def _hospitals(
    app: App, rows: Sequence[StayRow | OddRow], default: str | None
) -> dict[str, Hospital]:
    """The hospital of each code in the file. Raises NotFound; Invalid if none is named."""
    codes = {row.hospital for row in rows}
    if "" in codes and default is None:
        raise Invalid("the rows name no hospital; give its code", field="hospital")
    return {code: hospital_of(app, code or default or "") for code in sorted(codes)}


def _make(app: App, actor: Actor, hospitals: dict[str, Hospital], rows: Sequence[StayRow]) -> None:
    for code, hospital in hospitals.items():
        wanted = Wanted()
        for row in rows:
            if row.hospital == code and row.ward:
                wanted.add(Spot(row.ward, row.room, row.bed), row.since)
        make_places(app, actor, hospital, wanted)


def _spot(row: StayRow) -> str | None:
    return None if row.departure else str(Spot(row.ward, row.room, row.bed))[:120]
