"""What is remembered of a device: its clock, its numbering, and a record that stands still."""

from dataclasses import replace

from domain.readings.pulse import Pulse, counted, recorded, timed

SECOND = 1_000_000
RECORD = [("hr", 72.0), ("spo2", 97.0), ("rr", 14.0)]


def after(delays_s: list[float]) -> Pulse:
    pulse = Pulse()
    for delay in delays_s:
        pulse = timed(pulse, int(delay * SECOND), 0)
    return pulse


def test_the_skew_is_the_median_while_the_delays_agree() -> None:
    assert after([300, 301, 299, 300]).skew_ms is None
    assert after([300, 301, 299, 300, 302]).skew_ms == 300_000
    assert after([300, 301, 299, 300, 302, 4000]).skew_ms == 300_500


def test_a_backlog_does_not_count_as_a_clock_that_is_off() -> None:
    pulse = after([0.1] * 15)
    for delay in range(3600, 0, -60):
        pulse = timed(pulse, delay * SECOND, 0)
    assert pulse.skew_ms == 100


def test_numbers_tell_what_is_missing() -> None:
    pulse, gap = counted(Pulse(), 7)
    assert (pulse.sequence, pulse.missed, gap) == (7, 0, False)
    pulse, gap = counted(pulse, 10)
    assert (pulse.sequence, pulse.missed, gap) == (10, 2, True)
    assert counted(pulse, 9) == (pulse, False)  # late, or again
    assert counted(pulse, None) == (pulse, False)
    assert counted(replace(pulse, sequence=5000), 1)[0].sequence == 1  # it was started anew


def test_a_whole_record_that_stands_still_for_long_is_frozen() -> None:
    pulse = Pulse()
    for second in range(0, 601, 30):
        assert pulse.frozen_at is None
        pulse = recorded(pulse, RECORD, second * SECOND)
    pulse = recorded(pulse, RECORD, 700 * SECOND)
    assert pulse.frozen_at == 0
    assert recorded(pulse, [*RECORD[:2], ("rr", 15.0)], 730 * SECOND).frozen_at is None


def test_a_burst_of_equal_records_is_not_frozen() -> None:
    pulse = Pulse()
    for number in range(200):
        pulse = recorded(pulse, RECORD, number * SECOND)
    assert pulse.frozen_at is None
    assert recorded(pulse, RECORD[:2], 900 * SECOND) == pulse
