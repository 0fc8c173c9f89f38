"""Pauses for receivers that fail."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx

from app.circuits import Breakers, Circuits, Outward
from app.witnessing import Asked, Witnessing


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


def test_a_witness_that_is_away_is_not_asked_all_the_time(tmp_path: Path) -> None:
    asked: list[str] = []

    def away(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        raise httpx.ConnectError("away")

    circuits, nobody = Circuits(Ticks()), cast("Any", None)
    here = Witnessing(nobody, [], 1, tmp_path / "note", 10.0, print, circuits,
                      transport=httpx.MockTransport(away))  # fmt: skip
    witness = Asked("http://127.0.0.1:9", cast("Any", SimpleNamespace(name="elsewhere/w")))
    assert [here._post(witness, b"") for _ in range(5)] == [None] * 5
    assert asked == ["/add-checkpoint"] * 3
    assert circuits.standing() == (1, 1)


def test_every_outward_call_has_its_circuits() -> None:
    breakers = Breakers()
    assert set(breakers.of) == set(Outward)
    for _ in range(3):
        breakers.of[Outward.HL7].failed("lab")
    breakers.of[Outward.NOTICES].failed("EMAIL")
    assert breakers.open() == 1
