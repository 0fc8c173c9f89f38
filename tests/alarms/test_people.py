"""Who may do what with an alarm, through the API."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.alarms.model import Alarm, AlarmKind, Severity
from domain.places.commands import OpenWard
from kit.db import reading
from kit.ids import new_id
from kit.work import Scope
from tests.alarms.served_ward import House


def silence(house: House) -> Alarm:
    return house.raised(kind=AlarmKind.NO_DATA, device_id=house.device, bed_id=None, value=None)


def soon(minutes: int) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()  # noqa: TID251


def stored(house: House, alarm: Alarm) -> Alarm:
    with reading(house.app.engine) as session:
        found = session.get(Alarm, alarm.id)
    assert found is not None
    return found


def refused(house: House, token: str, field: str, alarm: Alarm, **given: Any) -> tuple[str, str]:
    before = stored(house, alarm)
    told = house.change(token, field, alarm=str(alarm.id), **given)
    assert stored(house, alarm) == before
    return told["code"], told["reason"]


def test_staff_of_the_ward_handle_its_alarms(house: House) -> None:
    for role in ("nurse", "charge-nurse", "physician", "house-supervisor"):
        _, token = house.somebody(role)
        alarm = house.raised()
        key = str(alarm.id)
        states = [
            house.change(token, "acknowledgeAlarm", alarm=key)["state"],
            house.change(token, "unacknowledgeAlarm", alarm=key)["state"],
            house.change(token, "shelveAlarm", alarm=key, until=soon(30), reason="CARE")["state"],
            house.change(token, "unshelveAlarm", alarm=key)["state"],
            house.change(token, "resolveAlarm", alarm=key, reason="DONE")["state"],
        ]
        assert (role, states) == (role, ["ACKED", "OPEN", "SHELVED", "OPEN", "RESOLVED"])


def test_a_forbidden_turn_names_what_is_allowed_in_either_language(house: House) -> None:
    _, token = house.somebody("nurse")
    alarm = house.raised()
    for language, message in (
        ("en", "the alarm is OPEN"), ("zh-CN", "报警当前状态不允许此操作,可行的状态见 allowed。"),
    ):  # fmt: skip
        told = house.change(token, "unshelveAlarm", language, alarm=str(alarm.id))
        assert told == {
            "code": "CONFLICT", "reason": "ALARM_STATE", "message": message,
            "allowed": ["ACKED", "SHELVED", "RESOLVED"], "blocking": str(alarm.id),
        }  # fmt: skip


def test_only_the_house_supervisor_shelves_a_critical_alarm(house: House) -> None:
    alarm = house.raised(severity=Severity.CRITICAL)
    _, nurse = house.somebody("charge-nurse")
    _, supervisor = house.somebody("house-supervisor")
    shelf = {"until": soon(10), "reason": "SURGERY"}
    assert refused(house, nurse, "shelveAlarm", alarm, **shelf) == ("DENIED", "NO_RIGHT")
    late = {"until": soon(16), "reason": "SURGERY"}
    assert refused(house, supervisor, "shelveAlarm", alarm, **late) == (
        "INVALID", "SHELF_TOO_LONG",
    )  # fmt: skip
    done = house.change(supervisor, "shelveAlarm", alarm=str(alarm.id), **shelf)
    assert done["state"] == "SHELVED"


def test_a_technician_takes_note_of_device_alarms_only(house: House) -> None:
    _, token = house.somebody("device-technician")
    silent, patient = silence(house), house.raised()
    assert refused(house, token, "acknowledgeAlarm", silent) == ("DENIED", "NO_RIGHT")
    assert refused(house, token, "acknowledgeDeviceAlarm", patient) == (
        "DENIED", "NOT_A_DEVICE_ALARM",
    )  # fmt: skip
    done = house.change(token, "acknowledgeDeviceAlarm", alarm=str(silent.id))
    assert (done["state"], done["placeCode"]) == ("ACKED", "MON1")


def test_a_stale_version_changes_nothing(house: House) -> None:
    _, token = house.somebody("nurse")
    alarm = house.raised()
    seen = stored(house, alarm).version
    house.change(token, "acknowledgeAlarm", alarm=str(alarm.id), version=seen)
    told = refused(house, token, "resolveAlarm", alarm, version=seen, reason="DONE")
    assert told == ("CONFLICT", "STALE_VERSION")


def test_staff_from_elsewhere_find_no_such_alarm(house: House) -> None:
    alarm = house.raised()
    query = (
        "query ($id: UUID!, $ward: UUID!) { alarm(id: $id) { id } node(id: $id) { __typename }"
        " alarms(first: 10, wardId: $ward) { nodes { id } } }"
    )
    given = {"id": str(alarm.id), "ward": str(house.here.ward.id)}
    for scope in (Scope(house.here.hospital, new_id()), Scope(new_id())):
        _, token = house.somebody("nurse", scope)
        assert refused(house, token, "acknowledgeAlarm", alarm) == ("NOT_FOUND", "NOT_FOUND")
        assert house.ask(token, query, **given) == {
            "alarm": None, "node": None, "alarms": {"nodes": []},
        }  # fmt: skip
    _, token = house.somebody("nurse")
    found = house.ask(token, query, **given)
    assert (found["alarm"], found["node"]) == ({"id": str(alarm.id)}, {"__typename": "Alarm"})


def test_lists_are_cut_by_state_and_severity_and_paged(house: House) -> None:
    ward = house.here.run(OpenWard(
        hospital_id=house.here.hospital, code="B", name_zh="乙", name_en="B", licensed_beds=1,
        staffed_beds=1,
    )).scope  # fmt: skip
    _, token = house.somebody("nurse", ward)
    made = [
        house.raised(ward_id=ward.ward, bed_id=None, severity=one, kind=AlarmKind.MEASURE)
        for one in (Severity.LOW, Severity.HIGH, Severity.CRITICAL, Severity.MEDIUM)
    ]
    house.change(token, "resolveAlarm", alarm=str(made[1].id), reason="DONE")
    query = (
        "query ($after: String, $states: [AlarmState!], $severity: Severity! = LOW) { alarms("
        "first: 2, after: $after, states: $states, severity: $severity)"
        " { nodes { severity measure value } pageInfo { hasNextPage endCursor } } }"
    )
    first = house.ask(token, query)["alarms"]
    assert first["nodes"] == [
        {"severity": "LOW", "measure": 86.0, "value": None},
        {"severity": "CRITICAL", "measure": 86.0, "value": None},
    ]
    rest = house.ask(token, query, after=first["pageInfo"]["endCursor"])["alarms"]
    assert [one["severity"] for one in rest["nodes"]] == ["MEDIUM"]
    over = house.ask(token, query, states=["RESOLVED"])["alarms"]
    assert [one["severity"] for one in over["nodes"]] == ["HIGH"]
    bad = house.ask(token, query, severity="HIGH")["alarms"]
    assert [one["severity"] for one in bad["nodes"]] == ["CRITICAL"]


def test_the_history_tells_who_did_what(house: House) -> None:
    actor, token = house.somebody("nurse")
    alarm = house.raised()
    house.change(token, "acknowledgeAlarm", alarm=str(alarm.id))
    house.change(token, "resolveAlarm", alarm=str(alarm.id), reason="FALSE_ALARM")
    query = (
        "query ($id: UUID!, $behind: Int!) { alarmEvents(alarmId: $id, first: 10, afterNumber:"
        " $behind) { number kind by reason } }"
    )
    lines = house.ask(token, query, id=str(alarm.id), behind=0)["alarmEvents"]
    kept = [line for line in lines if line["kind"] in ("OPENED", "ACKED", "RESOLVED")]
    assert [(one["kind"], one["by"], one["reason"]) for one in kept] == [
        ("OPENED", None, None), ("ACKED", str(actor.id), None),
        ("RESOLVED", str(actor.id), "FALSE_ALARM"),
    ]  # fmt: skip
    behind = house.ask(token, query, id=str(alarm.id), behind=lines[-1]["number"] - 1)
    assert behind["alarmEvents"] == lines[-1:]


def test_the_limits_of_a_hospital_can_be_read(house: House) -> None:
    _, token = house.somebody("house-supervisor", Scope(house.here.hospital))
    query = (
        "query ($h: UUID!) { alarmLimits(hospitalId: $h) { severity longestShelfS ackTimeoutS } }"
    )
    assert house.ask(token, query, h=str(house.here.hospital))["alarmLimits"] == [
        {"severity": "LOW", "longestShelfS": 86400, "ackTimeoutS": 28800},
        {"severity": "MEDIUM", "longestShelfS": 28800, "ackTimeoutS": 14400},
        {"severity": "HIGH", "longestShelfS": 3600, "ackTimeoutS": 1800},
        {"severity": "CRITICAL", "longestShelfS": 900, "ackTimeoutS": 600},
    ]
