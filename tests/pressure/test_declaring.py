"""A person declares a level, cards are seen to, and the level ends when it was said to."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain.measures.now import NowName
from domain.pressure.commands import (
    DeclarePressure,
    LapsePressure,
    SetPressureThreshold,
    TickCard,
)
from domain.pressure.model import PressureDeclaration, PressureReason
from domain.pressure.queries import declarations, pressures_past, ticks
from domain.pressure.standing import Standing, standing
from kit.errors import Conflict, Invalid
from kit.work import NETWORK
from tests.domain_world import DAY, HOUR, World


def declare(world: World, level: int, **what: Any) -> PressureDeclaration:
    ends = None if level == 1 else world.now + 4 * HOUR
    return world.run(DeclarePressure(**{
        "hospital_id": world.hospital.id, "level": level, "reason": PressureReason.FLOW,
        "ends_at": ends, **what,
    }))  # fmt: skip


def now(world: World) -> Standing:
    with Session(world.engine, expire_on_commit=False) as session:
        return standing(session, world.hospital.id, world.now)


def test_figures_suggest_and_a_person_declares(world: World) -> None:
    for code in ("A1", "A2", "A3", "A4"):
        world.admit(code)
    found = now(world)
    assert {str(one.measured.name): (one.measured.value, one.level) for one in found.figures} == {
        "occupancy": (pytest.approx(57.142857), 1), "boarding_time": (0.0, 1),
        "time_to_bed": (0.0, 1), "staffed_headroom": (3.0, 2),
    }  # fmt: skip
    assert (found.level, found.suggested, found.declaration) == (1, 2, None)
    declared = declare(world, 3)
    assert (declared.level, declared.suggested, declared.recorded_by) == (3, 2, world.actor.id)
    assert declared.figures["staffed_headroom"] == 3.0
    world.tick()
    # 3 beds of headroom would not raise the third level, but they keep it: it falls at 4
    assert (now(world).level, now(world).suggested) == (3, 3)


def test_a_new_word_replaces_the_last_and_the_history_keeps_both(world: World) -> None:
    first = declare(world, 2)
    at = world.tick()
    second = declare(world, 1, reason=PressureReason.STAND_DOWN)
    with Session(world.engine) as session:
        rows = declarations(session, [NETWORK], world.hospital.id)
        assert [(row.id, row.until) for row in rows] == [(second.id, None), (first.id, at)]
        assert list(declarations(session, [], world.hospital.id)) == []
    assert now(world).level == 1


def test_one_level_is_in_force_and_the_database_says_so(world: World) -> None:
    declared = declare(world, 2)
    other = PressureDeclaration.model_validate(declared.model_dump(exclude={"id"}))
    with Session(world.engine) as session:
        session.add(other)
        with pytest.raises(IntegrityError):
            session.flush()


@pytest.mark.parametrize(
    ("level", "ends_in"), [(0, HOUR), (5, HOUR), (3, None), (3, -HOUR), (3, 8 * DAY)]
)
def test_a_level_that_makes_no_sense_is_refused(world: World, level: int, ends_in: Any) -> None:
    command = DeclarePressure(
        hospital_id=world.hospital.id, level=level, reason=PressureReason.DEMAND,
        ends_at=None if ends_in is None else world.now + ends_in,
    )  # fmt: skip
    world.refused(command, Invalid, "INVALID")


def test_a_level_lapses_at_its_end_and_not_before(world: World) -> None:
    declared = declare(world, 3)
    lapse = LapsePressure(hospital_id=world.hospital.id)
    world.refused(lapse, Conflict, "PRESSURE_IN_FORCE")
    assert past(world) == []
    world.tick(4 * HOUR + HOUR)
    assert now(world).level == 1  # in nobody's way, even before the clock comes by
    assert past(world) == [lapse]
    assert world.run(lapse).until == declared.ends_at
    assert past(world) == []
    world.refused(lapse, Conflict, "PRESSURE_IN_FORCE")


def test_a_card_is_seen_to_once_while_its_level_is_in_force(world: World) -> None:
    declared = declare(world, 2)
    tick = TickCard(declaration_id=declared.id, card="HUDDLE")
    done = world.run(tick)
    assert (done.done_at, done.done_by) == (world.now, world.actor.id)
    world.refused(tick, Conflict, "CARD_DONE")
    why = world.refused(TickCard(declaration_id=declared.id, card="DIVERT"), Invalid, "INVALID")
    assert "HUDDLE" in why.allowed
    assert "DIVERT" not in why.allowed
    with Session(world.engine) as session:
        assert list(ticks(session, [declared.id])[declared.id]) == ["HUDDLE"]
    world.tick(5 * HOUR)
    late = TickCard(declaration_id=declared.id, card="LOUNGE")
    world.refused(late, Conflict, "PRESSURE_OVER")


def test_a_hospital_has_limits_of_its_own(world: World) -> None:
    world.admit("A1")
    assert now(world).suggested == 1
    limit = {"hospital_id": world.hospital.id, "measure": NowName.STAFFED_HEADROOM, "level": 2}
    world.run(SetPressureThreshold(**limit, rise=6, fall=9))  # type: ignore[arg-type]
    assert now(world).suggested == 2
    world.run(SetPressureThreshold(**limit, rise=5, fall=9))  # type: ignore[arg-type]
    assert now(world).suggested == 1


@pytest.mark.parametrize(
    ("measure", "level", "rise", "fall", "field"),
    [
        (NowName.OCCUPANCY, 2, 85, 85, "fall"), (NowName.OCCUPANCY, 2, 92, 80, "rise"),
        (NowName.STAFFED_HEADROOM, 3, 2, 1, "fall"), (NowName.STAFFED_HEADROOM, 3, 5, 9, "rise"),
        (NowName.WAITING, 2, 5, 1, "measure"), (NowName.OCCUPANCY, 1, 5, 1, "measure"),
    ],
)  # fmt: skip
def test_limits_out_of_order_are_refused(
    world: World, measure: NowName, level: int, rise: float, fall: float, field: str
) -> None:
    command = SetPressureThreshold(hospital_id=world.hospital.id, measure=measure, level=level,
                                   rise=rise, fall=fall)  # fmt: skip
    assert world.refused(command, Invalid, "INVALID").field == field


def past(world: World) -> list[object]:
    with Session(world.engine) as session:
        return list(pressures_past(session, world.now))
