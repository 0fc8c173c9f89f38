"""What a bed looks like, whether it may be used, and which rule a placement breaks: pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.beds.model import CleaningState, Hygiene, RequestState, Service, WaivedRule
from domain.patients.model import Isolation, Sex
from domain.places.model import RoomSex

COHORTS = frozenset({Isolation.CONTACT, Isolation.DROPLET, Isolation.AIRBORNE})
CONTAMINATING = COHORTS  # protective isolation guards the patient, not the next one

# Which state may follow which; what is not here is refused, naming what is.
NEXT_HYGIENE: dict[Hygiene, tuple[Hygiene, ...]] = {
    Hygiene.CLEAN: (Hygiene.DIRTY, Hygiene.CONTAMINATED),
    Hygiene.DIRTY: (Hygiene.CLEANING, Hygiene.CONTAMINATED),
    Hygiene.CLEANING: (Hygiene.CLEAN, Hygiene.SUSPENDED, Hygiene.CONTAMINATED),
    Hygiene.SUSPENDED: (Hygiene.CLEANING, Hygiene.CONTAMINATED),
    Hygiene.CONTAMINATED: (Hygiene.CLEANING,),  # a terminal clean
}
NEXT_REQUEST: dict[RequestState, tuple[RequestState, ...]] = {
    RequestState.REQUESTED: (RequestState.ACTIVE, RequestState.CANCELLED, RequestState.EXPIRED),
    RequestState.ACTIVE: (
        RequestState.PROPOSED, RequestState.HELD, RequestState.FULFILLED,
        RequestState.CANCELLED, RequestState.EXPIRED,
    ),
    RequestState.PROPOSED: (
        RequestState.ACTIVE, RequestState.HELD, RequestState.FULFILLED,
        RequestState.CANCELLED, RequestState.EXPIRED,
    ),
    RequestState.HELD: (
        RequestState.ACTIVE, RequestState.IN_TRANSIT, RequestState.FULFILLED,
        RequestState.CANCELLED, RequestState.EXPIRED,
    ),
    RequestState.IN_TRANSIT: (
        RequestState.ACTIVE, RequestState.FULFILLED, RequestState.CANCELLED,
        RequestState.EXPIRED,
    ),
    RequestState.FULFILLED: (),
    RequestState.CANCELLED: (),
    RequestState.EXPIRED: (),
}  # fmt: skip
OPEN_REQUESTS = tuple(state for state, following in NEXT_REQUEST.items() if following)
NEXT_CLEANING: dict[CleaningState, tuple[CleaningState, ...]] = {
    CleaningState.QUEUED: (
        CleaningState.ASSIGNED, CleaningState.IN_PROGRESS, CleaningState.CANCELLED,
    ),
    CleaningState.ASSIGNED: (
        CleaningState.ASSIGNED, CleaningState.IN_PROGRESS, CleaningState.CANCELLED,
    ),
    CleaningState.IN_PROGRESS: (
        CleaningState.SUSPENDED, CleaningState.DONE, CleaningState.CANCELLED,
    ),
    CleaningState.SUSPENDED: (CleaningState.IN_PROGRESS, CleaningState.CANCELLED),
    CleaningState.DONE: (CleaningState.INSPECTED,),
    CleaningState.INSPECTED: (),
    CleaningState.CANCELLED: (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BedFacts:
    """What decides how one bed is shown."""

    service: Service
    hygiene: Hygiene
    occupied: bool
    held: bool
    co_blocked: bool = False
    headroom: bool = True


@dataclass(frozen=True, slots=True)
class Lying:
    """A present stay or an active hold, as its room-mates matter to each other."""

    key: UUID
    bed_id: UUID
    sex: Sex
    isolation: Isolation
    organism: str | None


def shown_state(bed: BedFacts) -> str:
    """The one word on the screen; the first that fits."""
    if bed.occupied:
        return "OCCUPIED"
    if bed.service != Service.OPEN:
        return str(bed.service)
    if bed.hygiene == Hygiene.CONTAMINATED:
        return "CONTAMINATED"
    if bed.hygiene in (Hygiene.CLEANING, Hygiene.SUSPENDED):
        return "CLEANING"
    if bed.hygiene == Hygiene.DIRTY:
        return "DIRTY"
    return "HELD" if bed.held else "READY"


def why_not_ready(bed: BedFacts) -> tuple[str, ...]:
    """Every code that keeps the bed from being READY_NOW; empty is not the same as available."""
    reasons = (
        (str(bed.service), bed.service != Service.OPEN),
        ("OCCUPIED", bed.occupied),
        ("HELD", bed.held),
        (str(bed.hygiene), bed.hygiene != Hygiene.CLEAN),
        ("CO_BLOCKED", bed.co_blocked),
        ("NO_STAFFED_HEADROOM", not bed.headroom),
    )
    return tuple(code for code, applies in reasons if applies)


def hl7_bed_status(bed: BedFacts) -> str:
    """HL7 table 0116. A held bed is never O; our own extension word tells it from U."""
    state = shown_state(bed)
    if state == "READY" and bed.co_blocked:
        return "I"
    letters = {"OCCUPIED": "O", "BLOCKED": "C", "CLOSED": "C", "CONTAMINATED": "K"}
    return letters.get(state, "H" if state in ("CLEANING", "DIRTY") else "U")


def co_blocked(bed_id: UUID, lying: Sequence[Lying]) -> bool:
    """True where somebody in another bed of the room is isolated."""
    return any(one.isolation != Isolation.NONE for one in lying if one.bed_id != bed_id)


def cohort(one: Lying, other: Lying) -> bool:
    """True where both are isolated for the same organism in the same way."""
    return (
        one.isolation in COHORTS
        and one.isolation == other.isolation
        and one.organism is not None
        and one.organism == other.organism
    )


def broken_rules(
    newcomer: Lying, lying: Sequence[Lying], policy: RoomSex
) -> tuple[tuple[WaivedRule, Lying | None], ...]:
    """The room's rules that the newcomer would break, each with whom it would break them.

    Persons in the newcomer's own bed do not count: one leaves before the other comes.
    """
    mates = [one for one in lying if one.bed_id != newcomer.bed_id]
    found: list[tuple[WaivedRule, Lying | None]] = []
    if policy in (RoomSex.FIXED_FEMALE, RoomSex.FIXED_MALE):
        if policy != f"FIXED_{newcomer.sex}":
            found.append((WaivedRule.ROOM_SEX, None))
    elif policy == RoomSex.DYNAMIC:
        found += [(WaivedRule.ROOM_SEX, mate) for mate in mates if _mixed(newcomer, mate)][:1]
    found += [
        (WaivedRule.ROOM_ISOLATION, mate)
        for mate in mates
        if _endangered(newcomer, mate) and not cohort(newcomer, mate)
    ][:1]
    return tuple(found)


def _mixed(one: Lying, other: Lying) -> bool:
    return one.sex != other.sex or one.sex == Sex.UNKNOWN


def _endangered(one: Lying, other: Lying) -> bool:
    return one.isolation != Isolation.NONE or other.isolation != Isolation.NONE
