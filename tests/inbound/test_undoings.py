"""Messages that say something never happened: nobody is ever nowhere."""

from tests.inbound.test_admissions import EIGHT, NINE, TEN, admit, say
from tests.inbound.world import World


def test_a_cancelled_admission_waits_again(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    (taken,) = world.send(say("A11", NINE))
    assert (taken.state, taken.effects) == ("APPLIED", ["CancelAdmission"])
    assert (world.beds(), world.status()) == ([], ["ARRIVED"])


def test_a_cancelled_arrival_without_a_bed_was_an_error(world: World) -> None:
    world.ward("ED", ["B1"])
    world.send(say("A04", EIGHT, "ED"))
    (taken,) = world.send(say("A11", NINE, "ED"))
    assert (taken.effects, world.status()) == (["CancelEncounter"], ["ENTERED_IN_ERROR"])


def test_a_cancelled_move_goes_back_to_the_old_bed(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit(), say("A02", NINE, "W1^R1^B2"))
    (taken,) = world.send(say("A12", TEN))
    assert (taken.effects, world.beds()) == (["CancelMove"], ["W1/B1"])


def test_a_cancelled_move_waits_where_the_old_bed_is_taken(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit(), say("A02", NINE, "W1^R1^B2"))
    world.send(admit("20260301093000", patient="P2", visit="V2"))
    (taken,) = world.send(say("A12", TEN))
    assert (taken.state, world.beds()) == ("APPLIED", ["W1/B1"])
    assert world.status() == ["ARRIVED", "ADMITTED"]


def test_a_cancelled_departure_goes_back_to_the_old_bed(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit(), say("A03", NINE))
    (taken,) = world.send(say("A13", TEN))
    assert (taken.effects, world.beds()) == (["CancelDeparture"], ["W1/B1"])
    assert world.status() == ["ADMITTED"]


def test_a_cancel_of_what_never_came_waits(world: World) -> None:
    world.ward("W1", ["B1"])
    before = world.facts()
    for trigger in ("A11", "A12", "A13", "A23", "A27", "A38"):
        assert world.outcome(say(trigger, NINE)) == ("PARKED", "VISIT_UNKNOWN")
    assert world.facts() == before


def test_a_cancel_of_another_step_waits(world: World) -> None:
    world.ward("W1", ["B1", "B2"])
    world.send(admit())
    assert world.outcome(say("A12", NINE)) == ("PARKED", "NOT_THE_LAST_STEP")
    assert world.outcome(say("A13", NINE)) == ("PARKED", "ENCOUNTER_STATE")


def test_a_deleted_visit_was_an_error(world: World) -> None:
    world.ward("W1", ["B1"])
    world.send(admit())
    (taken,) = world.send(say("A23", NINE))
    assert taken.effects == ["CancelAdmission", "CancelEncounter"]
    assert (world.beds(), world.status()) == ([], ["ENTERED_IN_ERROR"])
