"""Who is told of an alarm comes from the published roster, beside who was put on call by hand."""

from datetime import timedelta

from sqlmodel import Session

import domain.devices.model  # noqa: F401 - alarms point to its table
from domain.notices.on_call import SetOnCall
from domain.notices.receivers import Receivers, duties_now, receivers
from domain.notices.words import Reach
from domain.staff.duties import CancelDuty
from tests.staff.team import Team


def told(team: Team, duty: str) -> Receivers:
    world = team.world
    with Session(world.engine) as session:
        now = duties_now(session, world.hospital.id, world.now)
        return receivers(now, duty, world.ward_a.scope)


def test_whoever_stands_in_the_published_roster_answers_for_the_shifts_duty(team: Team) -> None:
    world = team.world
    team.shift("C", 0, 24 * 60, skill=None, duty="role:nurse")
    given = team.give("N1", "C", 0)
    world.now = given.since + timedelta(hours=1)
    assert told(team, "role:nurse").reach is Reach.NOBODY  # a draft is told to nobody
    team.publish()
    found = told(team, "role:nurse")
    assert (found.reach, found.accounts) == (Reach.WARD, (team.accounts["N1"],))
    world.run(SetOnCall(hospital_id=world.hospital.id, ward_id=world.ward_a.id,
                        duty="role:nurse", account_id=team.accounts["N2"]))  # fmt: skip
    assert set(told(team, "role:nurse").accounts) == {team.accounts["N1"], team.accounts["N2"]}
    world.now = given.until
    assert told(team, "role:nurse").accounts == (team.accounts["N2"],)


def test_a_cancelled_duty_answers_for_nothing(team: Team) -> None:
    team.shift("C", 0, 24 * 60, skill=None, duty="role:nurse")
    given = team.give("N1", "C", 0)
    team.publish()
    team.world.run(CancelDuty(duty_id=given.id))
    team.world.now = given.since + timedelta(hours=1)
    assert told(team, "role:nurse").accounts == ()
