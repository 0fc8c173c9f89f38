"""From the device to the person: raised, seen, escalated, told, acknowledged, resolved, proved."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.jobs import PROGRAM
from app.settings import load
from app.wiring import ledger_signer
from audit.export import export_ledger
from audit.keys import load_keys
from audit.report import Result
from audit.verify import verify
from kit.db import open_engine
from tests.monitoring.bedside import Monitor, Watcher
from tests.monitoring.plant import FAMILY, MAIL, Plant
from tests.mqtt.broker import needs_mosquitto, until

pytestmark = needs_mosquitto
DUTY = "role:house-supervisor"
ESCALATE = [{"after": "PT2S", "unacked": True, "to": DUTY, "severity": "CRITICAL"}]
LOW_SPO2 = {
    "id": "spo2-low", "kind": "THRESHOLD", "metric": "spo2", "op": "<", "threshold": 90.0,
    "clear": 92.0, "minSamples": 2, "severity": "HIGH", "notify": ["in-app", "email"],
    "text": {"zh": "血氧低", "en": "SpO2 low"}, "escalate": ESCALATE,
}  # fmt: skip
SILENT = {
    "id": "silent", "kind": "ABSENCE", "for": "PT5S", "severity": "MEDIUM",
    "notify": ["in-app", "email"], "text": {"zh": "无数据", "en": "No data"}, "escalate": ESCALATE,
}  # fmt: skip
Interrupt = Callable[[], None]


@pytest.mark.parametrize(
    "killed",
    [
        pytest.param(True, id="killed between the steps"),
        pytest.param(False, id="undisturbed", marks=pytest.mark.nightly),
    ],
)
def test_a_person_hears_of_it_and_each_step_is_there_once(plant: Plant, killed: bool) -> None:
    interrupt = _kill_and_restart(plant) if killed else lambda: None
    put_on_call(plant)
    publish(plant, LOW_SPO2, SILENT)
    password = onboard(plant)
    screen = Watcher(plant, plant.staff.charge)
    with Monitor(plant.broker, "MON-1", password, spo2=97) as monitor:
        until(lambda: plant.rows("SELECT 1 FROM reading"))
        monitor.speak(spo2=84)
        low = tell_and_take(plant, screen, interrupt, "THRESHOLD", busy=killed)
        assert (low["value"], low["metric"], low["placeCode"]) == (84.0, "spo2", "01")
        monitor.speak(spo2=97)
        screen.none()
        interrupt()
        monitor.fall_silent()
        tell_and_take(plant, screen, interrupt, "NO_DATA", busy=False)
        monitor.speak()
        screen.none()
    screen.leave()
    plant.served.stop()
    assert (screen.connections == 1) is not killed
    each_step_is_there_once(plant, tries={"THRESHOLD": 1 + killed, "NO_DATA": 1})
    assert len(plant.box.mails) == 2
    assert [told for _, told, _ in plant.box.mails] == [MAIL, MAIL]
    assert not any(FAMILY.encode() in mail for _, _, mail in plant.box.mails)
    the_ledger_shows_who_did_what(plant)


def put_on_call(plant: Plant) -> None:
    """The nurse on the ward's duty, the supervisor on the hospital's; only the latter has mail."""
    staff, hospital = plant.staff, ("UUID!", str(plant.hospital))
    plant.change(
        staff.supervisor, "setOnCall", "... on OnCall { id }", hospitalId=hospital,
        wardId=("UUID", str(plant.ward)), duty=("String!", "role:nurse"),
        accountId=("UUID!", staff.nurse.id),
    )  # fmt: skip
    plant.change(
        staff.supervisor, "setOnCall", "... on OnCall { id }", hospitalId=hospital,
        duty=("String!", DUTY), accountId=("UUID!", staff.supervisor.id),
    )  # fmt: skip
    plant.change(
        staff.supervisor, "addContact", "... on OwnContact { id }", address=("String!", MAIL)
    )


def publish(plant: Plant, *rules: dict[str, Any]) -> None:
    """Drafted by the technician, published by the supervisor: two people."""
    for rule in rules:
        drafted = plant.change(
            plant.staff.technician, "draftAlarmRule", "... on AlarmRule { id }",
            hospitalId=("UUID!", str(plant.hospital)), rule=("AlarmRuleInput!", rule),
        )  # fmt: skip
        plant.change(plant.staff.supervisor, "publishAlarmRule", "... on AlarmRule { id }",
                     ruleId=("UUID!", drafted["id"]))  # fmt: skip


def onboard(plant: Plant) -> str:
    """A monitor at bed 01; its password is told once."""
    made = plant.change(
        plant.staff.technician, "registerDevice",
        "... on RegisteredDevice { password device { id } }",
        hospitalId=("UUID!", str(plant.hospital)), wardId=("UUID", str(plant.ward)),
        code=("String!", "MON-1"), kind=("DeviceKind!", "MONITOR"),
    )  # fmt: skip
    plant.change(
        plant.staff.technician, "attachDevice", "... on DeviceAttachment { id }",
        deviceId=("UUID!", made["device"]["id"]), bedId=("UUID", str(plant.bed)),
    )  # fmt: skip
    password: str = made["password"]
    return password


def tell_and_take(
    plant: Plant, screen: Watcher, interrupt: Interrupt, kind: str, *, busy: bool
) -> dict[str, Any]:
    """From the opening to the acknowledgement; a busy relay takes the mail at the second try."""
    mails, charge = len(plant.box.mails), plant.staff.charge
    plant.box.answers = ["451 4.7.1 busy"] if busy else []
    opened = screen.alarm("OPEN", kind=kind)
    interrupt()
    screen.alarm("OPEN", id=opened["id"], severity="CRITICAL", level=1)
    if busy:
        until(lambda: states_of_mail(plant, opened["id"]) == ["FAILED"])
    interrupt()
    until(lambda: states_of_mail(plant, opened["id"]) == ["SENT"])
    assert len(plant.box.mails) == mails + 1
    taken = plant.change(
        charge, "acknowledgeAlarm", "... on Alarm { state ackedBy }",
        alarmId=("UUID!", opened["id"]),
    )  # fmt: skip
    assert (taken["state"], taken["ackedBy"]) == ("ACKED", charge.id)
    screen.alarm("ACKED", id=opened["id"], ackedBy=charge.id)
    interrupt()
    return opened


def states_of_mail(plant: Plant, alarm: str) -> list[str]:
    found = plant.rows("SELECT alarm_id, state FROM delivery WHERE channel = 'EMAIL'")
    return [state for key, state in found if plain(key) == plain(alarm)]


def each_step_is_there_once(plant: Plant, tries: dict[str, int]) -> None:
    """Of both alarms the same history, and the same notices."""
    staff = plant.staff
    alarms = plant.rows("SELECT kind, id, state, level FROM alarm ORDER BY id")
    assert [(kind, state, level) for kind, _, state, level in alarms] == [
        ("THRESHOLD", "RESOLVED", 1), ("NO_DATA", "RESOLVED", 1),
    ]  # fmt: skip
    events = plant.rows('SELECT alarm_id, kind, "to", "by" FROM alarm_event ORDER BY id')
    notices = plant.rows(
        "SELECT d.alarm_id, e.kind, d.channel, d.state, d.code, d.attempts, d.account_id"
        " FROM delivery d JOIN alarm_event e ON e.id = d.alarm_event_id ORDER BY d.id"
    )
    for kind, alarm, _, _ in alarms:
        assert [(what, to, by and plain(by)) for key, what, to, by in events if key == alarm] == [
            ("OPENED", None, None), ("ESCALATED", DUTY, None),
            ("ACKED", None, plain(staff.charge.id)), ("RESOLVED", None, None),
        ]  # fmt: skip
        assert sorted((*rest, plain(who)) for key, *rest, who in notices if key == alarm) == sorted([
            ("OPENED", "IN_APP", "SENT", "INBOX", 0, plain(staff.nurse.id)),
            ("ESCALATED", "IN_APP", "SENT", "INBOX", 0, plain(staff.supervisor.id)),
            ("ESCALATED", "EMAIL", "SENT", "SMTP_250", tries[kind], plain(staff.supervisor.id)),
        ])  # fmt: skip
    assert (len(events), len(notices)) == (8, 6)


def the_ledger_shows_who_did_what(plant: Plant) -> None:
    settings, staff = load(plant.served.folder), plant.staff
    key = ledger_signer(settings, load_keys(settings.key_folder)).verifier
    engine = open_engine(settings.database)
    export_ledger(engine, plant.served.folder / "export", key, durable=False)
    engine.dispose()
    bodies = [
        json.loads(bytes(body))
        for (body,) in plant.rows("SELECT body FROM ledger_entry ORDER BY id")
    ]
    report = verify(plant.served.folder / "export", [key.text])
    assert (report.result, report.entries) == (Result.PASS, len(bodies)), report.page()
    who: dict[str, list[str]] = {}
    for body in bodies:
        if body["outcome"] == "done":
            who.setdefault(body["action"], []).append(body["actor"]["id"])
    program = str(PROGRAM.id)
    assert who["device.register"] == who["device.attach"] == [staff.technician.id]
    assert who["alarm_rule.draft"] == [staff.technician.id] * 2
    assert who["alarm_rule.publish"] == [staff.supervisor.id] * 2
    assert who["alarm.acknowledge"] == [staff.charge.id] * 2
    assert who["alarm.step"] == [program] * 2
    assert set(who["reading.store"] + who["notice.plan"] + who["notice.send"]) == {program}


def plain(key: Any) -> str:
    """An id as both databases would write it."""
    return str(key).replace("-", "")


def _kill_and_restart(plant: Plant) -> Interrupt:
    def interrupt() -> None:
        plant.served.kill()
        plant.served.start()

    return interrupt
