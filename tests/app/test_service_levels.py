"""Objectives are data; what is measured of them takes a fixed number of counters."""

import pytest

from app.metrics import Metrics
from app.objectives import Objective, Source, WorkClass, objectives
from app.service_levels import LEAST, PARTS, ServiceLevels
from domain.alarms.rule_measures import BURN, MEASURES, About

FAST = Objective("fast", Source.CARE, 0.5, "s", 0.99, 3600, "快", "fast", "…")


def levels(*known: Objective) -> tuple[ServiceLevels, list[float]]:
    now = [0.0]
    return ServiceLevels(known, lambda: now[0]), now


def test_every_objective_has_its_measure_for_alarm_rules_and_no_other_has_one() -> None:
    told = {name for name in MEASURES if name.startswith(BURN)}
    assert told == {BURN + one.name for one in objectives()}
    assert {MEASURES[name].about for name in told} == {About.PROGRAM}


def test_every_source_and_class_of_work_has_an_objective() -> None:
    assert {one.source for one in objectives()} == set(Source)
    assert {Source(kind) for kind in WorkClass} < set(Source)


def test_the_budget_burns_as_the_share_of_bad_answers_says() -> None:
    kept, _ = levels(FAST)
    for number in range(200):
        kept.note(Source.CARE, 0.6 if number < 4 else 0.5)
        kept.note(Source.LIST, 9.0)
    (found,) = kept.standings()
    assert (found.measured, found.good) == (200, 196)
    assert found.burn == pytest.approx(2.0)  # 2 % are late where 1 % may be
    assert not found.met
    assert found.value == 1.0  # the bound above 0.6
    assert kept.recent_burn("fast") == pytest.approx(2.0)


def test_a_few_measurements_burn_nothing() -> None:
    kept, _ = levels(FAST)
    for _ in range(LEAST - 1):
        kept.note(Source.CARE, 9.0)
    assert kept.recent_burn("fast") == 0
    kept.note(Source.CARE, 9.0)
    assert kept.recent_burn("fast") == pytest.approx(100.0)


def test_what_is_older_than_the_window_is_forgotten_and_the_recent_part_is_shorter() -> None:
    kept, now = levels(FAST)
    for _ in range(LEAST):
        kept.note(Source.CARE, 9.0)
    now[0] = 600.0
    (found,) = kept.standings()
    assert (found.measured, found.recent_burn) == (LEAST, 0)
    assert found.burn > 1
    now[0] = 3600.0 + 61
    assert [(one.measured, one.burn, one.value) for one in kept.standings()] == [(0, 0.0, None)]


def test_a_year_of_measurements_takes_the_room_of_one_window() -> None:
    kept, now = levels(FAST)
    for hour in range(24 * 365):
        now[0] = hour * 3600.0
        kept.note(Source.CARE, 0.1)
    (window,) = kept._windows
    assert len(window._parts) <= PARTS
    assert kept.standings()[0].measured == 1


def test_operations_count_by_class_and_faults_against_availability() -> None:
    metrics = Metrics({"Admit"})
    for kind in (WorkClass.CARE, WorkClass.LIST):
        with metrics.operation("Admit", kind):
            pass
    with pytest.raises(KeyError), metrics.operation("Admit", WorkClass.CARE):
        raise KeyError
    counted = {one.objective.name: (one.measured, one.good) for one in metrics.levels.standings()}
    assert counted["availability"] == (3, 2)
    assert counted["care_p99"] == (2, 2)
    assert counted["list_p99"] == (1, 1)
    assert counted["screen_p99"] == (0, 0)
    sample = metrics.registry.get_sample_value
    assert sample("wardgrid_objective_measurements", {"objective": "availability"}) == 3
    assert sample("wardgrid_objective_good_ratio", {"objective": "care_p99"}) == 1
    assert sample("wardgrid_objective_good_ratio", {"objective": "screen_p99"}) is None
