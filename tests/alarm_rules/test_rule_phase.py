"""On-delay, off-delay, holes and late samples, in event time."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alarms.rule_phase import (
    BETWEEN,
    COOL,
    HOT,
    MINUTE,
    Delays,
    Event,
    Outcome,
    Phase,
    Track,
    due,
    elapse,
    step,
)

TWO_MINUTES = Delays(on=2 * MINUTE, off=5 * MINUTE, min_samples=2, max_gap=10 * MINUTE)
T0 = 1_000 * MINUTE
Said = tuple[float, int]


def kind_of(event: Event) -> str:
    return str(event.outcome)


def run(
    delays: Delays, said: Sequence[Said], track: Track | None = None
) -> list[tuple[float, str]]:
    """What happened at which minute after T0."""
    track, found = track or Track(), []
    for minute, verdict in said:
        at = T0 + int(minute * MINUTE)
        found += [
            (minute, str(event.outcome))
            for event in step(delays, track, verdict, at, float(minute))
        ]
    return found


def test_without_delays_the_first_bad_sample_opens_and_the_first_good_one_clears() -> None:
    said = [(0, COOL), (1, HOT), (2, HOT), (3, BETWEEN), (4, COOL)]
    assert run(Delays(), said) == [(1, "OPENED"), (4, "CLEARED")]


def test_it_fires_when_it_was_bad_for_long_enough_and_often_enough() -> None:
    assert run(TWO_MINUTES, [(0, HOT), (1, HOT), (2, HOT)]) == [(2, "OPENED")]
    assert run(TWO_MINUTES, [(0, HOT), (1, HOT)]) == []


def test_one_good_sample_begins_the_delay_anew() -> None:
    assert run(TWO_MINUTES, [(0, HOT), (1, COOL), (2, HOT), (3, HOT)]) == []
    assert run(TWO_MINUTES, [(0, HOT), (1, BETWEEN), (2, HOT), (4, HOT)]) == [(4, "OPENED")]


def test_a_hole_breaks_the_delay_and_a_short_one_does_not() -> None:
    assert run(TWO_MINUTES, [(0, HOT), (11, HOT)]) == []
    assert run(TWO_MINUTES, [(0, HOT), (10, HOT)]) == [(10, "OPENED")]


def test_a_hole_begins_clearing_anew() -> None:
    track = Track(Phase.FIRING, T0, T0)
    assert run(TWO_MINUTES, [(1, COOL), (12, COOL), (16, COOL), (17, COOL)], track) == [
        (17, "CLEARED")
    ]


def test_what_is_between_the_limits_keeps_an_alarm_open() -> None:
    track = Track(Phase.FIRING, T0, T0)
    said = [(1, COOL), (4, BETWEEN), (5, COOL), (9, COOL), (10, COOL)]
    assert run(TWO_MINUTES, said, track) == [(10, "CLEARED")]


def test_the_delay_ends_without_a_new_sample() -> None:
    track = Track()
    run(TWO_MINUTES, [(0, HOT), (1, HOT)], track)
    assert due(TWO_MINUTES, track) == T0 + 2 * MINUTE
    assert elapse(TWO_MINUTES, track, T0 + 2 * MINUTE - 1) == ()
    assert elapse(TWO_MINUTES, track, T0 + 2 * MINUTE) == (
        Event(Outcome.OPENED, T0 + 2 * MINUTE, 1.0),
    )
    assert (track.phase, track.since) == (Phase.FIRING, T0 + 2 * MINUTE)
    assert due(TWO_MINUTES, track) is None


def test_too_few_samples_never_fire_by_time_alone() -> None:
    track = Track()
    run(TWO_MINUTES, [(0, HOT)], track)
    assert due(TWO_MINUTES, track) is None
    assert elapse(TWO_MINUTES, track, T0 + 9 * MINUTE) == ()


def test_what_no_timer_saw_is_made_up_for_by_the_next_sample() -> None:
    said = [(0, HOT), (1, HOT), (8, COOL), (13, COOL)]
    assert run(TWO_MINUTES, said) == [(8, "OPENED"), (13, "CLEARED")]


def test_an_end_of_the_delay_behind_a_hole_does_not_fire() -> None:
    delays = Delays(on=20 * MINUTE, min_samples=1, max_gap=10 * MINUTE)
    assert run(delays, [(0, HOT), (30, COOL)]) == []


@pytest.mark.parametrize("minute", [5, 4.5, 0])
def test_a_sample_that_is_not_newer_changes_nothing(minute: float) -> None:
    track = Track()
    run(TWO_MINUTES, [(0, HOT), (5, COOL)], track)
    before = track.copy()
    assert run(TWO_MINUTES, [(minute, HOT)], track) == []
    assert track == before


VERDICTS = st.lists(
    st.tuples(st.integers(1, 600), st.sampled_from([HOT, BETWEEN, COOL])),
    max_size=60, unique_by=lambda said: said[0],
)  # fmt: skip
DELAYS = st.builds(
    Delays, on=st.integers(0, 20).map(lambda n: n * MINUTE),
    off=st.integers(0, 20).map(lambda n: n * MINUTE), min_samples=st.integers(1, 4),
    max_gap=st.sampled_from([0, 5 * MINUTE, 60 * MINUTE]),
)  # fmt: skip


@given(VERDICTS, DELAYS, st.data())
def test_late_and_repeated_samples_never_change_anything(
    said: list[tuple[int, int]], delays: Delays, data: st.DataObject
) -> None:
    in_order = sorted(said)
    disturbed: list[Said] = []
    for number, one in enumerate(in_order):
        disturbed.append(one)
        past = data.draw(st.lists(st.sampled_from(in_order[: number + 1]), max_size=3))
        disturbed += [(minute, data.draw(st.sampled_from([HOT, COOL]))) for minute, _ in past]
    plain, odd = Track(), Track()
    assert run(delays, list(in_order), plain) == run(delays, disturbed, odd)
    assert plain == odd


@given(VERDICTS, DELAYS, st.lists(st.integers(0, 600), max_size=20))
def test_timers_between_samples_change_only_who_notices_first(
    said: list[tuple[int, int]], delays: Delays, ticks: list[int]
) -> None:
    in_order = sorted(said)
    plain, timed = Track(), Track()
    expected = [what for _, what in run(delays, list(in_order), plain)]
    found: list[str] = []
    waiting = sorted(ticks)
    for minute, verdict in in_order:
        while waiting and waiting[0] < minute:
            found += map(kind_of, elapse(delays, timed, T0 + waiting.pop(0) * MINUTE))
        found += map(kind_of, step(delays, timed, verdict, T0 + minute * MINUTE, float(minute)))
    assert found == expected
    assert timed == plain


@given(VERDICTS, DELAYS)
def test_openings_and_clearings_alternate(said: list[tuple[int, int]], delays: Delays) -> None:
    found = [what for _, what in run(delays, sorted(said))]
    assert found[::2] == ["OPENED"] * len(found[::2])
    assert found[1::2] == ["CLEARED"] * len(found[1::2])
