"""The way of a new blind key: write both, index every row, search by the new one, drop the old.

At every moment one column covers every row, and all writers of that moment write it: its unique
index is what keeps a number from being given twice. Before a step that would end this for somebody
who still works with the state before, GRACE passes.
"""

from typing import Any

from app.rotation.blinds import blind_indexes
from app.rotation.stage import GRACE, Damaged, Stage, Turning, after_grace, name_of, replace
from audit.blind_turn import BlindTurn
from audit.keys import KeyKind
from audit.subjects import SubjectKey, blind_check
from kit.blind import columns_of
from kit.sealed import SealBroken


def blind_stages() -> tuple[Stage, ...]:
    """Where a row is damaged the search stays with the old key, and the new column is cleared."""
    tables = tuple(blind_indexes())
    return (
        Stage("write both", BlindTurn, _write_both),
        *(Stage(f"index {name_of(table)}", table, _index) for table in tables),
        *after_grace("check", tables, _index, decides=True),
        Stage("search by new", BlindTurn, _search_by_new),
        Stage("write one", BlindTurn, _write_one, wait=GRACE),
        *after_grace("clear", tables, _clear),
        Stage("mark", SubjectKey, _mark, clean=True),
    )


def _write_both(turning: Turning, row: BlindTurn) -> int:
    version = turning.rotation.key_version or 0
    if row.also is not None or version <= row.asks:
        return 0
    turning.keys.secret(KeyKind.BLIND, version)
    row.also = version
    return 1


def _index(turning: Turning, row: Any) -> int:
    """Compared with what is sealed, not with nothing: a name may have changed meanwhile."""
    values: dict[str, tuple[Any, Any]] = {}
    for name, remake in blind_indexes()[type(row)].items():
        columns = columns_of(name)
        stored = [getattr(row, column) for column in columns]
        if stored == [None, None]:
            continue  # nothing to be found by, or forgotten
        try:
            made = remake(turning.vault, row)
        except SealBroken:
            raise Damaged from None
        fresh = [made.first, made.other] if made else [None, None]
        beside = 1 - turning.vault.blind_turn().place
        if stored[beside] != fresh[beside]:
            values[columns[1 - beside]] = (stored[1 - beside],) * 2
            values[columns[beside]] = (stored[beside], fresh[beside])
    return replace(turning, type(row), row.id, values) if values else 0


def _search_by_new(turning: Turning, row: BlindTurn) -> int:
    if row.also is None or turning.rotation.damaged:
        return 0
    row.asks, row.also, row.place = row.also, row.asks, 1 - row.place
    return 1


def _write_one(turning: Turning, row: BlindTurn) -> int:
    if row.also is None:
        return 0
    row.also = None
    return 1


def _clear(turning: Turning, row: Any) -> int:
    beside = 1 - turning.vault.blind_turn().place
    columns = [columns_of(name)[beside] for name in blind_indexes()[type(row)]]
    held = {c: (value, None) for c in columns if (value := getattr(row, c)) is not None}
    return replace(turning, type(row), row.id, held) if held else 0


def _mark(turning: Turning, row: SubjectKey) -> int:
    """Each person's key says by which blind key they are found; the doctor asks it."""
    version = turning.vault.blind_turn().asks
    if row.blind_version == version:
        return 0
    check = blind_check(turning.keys, row.id, version)
    return replace(turning, SubjectKey, row.id, {"blind_check": (row.blind_check, check)},
                   blind_version=version)  # fmt: skip
