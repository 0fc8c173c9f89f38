"""The database is away for minutes, while people, devices and another system go on sending."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.migrate import upgrade
from app.settings import load
from app.wiring import ledger_signer
from audit.export import export_ledger
from audit.keys import load_keys
from audit.report import Result
from audit.verify import verify
from gateways.mqtt_broker import GATEWAY
from kit.db import open_engine
from tests.faults.own_postgres import OwnPostgres, own_postgres
from tests.faults.serving import (
    OPEN_HOSPITAL,
    Served,
    WarmStarter,
    free_port,
    make_folder,
    token_for,
)
from tests.house import enrol
from tests.mllp.test_kills import plan
from tests.mllp.wire import PEER, Closed, Sender
from tests.mqtt.broker import GATEWAY_PASSWORD, Broker, needs_mosquitto, until
from tests.mqtt.plant import Device, as_rows, measured, parked, recently, series
from tests.mqtt.ward import Ward, world_with_devices

pytestmark = [pytest.mark.nightly, needs_mosquitto]

AWAY_S = 130
SENDERS = 3  # of each kind
MOST_GROWTH_KIB = 64 * 1024
BACK_S = 5


@dataclass
class Load:
    """Three kinds of senders, who send each thing until it is taken."""

    served: Served
    hl7_port: int
    taken: Counter[str] = field(default_factory=Counter)  # what was acknowledged, by its name
    told: Counter[str] = field(default_factory=Counter)  # what else they were told
    ended: threading.Event = field(default_factory=threading.Event)

    def write(self, number: int) -> None:
        """A person's changes, each repeated with its key."""
        with httpx.Client(timeout=60) as client:
            turn = 0
            while not self.ended.is_set():
                turn += 1
                self._until_taken(f"W{number}-{turn}", lambda code: self._changed(client, code))

    def _changed(self, client: httpx.Client, code: str) -> str:
        """Empty where it was taken, else what was told."""
        answer = client.post(
            f"http://127.0.0.1:{self.served.port}/graphql",
            json={"query": OPEN_HOSPITAL, "variables": {"code": code, "name": code, "key": code}},
            headers={"Authorization": f"Bearer {self.served.token}"},
        )  # fmt: skip
        if answer.status_code != 200:
            return f"HTTP {answer.status_code}"
        body = answer.json()
        if body.get("errors"):
            return f"error {body['errors'][0]['extensions']['code']}"
        member = body["data"]["openHospital"]
        if member["__typename"] == "Hospital":
            return ""
        return f"problem {member['reason']} {member['retryable']}"

    def admit(self, number: int) -> None:
        """Another system's messages, over one connection after another."""
        turn = 0
        while not self.ended.is_set():
            turn += 1
            self._until_taken(f"K{number}-{turn}", self._sent)

    def _sent(self, code: str) -> str:
        try:
            with Sender(self.hl7_port, timeout_s=60) as sender:
                answer = sender.send(plan(code))
        except (OSError, Closed):
            return "HL7 no answer"
        return "" if answer.code == "AA" else f"HL7 {answer.told}"

    def _until_taken(self, code: str, attempt: Callable[[str], str]) -> None:
        while told := attempt(code):
            self.told[told] += 1
            time.sleep(0.1)
        self.taken[code] += 1


@pytest.fixture
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as made:
        yield made


@pytest.fixture
def ward(server: OwnPostgres) -> Iterator[Ward]:
    upgrade(server.url)
    engine = open_engine(server.url, guarded=False)
    yield world_with_devices(engine)
    engine.dispose()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    made = Broker(tmp_path / "broker")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def running(
    server: OwnPostgres, ward: Ward, broker: Broker, tmp_path: Path, starter: WarmStarter
) -> Iterator[Load]:
    """A house with all its doors, on a server of its own."""
    token, account = token_for(server.url, "system-administrator"), enrol(server.url, "integration")
    folder, port = tmp_path / "house", free_port()
    make_folder(folder, server.url)
    with (folder / "wardgrid.toml").open("a") as settings:
        settings.write(
            f'mllp_port = {port}\nmqtt_url = "mqtt://127.0.0.1:{broker.gateway_port}"\n'
            f'mqtt_username = "{GATEWAY}"\nmqtt_password = "{GATEWAY_PASSWORD}"\n'
            f'mqtt_broker_folder = "{broker.folder}"\nprofile = "development"\n'
        )
    peers = folder / "hl7_peers.toml"
    peers.touch(mode=0o600)
    peers.write_text(
        PEER.replace('"GH"', '"N"').format(account=account.id, more="connections = 16")
    )
    served = Served(folder, token, starter)
    served.start()
    yield Load(served, port)
    served.stop()


def test_minutes_without_the_database_lose_nothing(
    server: OwnPostgres, ward: Ward, broker: Broker, running: Load, tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:  # fmt: skip
    device, entries = Device(broker, ward, "MON-1"), series(recently(7000), 6000)
    threads = [
        threading.Thread(target=work, args=(number,))
        for number in range(SENDERS)
        for work in (running.write, running.admit)
    ]
    with ExitStack() as stack:
        stack.callback(device.close)
        for thread in threads:
            stack.callback(thread.join)
            thread.start()
        stack.callback(running.ended.set)
        until(lambda: running.taken.total() > 200, 60)
        for entry in entries[:1000]:
            device.say(entry)
        before = rss_kib(running.served)
        ward.engine.dispose()
        server.stop()
        away(running, device, entries[1000:5000])
        grown = rss_kib(running.served) - before
        during = running.taken.total()
        server.start()
        began = time.monotonic()
        until(lambda: running.taken.total() > during, 60)
        back_s = time.monotonic() - began
        for entry in entries[5000:]:
            device.say(entry)
        device.said_all()
        until(lambda: len(measured(ward.engine)) == len(entries), 120)
        until(lambda: ready(running.served) == 200, 60)
    record_property("back_s", round(back_s, 2))
    record_property("grown_kib", grown)
    record_property("told", dict(running.told))
    assert set(running.told) <= {"problem DATABASE_AWAY True", "HL7 no answer", "HTTP 503"}
    assert back_s <= BACK_S
    assert grown <= MOST_GROWTH_KIB
    assert measured(ward.engine) == as_rows("MON-1", entries)
    assert parked(ward.engine) == {}
    running.served.stop()
    assert kept(ward) == running.taken
    verifies(running.served.folder, tmp_path / "export")


def away(running: Load, device: Device, entries: Sequence[dict[str, Any]]) -> None:
    """The devices go on at their pace; the process lives, and says that it is not ready."""
    each_s = AWAY_S / len(entries)
    for number, entry in enumerate(entries):
        device.say(entry)
        time.sleep(each_s)
        if number % 500 == 499:
            assert ready(running.served) == 503
            assert asked(running.served, "livez") == 200


def ready(served: Served) -> int:
    return asked(served, "readyz")


def asked(served: Served, path: str) -> int:
    return httpx.get(f"http://127.0.0.1:{served.port}/{path}", timeout=60).status_code


def rss_kib(served: Served) -> int:
    status = Path(f"/proc/{served.process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line)


def kept(ward: Ward) -> Counter[str]:
    """What is stored of that which was sent, each as often as it is."""
    with ward.engine.connect() as connection:
        found = [
            code
            for statement in (
                "SELECT code FROM hospital WHERE code LIKE 'W%'",
                "SELECT control_id FROM inbound_message WHERE state = 'APPLIED'"
                " AND control_id LIKE 'K%'",
            )
            for code in connection.execute(text(statement)).scalars()
        ]
        connection.rollback()
    return Counter(found)


def verifies(folder: Path, export: Path) -> None:
    settings = load(folder)
    key = ledger_signer(settings, load_keys(settings.key_folder)).verifier
    engine = open_engine(settings.database)
    export_ledger(engine, export, key, durable=False)
    engine.dispose()
    report = verify(export, [key.text])
    assert report.result is Result.PASS, report.page()
