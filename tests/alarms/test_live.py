"""The live list of alarms through the real socket: whole each time, to those who may see it."""

from typing import Any

from sqlmodel import select

from api.trusted import trusted_operations
from domain.accounts.grants import RevokeRole
from domain.accounts.model import RoleBinding
from domain.alarms.commands import AcknowledgeAlarm, ResolveAlarm
from domain.alarms.model import Alarm, Severity
from domain.beds.commands import AdmitPatient
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from kit.db import reading
from kit.ids import new_id
from kit.work import Scope
from tests.alarms.served_ward import House
from tests.edge.screen import Screen

TRUSTED = trusted_operations()["AlarmsChanged"]


# On PostgreSQL a transaction of any other database of the server delays the feed.
PATIENCE_S = 30


def shown(screen: Screen) -> dict[str, Any]:
    message = screen.receive(PATIENCE_S)
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    event: dict[str, Any] = message["payload"]["data"]["alarms"]
    return event


def until_there(screen: Screen, alarm: Alarm, state: str) -> dict[str, Any]:
    """The first payload that shows the alarm in that state, and the alarm in it."""
    while True:
        event = shown(screen)
        for one in event["alarms"]:
            if (one["id"], one["state"]) == (str(alarm.id), state):
                return {**event, "alarm": one}


def test_an_alarm_is_shown_when_it_opens_changes_and_ends(house: House) -> None:
    nurse, token = house.somebody("charge-nurse")
    with house.watching(token) as screen:
        before = shown(screen)
        alarm = house.raised()
        seen = until_there(screen, alarm, "OPEN")
        assert seen["total"] == before["total"] + 1
        assert (seen["alarm"]["value"], seen["alarm"]["placeCode"]) == (86.0, "01")
        house.do(nurse, AcknowledgeAlarm(alarm_id=alarm.id))
        assert until_there(screen, alarm, "ACKED")["alarm"]["ackedBy"] == str(nurse.id)
        house.do(nurse, ResolveAlarm(alarm_id=alarm.id, reason="DONE"))
        gone = shown(screen)
        assert str(alarm.id) not in [one["id"] for one in gone["alarms"]]
        assert gone["total"] == before["total"]


def test_a_screen_that_was_away_misses_none(house: House) -> None:
    _, token = house.somebody("charge-nurse")
    with house.watching(token) as screen:
        cursor = shown(screen)["cursor"]
    meanwhile = [house.raised(severity=one) for one in Severity]
    with house.watching(token, after=cursor) as screen:
        again = shown(screen)
    there = [one["id"] for one in again["alarms"]]
    assert {str(one.id) for one in meanwhile} <= set(there)
    assert (again["total"], again["more"]) == (len(there), False)
    order = [
        (one["state"] == "SHELVED", -Severity(one["severity"]).rank, one["state"] != "OPEN")
        for one in again["alarms"]
    ]
    assert order == sorted(order)


def test_a_ward_screen_sees_alarms_and_no_value(house: House) -> None:
    token, _ = house.here.screen_token()
    with house.watching(token, query=TRUSTED) as screen:
        shown(screen)
        alarm = house.raised()
        there = until_there(screen, alarm, "OPEN")["alarm"]
        assert there["text"] == {"zh": "血氧低", "en": "SpO2 low"}
        assert "value" not in there
        screen.send(type="subscribe", id="2",
                    payload={"query": LIVE_FREE, "variables": {"ward": str(house.here.ward.id)}})  # fmt: skip
        while (answer := screen.receive())["id"] != "2":
            pass
        assert answer["payload"][0]["extensions"]["code"] == "TRUSTED_ONLY"


LIVE_FREE = "subscription ($ward: UUID!) { alarms(wardId: $ward) { alarms { value } } }"


def test_a_value_is_shown_to_who_may_see_it_and_that_is_on_record(house: House) -> None:
    run = house.here.run
    patient = run(
        RegisterPatient(hospital_id=house.here.hospital, identity=Identity(family_en="A"))
    )
    encounter = run(RegisterEncounter(patient_id=patient.id, ward_id=house.here.ward.id))
    bed = house.here.beds[1]
    run(AdmitPatient(encounter_id=encounter.id, bed_id=bed))
    alarm = house.raised(entity=f"bed:{bed}", bed_id=bed)
    assert alarm.subject == encounter.subject
    before = len(house.here.reads("view.start"))
    for role, value in (("charge-nurse", 86.0), ("nurse", None), ("infection-control", None)):
        _, token = house.somebody(role)
        with house.watching(token) as screen:
            assert until_there(screen, alarm, "OPEN")["alarm"]["value"] == value
    assert len(house.here.reads("view.start")) == before + 1


def test_who_loses_the_right_sees_no_later_alarm(house: House) -> None:
    nurse, token = house.somebody("nurse")
    with reading(house.app.engine) as session:
        held = select(RoleBinding.id).where(RoleBinding.user_id == nurse.id)
        binding = session.exec(held).one()
    with house.watching(token) as screen:
        shown(screen)
        house.here.run(RevokeRole(binding_id=binding))
        house.app.watch.step()
        house.raised()
        assert screen.closed() == (4403, "Forbidden")
        assert screen.rest == []


def test_foreign_places_and_unknown_ones_are_answered_alike(house: House) -> None:
    _, token = house.somebody("nurse", Scope(new_id(), new_id()))
    answers = []
    for ward in (house.here.ward.id, new_id()):
        with house.watching(token, ward=ward) as screen:
            (told,) = screen.receive()["payload"]
            answers.append((told["message"].replace(str(ward), "WARD"), told["extensions"]))
    assert answers[0] == answers[1]
    assert answers[0][1]["code"] == "NOT_FOUND"


def test_a_whole_hospital_is_for_those_who_may_see_all_of_it(house: House) -> None:
    hospital = Scope(house.here.hospital)
    query = (
        "subscription ($hospital: UUID) { alarms(hospitalId: $hospital)"
        " { total alarms { id state wardId value text { en } } } }"
    )
    _, supervisor = house.somebody("house-supervisor", hospital)
    _, nurse = house.somebody("nurse")
    inside, outside = house.raised(), house.raised(ward_id=None, bed_id=None, entity="service:x")
    with house.asking(supervisor, query, hospital=str(house.here.hospital)) as screen:
        event = shown(screen)
        wards = {one["id"]: one["wardId"] for one in event["alarms"]}
    assert wards[str(inside.id)] == str(house.here.ward.id)
    assert wards[str(outside.id)] is None
    for token, given, code in (
        (nurse, str(house.here.hospital), "NOT_FOUND"), (supervisor, None, "INVALID"),
    ):  # fmt: skip
        with house.asking(token, query, hospital=given) as screen:
            assert screen.receive()["payload"][0]["extensions"]["code"] == code
