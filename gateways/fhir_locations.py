"""Locations as FHIR reads them: the site, its wards, their rooms, their beds."""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlmodel import col, select

from authz.classes import DataClass
from domain.beds.board import bed_board
from domain.beds.model import Bed
from domain.beds.queries import bed_in_scope, beds
from domain.places.model import Hospital, Room, Ward
from domain.places.queries import wards
from domain.places.reach import by_keyset, within
from gateways.fhir_check import Issue, NotFhir
from gateways.fhir_reading import Looking, Page, Resource
from gateways.fhir_resources import of_bed, of_hospital, of_room, of_ward

_KINDS = ("si", "wa", "ro", "bd")


def locations(looking: Looking) -> Page:
    """The site, its wards, their rooms, their beds, in this order."""
    one = looking.key("_id")
    kind, after = _place(looking)
    asked_kind = looking.wanted.get("physical-type")
    if asked_kind is not None and asked_kind not in _KINDS:
        raise NotFhir(Issue("value", "physical-type", f"one of {', '.join(_KINDS)}"))
    part_of = looking.key("partof", "Location")
    found: list[Resource] = []
    for name in _KINDS[_KINDS.index(kind) :]:
        if asked_kind in (None, name):
            found += _LOCATIONS[name](looking, one, part_of, after, looking.count + 1 - len(found))
        after = None
        if len(found) > looking.count:
            last = found[looking.count - 1]
            mark = last["physicalType"]["coding"][0]["code"]
            return Page(found[: looking.count], f"{mark}.{last['id']}")
    return Page(found)


def _hospital(
    looking: Looking, one: UUID | None, part_of: UUID | None, after: UUID | None, _limit: int
) -> list[Resource]:
    row: Hospital = looking.hospital
    wanted = one in (None, row.id) and part_of is None and after is None
    return [of_hospital(row)] if wanted else []


def _wards(
    looking: Looking, one: UUID | None, part_of: UUID | None, after: UUID | None, limit: int
) -> list[Resource]:
    if part_of not in (None, looking.hospital.id):
        return []
    if one is not None:
        row = looking.session.get(Ward, one)
        return [of_ward(row)] if row and looking.reached(row.scope) else []
    found = wards(looking.session, looking.scopes, hospital_id=looking.hospital.id, after=after,
                  limit=limit)  # fmt: skip
    return [of_ward(row) for row in found]


def _rooms(
    looking: Looking, one: UUID | None, part_of: UUID | None, after: UUID | None, limit: int
) -> list[Resource]:
    query = select(Room).where(
        within(looking.scopes, col(Room.hospital_id), col(Room.ward_id)), by_keyset(Room.id, after)
    )
    if one is not None:
        query = query.where(Room.id == one)
    if part_of is not None:
        query = query.where(Room.ward_id == part_of)
    return [of_room(row) for row in looking.session.exec(query.order_by(col(Room.id)).limit(limit))]


def _beds(
    looking: Looking, one: UUID | None, part_of: UUID | None, after: UUID | None, limit: int
) -> list[Resource]:
    if one is not None:
        row = bed_in_scope(looking.session, looking.scopes, one)
        rows: Sequence[Bed] = [row] if row else []
    elif part_of is not None:
        query = select(Bed).where(
            within(looking.scopes, col(Bed.hospital_id), col(Bed.ward_id)),
            by_keyset(Bed.id, after), col(Bed.removed_at).is_(None), Bed.room_id == part_of,
        )  # fmt: skip
        rows = looking.session.exec(query.order_by(col(Bed.id)).limit(limit)).all()
    else:
        rows = beds(looking.session, looking.scopes, after=after, limit=limit)
    states = _bed_states(looking, rows)
    return [of_bed(row, states.get(row.id)) for row in rows]


_LOCATIONS: dict[str, Callable[..., list[Resource]]] = {
    "si": _hospital, "wa": _wards, "ro": _rooms, "bd": _beds,
}  # fmt: skip


def _bed_states(looking: Looking, rows: Sequence[Bed]) -> dict[UUID, str]:
    """Words of HL7 table 0116, for beds of wards whose beds the account may see."""
    states: dict[UUID, str] = {}
    for ward_id, scope in {row.ward_id: row.scope for row in rows}.items():
        if looking.sees(DataClass.BED, scope):
            board = bed_board(looking.session, (scope,), ward_id, looking.app.clock())
            states |= {bed.id: bed.hl7_status for bed in board.beds}
    return states


def _place(looking: Looking) -> tuple[str, UUID | None]:
    kind, _, after = looking.wanted.get("_page", "si.").partition(".")
    if kind not in _KINDS:
        raise NotFhir(Issue("value", "_page", "take it from the link of the page before"))
    if not after:
        return kind, None
    try:
        return kind, UUID(after)
    except ValueError:
        raise NotFhir(Issue("value", "_page", "take it from the link of the page before")) from None
