"""kill -9 while messages come in: what was answered is there, once; what was not is sent again."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text

from app.settings import load
from kit.db import open_engine
from tests.faults.serving import Client, Served, WarmStarter, free_port, make_folder, token_for
from tests.faults.serving import warm_starter as warm
from tests.gateways.messages import evn, message, pid, pv1
from tests.gateways.test_hl7_malformed import spoilt
from tests.house import enrol
from tests.mllp.wire import PEER, Answer, Closed, Sender

SENDERS = 8
PATIENCE_S = 60
RSS_LIMIT_KIB = 64 * 1024


@dataclass
class Hospital:
    """A served house whose HL7 door is open on `port`."""

    served: Served
    port: int
    answers: dict[str, str] = field(default_factory=dict)  # control id → code, of good messages
    answered: int = 0
    unanswered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rss_kib(self) -> int:
        status = Path(f"/proc/{self.served.process}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line)


@pytest.fixture(scope="module")
def starter() -> Iterator[WarmStarter]:
    with warm() as started:
        yield started


@pytest.fixture
def hospital(database_url: str, tmp_path: Path, starter: WarmStarter) -> Iterator[Hospital]:
    token = token_for(database_url, "system-administrator")
    account = enrol(database_url, "integration").id
    folder, port = tmp_path / "ward", free_port()
    make_folder(folder, database_url)
    with (folder / "wardgrid.toml").open("a") as settings:
        settings.write(f"mllp_port = {port}\n")
    peers = folder / "hl7_peers.toml"
    peers.touch(mode=0o600)
    peers.write_text(PEER.format(account=account, more="connections = 16"))
    served = Served(folder, token, starter)
    served.start()
    with closing(Client(served.port, token)) as administrator:
        assert administrator.open_hospital("GH", key="GH")["__typename"] == "Hospital"
    yield Hospital(served, port)
    served.stop()


def plan(number: str) -> str:
    """A planned visit of a new patient: needs no ward."""
    return message("ADT^A05", evn(), pid(f"P{number}"), pv1("", visit=f"V{number}"), control=number)


def send_all(house: Hospital, bodies: list[tuple[str, bytes]]) -> None:
    """Each until it is answered, over one connection at a time."""
    sender: Sender | None = None
    for control, body in bodies:
        answer, deadline = None, time.monotonic() + PATIENCE_S
        while answer is None:
            assert time.monotonic() < deadline, "nobody answers"
            try:
                sender = sender or Sender(house.port)
                answer = sender.send(body)
            except (OSError, Closed):
                _gone(house, sender)
                sender = None
        _note(house, control, answer)
    if sender is not None:
        sender.socket.close()


def _gone(house: Hospital, sender: Sender | None) -> None:
    if sender is not None:
        sender.socket.close()
    with house.lock:
        house.unanswered += 1
    time.sleep(0.02)


def _note(house: Hospital, control: str, answer: Answer) -> None:
    with house.lock:
        house.answered += 1
        if control:
            house.answers[control] = " ".join(filter(None, answer.told))


def in_parallel(
    house: Hospital, bodies: list[tuple[str, bytes]], meanwhile: Callable[[], None]
) -> None:
    faults: list[BaseException] = []

    def work(share: list[tuple[str, bytes]]) -> None:
        try:
            send_all(house, share)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(bodies[n::SENDERS],)) for n in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        meanwhile()
    finally:
        for thread in threads:
            thread.join()
    assert faults == []


def counts(house: Hospital) -> tuple[dict[str, int], int, int]:
    """Good messages applied, by control id; visits; receipts in all."""
    engine = open_engine(load(house.served.folder).database)
    with engine.connect().execution_options(readonly=True) as connection:
        applied = connection.execute(text(
            "SELECT control_id, count(*) FROM inbound_message WHERE state = 'APPLIED'"
            " AND control_id LIKE 'K%' GROUP BY control_id"
        )).all()  # fmt: skip
        visits = connection.execute(text("SELECT count(*) FROM encounter")).scalar_one()
        receipts = connection.execute(text("SELECT count(*) FROM inbound_message")).scalar_one()
        connection.rollback()
    engine.dispose()
    return {str(key): int(count) for key, count in applied}, visits, receipts


def kill_after(house: Hospital, marks: list[int]) -> None:
    """Kill and start again whenever so many messages were answered."""
    for mark in marks:
        deadline = time.monotonic() + PATIENCE_S
        while house.answered < mark:
            assert time.monotonic() < deadline, "the door answers nobody"
            time.sleep(0.002)
        house.served.kill()
        house.served.start()


@pytest.mark.parametrize("many", [160, pytest.param(4000, marks=pytest.mark.nightly)])
def test_what_was_acknowledged_before_a_kill_is_there_once(hospital: Hospital, many: int) -> None:
    good = [(f"K{n}", plan(f"K{n}").encode()) for n in range(many)]
    marks = list(range(20, many - 20, many // 4))
    in_parallel(hospital, good, lambda: kill_after(hospital, marks))
    hospital.served.stop()
    applied, visits, _ = counts(hospital)
    assert hospital.unanswered > 0, "no message was under way at any kill: the test saw nothing"
    assert set(hospital.answers.values()) == {"AA"}
    assert applied == {f"K{n}": 1 for n in range(many)}
    assert visits == many


@pytest.mark.parametrize("many", [400, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_among_many_that_nobody_can_read_each_good_message_is_applied(
    hospital: Hospital, many: int, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(many)
    bodies = [
        (f"K{n}", plan(f"K{n}").encode()) if n % 10 == 0 else ("", spoilt(chance))
        for n in range(many)
    ]
    first = many // 2
    in_parallel(hospital, bodies[:first], lambda: kill_after(hospital, [first // 4, first // 2]))
    before = hospital.rss_kib()
    in_parallel(hospital, bodies[first:], lambda: None)
    grown = hospital.rss_kib() - before
    record_property("rss_growth_kib", grown)
    hospital.served.stop()
    applied, _, receipts = counts(hospital)
    assert set(hospital.answers.values()) == {"AA"}
    assert applied == {f"K{n}": 1 for n in range(0, many, 10)}
    assert receipts >= hospital.answered == many
    assert grown <= RSS_LIMIT_KIB
