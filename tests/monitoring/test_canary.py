"""What people, devices and systems say is nowhere in clear: rows, files, logs, metrics, answers."""

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import inspect, text

from app.settings import load
from gateways.mllp_frames import framed
from tests.faults.serving import ROOT
from tests.gateways.messages import message, pid, pv1
from tests.mllp.wire import Closed, Sender
from tests.monitoring.bedside import Monitor, Watcher
from tests.monitoring.plant import FAMILY, MAIL, Plant, plant
from tests.monitoring.test_story import LOW_SPO2, onboard, publish, put_on_call
from tests.mqtt.broker import Broker, needs_mosquitto, until
from tests.notices.servers import PASSWORD, papers

pytestmark = needs_mosquitto
HOOK = "https://hooks.example.org/token-of-zephyrine"
HOOK_SECRET = "a-secret-of-the-webhook-quassia"
MODEL, SERIAL = "Vellichor monitor", "SERIAL-PYGARG-1"
SAID = {
    "name": FAMILY, "address of a person": MAIL, "address of a webhook": HOOK,
    "its secret": HOOK_SECRET, "relay password": PASSWORD,
    "value of a device": "gallimaufry-in-a-value", "body of a device": "gallimaufry-in-a-body",
    "name in HL7": "TARANTISM", "number in HL7": "NUMBER-LAMPROPHONY",
    "text in HL7": "TEXT-NUDIUSTERTIAN", "garbage in HL7": "GARBAGE-ULTRACREPID",
    "name in FHIR": "Absquatulate", "note in FHIR": "note-about-absquatulate",
    "refused argument": "collywobbles",
}  # fmt: skip


class OwnTemp:
    """Begins `wardgrid serve` with a folder of its own for temporary files."""

    def __init__(self, temp: Path) -> None:
        temp.mkdir()
        self.temp = temp

    def fork(self, folder: Path, port: int) -> int:
        with (folder / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "serve", "--data", str(folder), "--port", str(port)],
                cwd=ROOT, stdout=log, stderr=log, env={**os.environ, "TMPDIR": str(self.temp), "WARDGRID_LOG_LEVEL": "debug"},
            )  # fmt: skip
        threading.Thread(target=process.wait).start()  # else it stays in the list of processes
        return process.pid


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


def test_nothing_that_was_said_is_anywhere_in_clear(
    database_url: str, tmp_path: Path, broker: Broker
) -> None:
    folder, starter = tmp_path / "house", OwnTemp(tmp_path / "temp")
    paper = papers(tmp_path)
    with plant(database_url, folder, starter, broker, paper=paper) as made:
        secrets, answers = everything_is_said(made)
        searched = [("metrics", _metrics(made).encode()), *answers.items()]
        searched += _files(folder, starter.temp)  # the WAL too, while it is there
        made.served.stop()
        searched += _files(folder, starter.temp)
        searched += _rows(made)
    assert {"house/serve.log", "metrics", "row of alarm"} <= {name for name, _ in searched}
    assert {hit for name, body in searched for hit in _hits(name, body, secrets)} == set()
    control = {"control": b"x" + FAMILY.encode() + b"x", "hex": FAMILY.encode().hex().encode()}
    assert [_hits(name, body, secrets) for name, body in control.items()] == [
        ["name in control"], ["name in hex"],
    ]  # fmt: skip


def everything_is_said(made: Plant) -> tuple[dict[str, str], dict[str, bytes]]:
    """All that must stay secret, and the answers that were given to wrong requests."""
    put_on_call(made)
    publish(made, LOW_SPO2)
    made.change(
        made.staff.supervisor, "addDutyContact", "... on DutyContact { id }",
        hospitalId=("UUID!", str(made.hospital)), duty=("String!", "role:house-supervisor"),
        channel=("NoticeChannel!", "WEBHOOK"), address=("String!", HOOK),
        secret=("String", HOOK_SECRET),
    )  # fmt: skip
    password = onboard(made)
    with Monitor(made.broker, "MON-1", password, spo2=84) as monitor:
        monitor.say(json.dumps({"values": {"hr": SAID["value of a device"]}}).encode())
        monitor.say(SAID["body of a device"].encode())
        screen = Watcher(made, made.staff.charge)
        screen.alarm("OPEN", kind="THRESHOLD")
        screen.leave()
        until(lambda: made.box.mails and _parked(made) == 2)
    answers = {"HL7": _hl7(made), "FHIR": _fhir(made), "GraphQL": _wrong(made)}
    until(lambda: _parked(made) >= 3)
    return {**SAID, "password of a device": password}, answers


def _parked(made: Plant) -> int:
    ((count,),) = made.rows("SELECT count(*) FROM inbound_message")
    return int(count)


def _hl7(made: Plant) -> bytes:
    """An observation at a bed that is there and at one that is not, an arrival, nonsense."""
    port = load(made.served.folder).mllp_port
    assert port is not None
    who = pid(SAID["number in HL7"], f"{SAID['name in HL7']}^A")
    at = time.strftime("%Y%m%d%H%M%S+0000", time.gmtime())
    head = f"OBR|1|||1^vitals|||{at}"
    seen = f"OBX|1|ST|8867-4^Heart rate^LN||{SAID['text in HL7']}|/min|||||F|||{at}"
    visit = pv1("A^A1^02", visit=SAID["number in HL7"])
    bodies = (
        message("ORU^R01", who, pv1("A^A1^99"), head, seen, control="O1", sent=at),
        message("ORU^R01", who, pv1("A^A1^01"), head, seen, control="O2", sent=at),
        message("ADT^A01", who, visit, control="O3", sent=at),
        message("ADT^A01", f"ZZZ|{SAID['garbage in HL7']}", control="O4", sent=at),
    )
    told = []
    with Sender(port) as sender:
        for body in bodies:
            answer = sender.send(body)
            told.append("\r".join("|".join(one) for one in answer.segments))
    with Sender(port) as sender, suppress(Closed):
        sender.raw(framed(SAID["garbage in HL7"].encode()))
        told.append("\r".join("|".join(one) for one in sender.answer().segments))
    return "\n".join(told).encode()


def _fhir(made: Plant) -> bytes:
    name, note = SAID["name in FHIR"], SAID["note in FHIR"]
    observation = {
        "resourceType": "Observation", "status": "final",
        "subject": {"display": name}, "device": {"identifier": {"value": "MON-1"}},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "effectiveDateTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "valueQuantity": {"value": 80, "code": "/min"},
    }  # fmt: skip
    bodies = (
        observation, {**observation, "note": [{"text": note}]},
        {**observation, "valueQuantity": None, "valueString": note},
        {**observation, "status": note}, {**observation, "device": {"identifier": {"value": note}}},
        {"resourceType": "Encounter", "status": "arrived", "class": {"code": "IMP"},
         "subject": {"display": name, "identifier": {"value": note}},
         "identifier": [{"value": note}]},
    )  # fmt: skip
    headers = {"authorization": f"Bearer {made.staff.system.token}",
               "content-type": "application/fhir+json"}  # fmt: skip
    told = []
    with httpx.Client(base_url=f"{made.address}/fhir/N/", headers=headers, timeout=30) as http:
        for body in bodies:
            kind = str(body["resourceType"])
            answer = http.post(kind, content=json.dumps(body))
            told.append(answer.text if answer.status_code >= 400 else "")
    assert any(told)
    return "\n".join(told).encode()


def _wrong(made: Plant) -> bytes:
    """Arguments with a word that is nobody's business: a refusal does not repeat it."""
    word, who = SAID["refused argument"], made.staff.nurse
    return json.dumps([
        made.send(who, "mutation ($a: String!) { addContact(address: $a, idempotencyKey: \"1\")"
                       " { ... on Problem { reason message field } } }", a=f"{word} at home"),
        made.send(who, "query { alarms(first: 1, after: \"" + word + "\") { nodes { id } } }"),
    ]).encode()  # fmt: skip


def _metrics(made: Plant) -> str:
    answer = httpx.get(f"{made.address}/metrics")
    assert answer.status_code == 200
    return answer.text


def _files(*folders: Path) -> Iterator[tuple[str, bytes]]:
    """All but what an operator wrote: the settings, and the keys."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            own = path.name == "wardgrid.toml" or "keys" in path.parts
            if path.is_file() and not own:
                yield str(path.relative_to(folder.parent)), path.read_bytes()


def _rows(made: Plant) -> Iterator[tuple[str, bytes]]:
    """Every value of every table: on PostgreSQL its files are not ours to read."""
    with made.engine.connect() as connection:
        for table in inspect(made.engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                yield f"row of {table}", b"\0".join(_bytes(row))
        connection.rollback()


def _bytes(values: Iterable[Any]) -> Iterator[bytes]:
    for one in values:
        yield bytes(one) if isinstance(one, bytes | memoryview) else str(one).encode()


def _hits(name: str, body: bytes, secrets: dict[str, str]) -> list[str]:
    """Which secrets show in any letters, as hexadecimal or as base64."""
    low = body.lower()
    return [
        f"{what} in {name}"
        for what, secret in secrets.items()
        if secret.lower().encode() in low
        or secret.encode().hex().encode() in low
        or base64.b64encode(secret.encode()).rstrip(b"=")[:-1] in body
    ]
