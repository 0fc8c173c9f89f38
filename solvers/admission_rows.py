"""What a stay takes of what is limited: bed-nights, ward-nights, minutes of theatre."""

from collections.abc import Iterator

from solvers.admission_table import Option, Table

Row = tuple[str, int, int]  # kind, place, night


def rows_of(table: Table, patient: int, option: Option) -> Iterator[tuple[Row, int]]:
    """Each limited row the option takes part in, and how much of it."""
    for room, nights in option.parts:
        ward = table.ward_of[room]
        staffed, quiet = table.staffed[ward] is not None, table.quiet[ward] is not None
        for night in range(table.nights):
            if nights >> night & 1:
                yield ("bed", room, night), 1
                if staffed:
                    yield ("ward", ward, night), 1
                if quiet:
                    yield ("quiet", ward, night), 1
    use = table.theatre_use(patient, option.start) if option.parts else None
    if use is not None:
        yield ("theatre", use[0], 0), use[1]


def limit(table: Table, row: Row) -> int:
    """`quiet` is where the buffer begins; it may be passed at a price, the others may not."""
    kind, place, night = row
    if kind == "bed":
        return table.capacity[place][night]
    if kind == "theatre":
        return table.theatre[place]
    by_night = (table.staffed if kind == "ward" else table.quiet)[place]
    if by_night is None:
        raise AssertionError(f"{kind} {place} has no limit")
    return by_night[night]


def row_name(row: Row) -> str:
    return f"{row[0]}{row[1]}_{row[2]}"
