"""Pauses for receivers that fail."""

from gateways.circuits import Circuits


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_three_failures_in_a_row_pause_and_one_message_goes_first() -> None:
    ticks = Ticks()
    circuits = Circuits(ticks)
    for _ in range(3):
        assert circuits.begin("EMAIL")
        circuits.failed("EMAIL")
    assert (circuits.begin("EMAIL"), circuits.paused()) == (False, ("EMAIL",))
    assert circuits.begin("another")
    ticks.now = 5.0
    assert circuits.paused() == ()
    assert circuits.begin("EMAIL")
    assert (circuits.begin("EMAIL"), circuits.paused()) == (False, ("EMAIL",))
    circuits.arrived("EMAIL")
    assert circuits.begin("EMAIL")
    assert circuits.begin("EMAIL")


def test_a_pause_doubles_up_to_a_minute() -> None:
    ticks = Ticks()
    circuits = Circuits(ticks)
    lengths = []
    for _ in range(8):
        circuits.failed("EMAIL")
        began = ticks.now
        while "EMAIL" in circuits.paused():
            ticks.now += 1.0
        lengths.append(ticks.now - began)
    assert lengths == [0, 0, 5, 10, 20, 40, 60, 60]


def test_a_message_that_was_not_tried_after_all_lets_the_next_try() -> None:
    circuits = Circuits(ticks := Ticks())
    for _ in range(3):
        circuits.failed("EMAIL")
    ticks.now = 5.0
    assert circuits.begin("EMAIL")
    circuits.left("EMAIL")
    assert circuits.begin("EMAIL")


def test_an_arrival_between_failures_forgives_them() -> None:
    circuits = Circuits(Ticks())
    for _ in range(5):
        circuits.failed("EMAIL")
        circuits.failed("EMAIL")
        circuits.arrived("EMAIL")
    assert circuits.paused() == ()
