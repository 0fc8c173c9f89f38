"""Each detector by itself: what it calls bad, what well, and what it remembers."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alarms.detectors import Above, Below, Detector, Outside, SamePhase
from domain.alarms.detectors_series import Drifting, Flat, Rate, Shifted
from domain.alarms.rule_phase import BETWEEN, COOL, HOT, MINUTE


def said(detector: Detector, values: list[float], usual: tuple[float, float] | None = None) -> list[int | None]:  # fmt: skip
    """The verdicts on one value a minute."""
    memory: list[object] = []
    return [
        detector.judge(memory, value, (n + 1) * MINUTE, usual) for n, value in enumerate(values)
    ]


def test_limits_with_their_deadband() -> None:
    assert said(Below(90, 92), [89.9, 90, 91.9, 92]) == [HOT, BETWEEN, BETWEEN, COOL]
    assert said(Below(90, 90, or_equal=True), [90, 90.1]) == [HOT, COOL]
    assert said(Above(120, 110), [120.1, 120, 110.1, 110]) == [HOT, BETWEEN, BETWEEN, COOL]
    assert said(Above(7, 5, or_equal=True), [7, 6, 5]) == [HOT, BETWEEN, COOL]
    assert said(Outside(35, 39, 36, 38), [34.9, 35.5, 37, 38.5, 39.1]) == [
        HOT, BETWEEN, COOL, BETWEEN, HOT,
    ]  # fmt: skip


def test_the_distance_from_the_usual_needs_a_baseline() -> None:
    detector = SamePhase(5, 3, 0.5)
    assert said(detector, [100.0]) == [None]
    assert said(detector, [10 + 7.5, 10 + 7.3, 10 + 4, 10 - 7.5], (10, 1.0)) == [
        HOT, BETWEEN, COOL, HOT,
    ]  # fmt: skip
    assert said(detector, [12.0, 13.0], (10, 0.0)) == [BETWEEN, HOT]  # the floor of σ


def test_a_rate_is_taken_over_a_window() -> None:
    detector = Rate(Below(-2, -1), 5 * MINUTE, 20 * MINUTE)
    level = [100.0] * 6
    assert said(detector, [*level, *(100 - 3.0 * n for n in range(1, 11))])[-1] == HOT
    assert said(detector, [*level, 80.0]) == [None] * 5 + [COOL, HOT]
    assert said(detector, level)[-1] == COOL


def test_a_rate_forgets_over_a_hole() -> None:
    detector, memory = Rate(Above(2, 1), 2 * MINUTE, 10 * MINUTE), list[object]()
    for minute in (1, 2, 3):
        detector.judge(memory, 50, minute * MINUTE)
    assert detector.judge(memory, 500, 30 * MINUTE) is None


def test_the_moving_mean_finds_a_spike_and_is_not_spoilt_by_it() -> None:
    chance = random.Random(7)
    quiet = [50 + chance.gauss(0, 1) for _ in range(200)]
    verdicts = said(Drifting(6, 3, 0.1, 30 * MINUTE, 30), [*quiet, 65, *quiet[:5]])
    assert verdicts[:30] == [None] * 30
    assert verdicts[200] == HOT
    assert HOT not in verdicts[30:200] + verdicts[201:]


def test_small_deviations_to_one_side_add_up() -> None:
    chance = random.Random(8)
    quiet = [chance.gauss(0, 1) for _ in range(300)]
    detector = Shifted(0.5, 10, 5, 0.1, 100)
    assert HOT not in said(detector, quiet)
    assert said(detector, [*quiet, *(2 + chance.gauss(0, 1) for _ in range(30))])[-1] == HOT
    spike = said(detector, [*quiet[:200], 50.0, *quiet[200:]])
    assert HOT not in spike


def test_a_shift_against_the_baseline_ends_when_it_is_over() -> None:
    detector = Shifted(0.5, 8, 4, 0.1, 100)
    verdicts = said(detector, [*[103.0] * 10, *[100.0] * 40], (100, 1 / 1.4826))
    assert HOT in verdicts[:10]
    assert verdicts[-1] == COOL


def test_standing_still_is_bad_from_the_second_value_on() -> None:
    assert said(Flat(0.0), [5, 5, 5, 6, 6]) == [COOL, HOT, HOT, COOL, HOT]
    assert said(Flat(0.5), [5, 5.4, 5.6, 5.2]) == [COOL, HOT, COOL, HOT]


SERIES = (Rate(Above(1, 0), 3 * MINUTE, 60 * MINUTE), Drifting(4, 2, 0.1, 10 * MINUTE, 5),
          Shifted(0.5, 5, 2, 0.1, 5), Flat(0.1))  # fmt: skip


@pytest.mark.parametrize("detector", SERIES, ids=lambda one: type(one).__name__)
@given(values=st.lists(st.floats(-1e6, 1e6), max_size=40), cut=st.integers(0, 40))
def test_what_a_detector_remembers_survives_a_restart(
    detector: Detector, values: list[float], cut: int
) -> None:
    memory: list[object] = []
    again: list[object] = []
    for number, value in enumerate(values):
        if number == cut:
            again = json.loads(json.dumps(again))
        at = (number + 1) * MINUTE
        assert detector.judge(memory, value, at) == detector.judge(again, value, at)
    assert len(memory) <= 6  # a handful of numbers, however long the series
