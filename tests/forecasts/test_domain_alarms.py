"""Alarm rules about what is to come."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from domain.alarms.model import Alarm
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_commands import DraftRule, PublishRule
from domain.alarms.rule_plain import plain_of
from domain.alarms.timing import due
from domain.forecasts.model import StoredForecast
from domain.forecasts.words import ForecastMeasure
from domain.places.commands import SetStaffedBeds
from kit.errors import Invalid
from kit.work import Actor
from tests.domain_world import DAY, HOUR, World, world
from tests.forecasts.test_domain_making import ask
from tests.forecasts.weeks import make_all, weeks_pass

__all__ = ["world"]
SHORT: dict[str, Any] = {
    "id": "short-of-beds", "kind": "forecast", "metric": "census", "quantile": "p90",
    "horizon": "P2D", "against": "staffed_beds", "op": ">", "threshold": 0, "clear": -1,
    "per": "ward", "severity": "high",
    "text": {"zh": "{place}:{metric}超过开放床位", "en": "{place}: {metric} exceeds staffed beds"},
}  # fmt: skip


def publish(world: World, rule: dict[str, Any], ward: UUID | None = None) -> None:
    people = Actor(uuid4()), Actor(uuid4())
    world.actor = people[0]
    drafted = world.run(DraftRule(hospital_id=world.hospital.id, rule=rule, ward_id=ward))
    world.actor = people[1]
    world.run(PublishRule(rule_id=drafted.id))


def timers(world: World) -> list[tuple[str, str, float | None]]:
    """Let what is due happen; the alarms there are: entity's kind, state, value."""
    with Session(world.engine) as session:
        commands = list(due(session, world.now))
    for command in commands:
        world.run(command)
    with Session(world.engine) as session:
        return sorted(
            (one.entity.partition(":")[0], str(one.state), one.value)
            for one in session.exec(select(Alarm))
        )


def foresee(world: World, *, high: list[float]) -> None:
    """A forecast of ward A with this 90 % quantile."""
    world.run(ask(world, ForecastMeasure.CENSUS, horizon=len(high)))
    make_all(world)
    with Session(world.engine) as session:
        row = session.exec(select(StoredForecast)).all()[-1]
        row.quantiles = [[0.0] * len(high)] * 3 + [high] * 2
        session.add(row)
        session.commit()


def test_more_patients_foreseen_than_staffed_beds_is_an_alarm_until_there_are_more_beds(
    world: World,
) -> None:
    weeks_pass(world, 4)
    publish(world, SHORT)
    assert timers(world) == []  # no forecast, no opinion
    # the third day begins when the two days of the horizon are over
    foresee(world, high=[4.0, 5.5, 3.0, 99.0])
    assert timers(world) == [("ward", "OPEN", 0.5)]
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=6))
    assert timers(world) == [("ward", "OPEN", 0.5)]  # -0.5 is not yet well
    world.run(SetStaffedBeds(ward_id=world.ward_a.id, staffed_beds=7))
    world.tick()
    assert timers(world) == [("ward", "RESOLVED", 0.5)]


def test_a_stale_forecast_has_no_opinion(world: World) -> None:
    weeks_pass(world, 4)
    foresee(world, high=[99.0] * 7)
    publish(world, SHORT)
    world.tick(2 * DAY)
    assert timers(world) == []


def test_a_lower_limit_looks_at_the_lowest_step_of_the_hospital(world: World) -> None:
    weeks_pass(world, 4)
    world.run(ask(world, ForecastMeasure.DISCHARGES, ward=False, horizon=2))
    make_all(world)
    few = SHORT | {"id": "few", "metric": "discharges", "op": "<", "threshold": 50, "clear": 60,
                   "quantile": "p97.5", "horizon": "P1D", "per": "hospital",
                   "against": "number"}  # fmt: skip
    publish(world, few)
    ((kind, state, value),) = timers(world)
    assert (kind, state) == ("hospital", "OPEN")
    with Session(world.engine) as session:
        assert value == min(session.exec(select(StoredForecast)).one().quantiles[4])
    world.tick(HOUR)
    assert len(timers(world)) == 1


def test_the_plain_form_of_a_forecast_rule_is_whole() -> None:
    body = read_rule(SHORT)
    assert read_rule(plain_of(body)) == body
    least = read_rule({key: SHORT[key] for key in ("id", "kind", "metric", "op", "threshold",
                                                   "severity", "text")})  # fmt: skip
    assert plain_of(least) | {"for": "PT0S"} == plain_of(least)
    assert (least.quantile, least.against, least.per) == ("p90", "number", "hospital")
    assert plain_of(least)["horizon"] == "P1D"
    assert read_rule(SHORT | {"quantile": "p50"}).side != body.side


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metric": "weather"}, "metric"),
        ({"metric": None}, "metric"),
        ({"quantile": "p80"}, "quantile"),
        ({"horizon": "P15D"}, "horizon"),
        ({"against": "beds"}, "against"),
        ({"metric": "arrivals"}, "against"),
        ({"clear": 1}, "clear"),
        ({"window": "PT1H"}, "window"),
        ({"per": "bed"}, "per"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rule(SHORT | change)
    assert refused.value.field == field
