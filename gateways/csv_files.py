"""A file of ward stays → one event per row, in the order in which the stays began."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

from gateways.stay_mapping import StayMapping
from gateways.tables import table_rows
from kit.errors import Invalid

BRIDGED = "GAP_BRIDGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class StayRow:
    """One row, read. A departure has no ward; a stay without `until` goes on."""

    number: int  # of the row, from 1 below the header
    hospital: str
    encounter: str
    patient: str
    ward: str
    room: str = ""
    bed: str = ""
    since: datetime
    until: datetime | None = None
    departure: bool = False
    leaves: bool = False  # the last stay of an encounter that has no departure row
    sex: str = ""
    born: str = ""  # ISO date
    patient_class: str = ""
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OddRow:
    """A row that cannot be used, and why."""

    number: int
    hospital: str
    values: Mapping[str, str] | StayRow  # a row that was read contradicts its neighbour
    why: Invalid


def read_stays(path: Path, mapping: StayMapping) -> tuple[list[StayRow], list[OddRow]]:
    """All rows: the good ones by beginning, the odd ones as they stand.

    Raises NotFound for no such file, Invalid if it lacks a mapped column or is no text.
    """
    good: list[StayRow] = []
    odd: list[OddRow] = []
    for number, (_, values) in enumerate(table_rows(path, mapping), 1):
        try:
            row = _read(number, values, mapping)
        except Invalid as why:
            odd.append(OddRow(number, mapping.value(values, "hospital"), values, why))
            continue
        if row is not None:
            good.append(row)
    chained = [one for rows in _by_encounter(good) for one in _chain(rows, mapping)]
    contradicting = [one for one in chained if isinstance(one, OddRow)]
    stays = [one for one in chained if isinstance(one, StayRow)]
    # A bed is left before the next patient comes: at the same moment departures go first.
    stays.sort(key=lambda row: (row.since, not row.departure, row.number))
    return stays, sorted([*odd, *contradicting], key=lambda row: row.number)


def _read(number: int, values: Mapping[str, str], mapping: StayMapping) -> StayRow | None:
    def value(ours: str) -> str:
        return mapping.value(values, ours)

    kind = value("kind")
    if kind in mapping.ignored:
        return None
    departure = kind in mapping.departures
    since, until = (mapping.moment(value(ours), ours) for ours in ("since", "until"))
    if since is None:
        raise Invalid("the row does not say when", reason="NO_TIME", field="since")
    if not value("encounter"):
        raise Invalid("the row names no encounter", reason="NO_ENCOUNTER", field="encounter")
    if not departure and not value("ward"):
        raise Invalid("the row names no ward", reason="NO_LOCATION", field="ward")
    if until is not None and until <= since and not departure:
        raise Invalid("the stay does not end after it begins", reason="NO_LENGTH", field="until")
    return StayRow(
        number=number, hospital=value("hospital"), encounter=value("encounter"),
        patient=value("patient") or value("encounter"), ward="" if departure else value("ward"),
        room=value("room"), bed=value("bed"), since=since, until=until, departure=departure,
        sex=value("sex").upper(), born=_day(value("born")), patient_class=value("class").upper(),
    )  # fmt: skip


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat() if text else ""
    except ValueError:
        return ""


def _by_encounter(rows: Sequence[StayRow]) -> Iterator[list[StayRow]]:
    def key(row: StayRow) -> tuple[str, str]:
        return (row.hospital, row.encounter)

    # The departure comes last even where a stay began at the same moment.
    ordered = sorted(rows, key=lambda row: (key(row), row.since, row.departure, row.number))
    for _, together in groupby(ordered, key=key):
        yield list(together)


def _chain(rows: list[StayRow], mapping: StayMapping) -> Iterator[StayRow | OddRow]:
    """One encounter's rows: each stay must begin when the one before it ends."""
    good: list[StayRow] = []
    for row in rows:
        why = _contradiction(good[-1], row) if good else None
        if why is None:
            good.append(row)
        elif why.reason == "STAY_GAP" and mapping.bridge_gaps:
            good.append(replace(row, remarks=(BRIDGED,)))
        else:
            yield OddRow(row.number, row.hospital, row, why)
    if good and not good[-1].departure:
        good[-1] = replace(good[-1], leaves=good[-1].until is not None)
    yield from good


def _contradiction(before: StayRow, row: StayRow) -> Invalid | None:
    if before.departure:
        return Invalid("the encounter had ended before", reason="AFTER_DEPARTURE", field="since")
    if before.until is None or before.until == row.since:
        return None
    if before.until > row.since:
        return Invalid("the stay begins before the one before it ends", reason="STAY_OVERLAP",
                       field="since")  # fmt: skip
    return Invalid("nobody says where the patient was before this", reason="STAY_GAP",
                   field="since")  # fmt: skip
