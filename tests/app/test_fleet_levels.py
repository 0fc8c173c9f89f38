"""Counters outlive a restart, and every process tells of all of them; on both databases."""

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from app.fleet_levels import SERVICE_COUNT, FleetLevels
from app.objectives import Objective, Source
from app.service_levels import ServiceLevels
from audit.tables import LEDGER_ENTRY
from kit.db import reading
from tests.house import house

FAST = Objective("fast", Source.CARE, 0.5, "s", 0.99, 3600, "快", "fast", "…")
SLOWER = Objective("fast", Source.CARE, 0.7, "s", 0.99, 3600, "快", "fast", "…")
NOW = 1_780_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def process(
    engine: Engine, clock: Callable[[], float] = lambda: NOW, known: Objective = FAST
) -> FleetLevels:
    def write(do: Callable[..., None]) -> None:
        with engine.connect() as connection, connection.begin():
            do(connection)

    return FleetLevels(engine, ServiceLevels([known], clock), write, now=clock)


def measured(fleet: FleetLevels, *, alone: bool = False) -> tuple[int, int]:
    (found,) = fleet.levels.standings(alone=alone)
    return found.measured, found.good


def kept(engine: Engine) -> set[UUID]:
    with reading(engine) as session:
        return set(session.connection().execute(select(SERVICE_COUNT.c.process)).scalars())


def test_each_process_tells_of_all_and_counts_nothing_twice(engine: Engine) -> None:
    one, other = process(engine), process(engine)
    for value in (0.1, 0.9):
        one.levels.note(Source.CARE, value)
    other.levels.note(Source.CARE, 0.2)
    for _ in range(3):
        one.exchange()
        other.exchange()
    one.exchange()
    assert measured(one) == measured(other) == (3, 2)
    assert (measured(one, alone=True), measured(other, alone=True)) == ((2, 1), (1, 1))


def test_a_restart_forgets_nothing_until_the_window_has_passed(engine: Engine) -> None:
    clock = Clock()
    before = process(engine, clock)
    for _ in range(30):
        before.levels.note(Source.CARE, 9.0)
    before.tell()
    after = process(engine, clock)
    after.hear()
    assert measured(after) == (30, 0)
    assert after.levels.recent_burn("fast") == pytest.approx(100)
    clock.now += 3600 + 61
    assert measured(after) == (0, 0)


def test_rows_older_than_every_window_are_removed(engine: Engine) -> None:
    clock = Clock()
    gone, stays = process(engine, clock), process(engine, clock)
    gone.levels.note(Source.CARE, 0.1)
    gone.tell()
    clock.now += 86_400 + 1
    stays.tell()  # it has nothing to tell: nothing is written
    assert kept(engine) == {gone.process}
    stays.levels.note(Source.CARE, 0.1)
    stays.tell()
    assert kept(engine) == {stays.process}


def test_counters_of_another_release_are_not_added_to_ours(engine: Engine) -> None:
    old, new = process(engine, known=SLOWER), process(engine)
    old.levels.note(Source.CARE, 0.6)
    old.tell()
    new.hear()
    assert measured(new) == (0, 0)


def test_a_clock_that_went_back_leaves_no_future(engine: Engine) -> None:
    clock = Clock()
    fleet = process(engine, clock)
    fleet.levels.note(Source.CARE, 0.1)
    clock.now += 365 * 86_400
    fleet.levels.note(Source.CARE, 0.1)
    clock.now = NOW
    assert measured(fleet) == (1, 1)
    fleet.levels.note(Source.CARE, 0.1)
    assert measured(fleet) == (2, 2)


def test_a_full_disk_and_a_fault_stop_nothing(engine: Engine) -> None:
    fleet = process(engine)
    fleet.levels.note(Source.CARE, 0.1)
    fleet.full = lambda: True
    fleet.tell()
    assert kept(engine) == set()
    fleet.full = lambda: 1 / 0 > 0
    stop = threading.Event()
    stop.set()
    fleet.run(stop)
    assert kept(engine) == set()


def test_the_house_keeps_its_counters_over_a_restart_without_a_ledger_entry(
    database_url: str, tmp_path: Path
) -> None:
    with house(database_url, tmp_path) as app:
        for _ in range(25):
            app.metrics.levels.note(Source.CARE, 9.0)
    with house(database_url, tmp_path) as app:
        app.fleet.hear()
        assert app.metrics.levels.recent_burn("care_p99") == pytest.approx(100)
        assert (
            app.metrics.registry.get_sample_value(
                "wardgrid_objective_measurements", {"objective": "care_p99"}
            )
            == 0
        )  # /metrics is of the process
        app.fleet.exchange()
        with reading(app.engine) as session:
            entries = (
                session.connection()
                .execute(select(func.count()).select_from(LEDGER_ENTRY))
                .scalar_one()
            )
    assert entries == 0
