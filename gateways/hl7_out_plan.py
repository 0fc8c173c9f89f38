"""From the outbox to what a peer is to be told: the pure part, without a database of its own."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from app.tail import Change
from domain.beds.shown import BedShown
from domain.outbound.planning import Told, Word

TRIGGERS = {
    "PatientAdmitted": "A01",
    "PatientMoved": "A02",
    "PatientsSwapped": "A17",
    "PatientDeparted": "A03",
    "AdmissionCancelled": "A11",
    "MoveCancelled": "A12",
    "DepartureCancelled": "A13",
}
OF_BEDS = frozenset(
    {
        "BedOccupied", "BedVacated", "BedHeld", "HoldEnded", "HygieneChanged", "CleaningChanged",
        "BedBlocked", "BedUnblocked", "BedAdded", "BedChanged", "StayCorrected",
        "PlacementNeedStated",  # isolation closes the neighbours' beds
    }
)  # fmt: skip
OCCUPIED = "O"


@dataclass(slots=True)
class Picture:
    """What a run of changes says: who came and went, and which beds may look different."""

    told: list[Told] = field(default_factory=list)
    wards: set[UUID] = field(default_factory=set)
    causes: dict[UUID, list[UUID | None]] = field(default_factory=lambda: defaultdict(list))

    def inbound(self, bed_id: UUID) -> tuple[UUID, ...]:
        """The messages that brought everything about the bed; none if we did some ourselves."""
        causes = self.causes.get(bed_id, [])
        known = tuple(dict.fromkeys(one for one in causes if one is not None))
        return known if causes and None not in causes else ()


def picture(changes: Iterable[Change], hospital_id: UUID) -> Picture:
    """Of one hospital. A change told to two wards is one change."""
    seen = Picture()
    stays: dict[UUID, UUID] = {}  # where each patient of this run was put, or left
    done: dict[UUID, str] = {}  # the last thing told of a patient since then
    for change in changes:
        if change.scope.hospital != hospital_id:
            continue
        bed, encounter = _id(change, "bed"), _id(change, "encounter")
        if change.name in OF_BEDS and change.scope.ward is not None:
            seen.wards.add(change.scope.ward)
            if bed is not None:
                seen.causes[bed].append(_id(change, "inbound"))
        if change.name in ("BedOccupied", "BedVacated") and encounter is not None:
            _follow(stays, done, change, encounter)
        if change.name in TRIGGERS and encounter is not None:
            if done.get(encounter) == change.name:
                continue
            done[encounter] = change.name
            _tell(seen, Told(
                trigger=TRIGGERS[change.name], encounter_id=encounter,
                stay_id=stays.get(encounter), at=change.at, inbound_id=_id(change, "inbound"),
            ))  # fmt: skip
    return seen


def agreed(told: Iterable[Told], triggers: Sequence[str]) -> tuple[Told, ...]:
    """What the peer takes. Where it takes no A17, a swap is told as two moves."""
    found: list[Told] = []
    for one in told:
        if one.trigger == "A17" and "A17" not in triggers and one.other is not None:
            moves = (replace(each, trigger="A02", other=None) for each in (one, one.other))
            found += [move for move in moves if "A02" in triggers]
        elif one.trigger in triggers:
            found.append(one)
    return tuple(found)


def _tell(seen: Picture, told: Told) -> None:
    """The two patients of a swap follow each other, and are one message."""
    before = seen.told[-1] if seen.told else None
    if told.trigger == "A17" and before and before.trigger == "A17" and before.other is None:
        seen.told[-1] = replace(before, other=told)
    else:
        seen.told.append(told)


def words(
    boards: Iterable[Sequence[BedShown]], seen: Picture, triggers: Sequence[str]
) -> list[Word]:
    """The beds as they are. Who lies in one is told by A01 where the peer takes these."""
    return [
        Word(
            bed_id=bed.id, word=bed.hl7_status, inbound_ids=seen.inbound(bed.id),
            silent=bed.hl7_status == OCCUPIED and "A01" in triggers,
        )
        for beds in boards
        for bed in beds
    ]  # fmt: skip


def whole_commits(changes: Sequence[Change], most: int) -> Sequence[Change]:
    """Without the last commit of a full batch, whose other changes may lie behind its end."""
    if len(changes) < most:
        return changes
    last = _commit(changes[-1])
    kept = [change for change in changes if _commit(change) != last]
    return kept or changes


def _commit(change: Change) -> tuple[int, object]:
    return change.position.transaction, change.at


def _follow(
    stays: dict[UUID, UUID], done: dict[UUID, str], change: Change, encounter: UUID
) -> None:
    """A move leaves one bed and takes another: the bed that was taken counts."""
    stay = _id(change, "stay")
    if stay is None:
        return
    done.pop(encounter, None)
    stays[encounter] = stay


def _id(change: Change, name: str) -> UUID | None:
    text = change.ids.get(name)
    return UUID(text) if text else None
