"""A bed is never given twice: sixteen writers at a few beds, and one order explains every answer.

The seeded bug shows that the check can see a double booking: without the rule and the constraint
that judge the race, it is found.
"""

from pathlib import Path

import pytest
from sqlalchemy import text

import domain.beds.holds
from kit.db import open_engine
from tests.faults.contention import IN_THE_WAY, BedState, Journal, contend, open_ward, step
from tests.faults.linearizable import Operation, linearizable
from tests.house import enrol, house

WRITERS, BEDS = 16, 6


def test_sixteen_writers_never_get_the_same_bed(database_url: str, tmp_path: Path) -> None:
    journal = _journal(database_url, tmp_path, operations=600)
    assert journal.unexplained() == []
    assert journal.count >= 600
    assert journal.reasons <= IN_THE_WAY
    told = journal.outcomes()
    assert min(told[f"hold {outcome}"] for outcome in ("ok", "conflict")) > 10
    assert _overlaps(database_url) == {"bed_stay": 0, "bed_hold": 0}


def test_a_race_that_nobody_judges_is_found(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain.beds.holds, "permit", lambda *_: ())
    engine = open_engine(database_url, guarded=False)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX one_active_hold_per_bed"))
    engine.dispose()
    journal = _journal(database_url, tmp_path, operations=150)
    assert journal.unexplained() != []
    assert _overlaps(database_url)["bed_hold"] > 0


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_sixteen_writers_never_get_the_same_bed_in_a_hundred_thousand_tries(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    journal = _journal(database_url, tmp_path, operations=10_000, seed=seed + 1)
    assert journal.unexplained() == []
    assert journal.reasons <= IN_THE_WAY
    assert _overlaps(database_url) == {"bed_stay": 0, "bed_hold": 0}


def _op(kind: str, who: str, outcome: str, called: float, returned: float) -> Operation:
    return Operation(kind, who, outcome, called, returned)


A_OVERLAP = _op("hold", "a", "ok", 0, 3)
EXPLAINED = {
    "one after the other": [A_OVERLAP, _op("release", "a", "ok", 4, 5), _op("hold", "b", "ok", 6, 7)],
    "the conflict came second": [A_OVERLAP, _op("hold", "b", "conflict", 1, 2)],
    "a lost answer took effect": [
        Operation("hold", "a", "unknown", 0), _op("hold", "b", "conflict", 1, 2)
    ],
    "a lost answer took none": [Operation("hold", "a", "unknown", 0), _op("hold", "b", "ok", 1, 2)],
}  # fmt: skip
UNEXPLAINED = {
    "two at once": [A_OVERLAP, _op("hold", "b", "ok", 1, 2)],
    "nothing was in the way": [_op("hold", "a", "conflict", 0, 1)],
    "given back before it was taken": [
        _op("hold", "a", "ok", 0, 1), _op("hold", "b", "ok", 2, 3), _op("release", "a", "ok", 4, 5)
    ],
    "into a bed that nobody cleaned": [
        _op("admit", "a", "ok", 0, 1), _op("depart", "a", "ok", 2, 3), _op("admit", "b", "ok", 4, 5)
    ],
}  # fmt: skip


@pytest.mark.parametrize("story", EXPLAINED)
def test_the_checker_explains_what_can_have_happened(story: str) -> None:
    assert linearizable(EXPLAINED[story], BedState(), step)


@pytest.mark.parametrize("story", UNEXPLAINED)
def test_the_checker_refuses_what_cannot_have_happened(story: str) -> None:
    assert not linearizable(UNEXPLAINED[story], BedState(), step)


def _journal(url: str, folder: Path, *, operations: int, seed: int = 0) -> Journal:
    administrator = enrol(url, "system-administrator")
    staff = enrol(url, "bed-manager")
    with house(url, folder) as app:
        ward = open_ward(app, administrator, staff, BEDS)
        return contend(ward, writers=WRITERS, operations=operations, seed=seed)


def _overlaps(url: str) -> dict[str, int]:
    """Pairs of records of one bed whose times overlap, asked of the database itself."""
    engine = open_engine(url, guarded=False)
    found = {}
    with engine.begin() as connection:
        for table in ("bed_stay", "bed_hold"):
            found[table] = connection.execute(
                text(
                    f"SELECT count(*) FROM {table} a JOIN {table} b"
                    " ON a.bed_id = b.bed_id AND a.id < b.id"
                    " WHERE a.since < coalesce(b.until, '9999-01-01 00:00:00+00')"
                    " AND b.since < coalesce(a.until, '9999-01-01 00:00:00+00')"
                )
            ).scalar_one()
    engine.dispose()
    return found
