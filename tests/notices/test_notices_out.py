"""From an alarm to a mailbox and a webhook and back into the record, with real servers."""

import asyncio
import email
import io
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.jobs import PROGRAM
from app.logs import configure
from audit.tables import LEDGER_ENTRY
from domain.alarms.model import Severity
from domain.alarms.steps import Step
from domain.notices.sending import LEASE
from domain.notices.words import Channel, Outcome, Parcel
from kit.db import reading
from tests.house import house
from tests.notices.program import (
    HOOK_PATH,
    MAIL,
    SECRET,
    Clock,
    Program,
    program,
)
from tests.notices.servers import PASSWORD, Mailbox, Papers, Target, free_port, http, papers, smtp

SECOND = timedelta(seconds=1)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"), "localhost", "127.0.0.1")


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Program]:
    with program(database_url, tmp_path) as made:
        yield made


def message_ids(box: Mailbox) -> list[str]:
    return [str(email.message_from_bytes(raw)["Message-ID"]) for _, _, raw in box.mails]


def test_an_alarm_reaches_a_mailbox_and_everything_is_on_record(
    running: Program, paper: Papers
) -> None:
    log = io.StringIO()
    before = logging.getLogger().handlers[:]
    configure("debug", log)
    try:
        running.on_call("li", "role:nurse", MAIL)
        running.alarm(Severity.CRITICAL)
        box = Mailbox()
        with smtp(box, paper, login=True) as relay, running.sending(relay=relay, paper=paper):
            running.app.jobs.round()
            (mail,) = running.until_state(Channel.EMAIL, "SENT")
    finally:
        logging.getLogger().handlers[:] = before
    ((_, receiver, raw),) = box.mails
    assert receiver == MAIL
    assert b"ICU B1 SpO2 low" in raw
    assert message_ids(box) == [f"<{mail.id}@example.org>"]
    assert (mail.code, mail.attempts, mail.severity) == ("SMTP_250", 1, "CRITICAL")
    assert [str(one.state) for one in running.deliveries(Channel.IN_APP)] == ["SENT"]
    assert (
        b'wardgrid_notices_total{channel="EMAIL",outcome="SENT"} 1.0'
        in running.app.metrics.render()
    )
    recorded = ledger(running)
    assert recorded.count('"notice.send"') == 2
    assert "SMTP_250" in recorded
    for secret in (MAIL, PASSWORD, "SpO2 low", "血氧低"):
        assert secret not in recorded
        assert secret not in log.getvalue()
    assert '"event": "notice"' in log.getvalue()


def ledger(running: Program) -> str:
    """Every entry, as text."""
    with reading(running.app.engine) as session:
        rows = session.execute(select(LEDGER_ENTRY)).mappings().all()
    return json.dumps([{k: _text(v) for k, v in row.items()} for row in rows], ensure_ascii=False)


def _text(value: Any) -> Any:
    return (
        bytes(value).decode(errors="replace")
        if isinstance(value, bytes | memoryview)
        else (value if isinstance(value, str | int | None) else str(value))
    )


def test_a_relay_that_refuses_is_tried_again_until_it_takes_it(
    running: Program, paper: Papers
) -> None:
    running.on_call("li", "role:nurse", MAIL)
    running.alarm()
    box = Mailbox(answers=["451 4.7.1 greylisted", "421 busy"])
    with (
        smtp(box, paper, login=True) as relay,
        running.sending(relay=relay, paper=paper) as door,
    ):
        running.app.jobs.round()
        (mail,) = running.until_state(Channel.EMAIL, "FAILED")
        assert (mail.code, mail.attempts) == ("SMTP_451", 1)
        for _ in range(2):
            running.until(lambda: not door._hands)
            running.later(timedelta(seconds=61))
            door.wake()
            running.until(lambda: not door._hands and not _due(running))
        (mail,) = running.until_state(Channel.EMAIL, "SENT")
    assert mail.attempts == 3
    assert len(box.mails) == 1


def _due(running: Program) -> bool:
    (mail,) = running.deliveries(Channel.EMAIL)
    return mail.state != "SENT" and mail.due_at <= running.clock()


class Dies:
    """Hands the message over, or not, and is gone before anybody hears of it."""

    def __init__(self, sender: Any, *, handed_over: bool) -> None:
        self._sender, self._handed_over, self.reached = sender, handed_over, False

    async def send(self, parcel: Parcel) -> Outcome:
        if self._handed_over:
            await self._sender.send(parcel)
        self.reached = True
        await asyncio.sleep(3600)
        raise AssertionError("nobody waits that long")


@pytest.mark.parametrize("handed_over", [False, True])
def test_a_restart_in_the_middle_of_a_send_loses_nothing(
    running: Program, monkeypatch: pytest.MonkeyPatch, handed_over: bool
) -> None:
    """Handed over and not recorded: sent again under the same id, at least once. Else: once."""
    monkeypatch.setattr("gateways.notices_out.GRACE_S", 0.0)
    running.on_call("li", "role:nurse", MAIL)
    running.alarm()
    box, dying = Mailbox(), {}

    def wrap(senders: dict[Channel, Any]) -> dict[Channel, Any]:
        dying["mail"] = Dies(senders[Channel.EMAIL], handed_over=handed_over)
        return senders | {Channel.EMAIL: dying["mail"]}

    with smtp(box, None) as relay:
        with running.sending(relay=relay, wrap=wrap):
            running.app.jobs.round()
            running.until(lambda: "mail" in dying and dying["mail"].reached)
        (mail,) = running.deliveries(Channel.EMAIL)
        assert (mail.state, mail.attempts) == ("PENDING", 1)
        with running.sending(relay=relay) as door:
            running.later(LEASE - 5 * SECOND)
            door.wake()
            assert len(box.mails) == int(handed_over)
            running.later(6 * SECOND)
            door.wake()
            (mail,) = running.until_state(Channel.EMAIL, "SENT")
    assert mail.attempts == 2
    assert message_ids(box) == [f"<{mail.id}@example.org>"] * (1 + handed_over)


def test_a_program_that_is_killed_before_the_relay_answers_sends_it_again(
    database_url: str, tmp_path: Path
) -> None:
    with program(database_url, tmp_path) as one:
        one.on_call("li", "role:nurse", MAIL)
        one.alarm()
        one.app.jobs.round()
    box = Mailbox()
    with smtp(box, None) as relay:
        command = [sys.executable, "-m", "tests.notices.sender_process"]
        child = subprocess.Popen([*command, database_url, str(tmp_path), str(relay)], cwd=ROOT)
        box.on_data = child.kill
        assert child.wait(timeout=60) == -signal.SIGKILL
        box.on_data = lambda: None
        clock = Clock(ahead=LEASE)
        with house(database_url, tmp_path, clock=clock) as app:
            two = Program(app, database_url, tmp_path, clock, PROGRAM)
            with two.sending(relay=relay):
                (mail,) = two.until_state(Channel.EMAIL, "SENT")
    assert mail.attempts == 2
    assert message_ids(box) == [f"<{mail.id}@example.org>"] * 2


def test_nobody_acknowledges_and_another_person_is_told(running: Program) -> None:
    running.on_call("li", "role:nurse", MAIL)
    running.on_call("wang", "role:charge-nurse", "wang@example.org")
    running.on_call("zhao", "role:house-supervisor", "zhao@example.org")
    steps = (
        Step(300, True, "role:charge-nurse", Severity.CRITICAL),
        Step(900, True, "role:house-supervisor"),
    )
    running.alarm(escalation=steps)
    box = Mailbox()
    told: list[set[str]] = []
    with smtp(box, None) as relay, running.sending(relay=relay):
        for pause in (0, 300, 600):
            known = len(box.mails)
            running.later(timedelta(seconds=pause))
            running.app.jobs.round()
            expected = 3 if pause == 0 else 1
            running.until(lambda known=known, n=expected: len(box.mails) >= known + n)  # type: ignore[misc]
            told.append({receiver for _, receiver, _ in box.mails[known:]})
    assert told == [
        {MAIL, "wang@example.org", "zhao@example.org"}, {"wang@example.org"}, {"zhao@example.org"},
    ]  # fmt: skip
    assert b"escalated" in box.mails[-1][2]


def test_a_webhook_goes_on_while_the_relay_is_down_and_no_secret_leaves(
    running: Program, paper: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.on_call("li", "role:nurse", MAIL)
    target = Target()
    with http(target, paper) as port:
        running.hook(port)

        def trusting(senders: dict[Channel, Any]) -> dict[Channel, Any]:
            senders[Channel.WEBHOOK]._outside._tls = paper.client()
            return senders

        with running.sending(relay=free_port(), target=port, wrap=trusting):
            for number in range(4):
                running.alarm(entity=f"service:{number}", bed_id=None)
            running.app.jobs.round()
            running.until_state(Channel.WEBHOOK, *["SENT"] * 4)
            running.until(lambda: b"wardgrid_notices_paused 1.0" in running.app.metrics.render())
    assert {path for path, _, _ in target.got} == {HOOK_PATH}
    mails = running.deliveries(Channel.EMAIL)
    assert {str(one.state) for one in mails} <= {"FAILED", "PENDING"}
    assert {one.code for one in mails} <= {"NO_CONNECTION", None}
    kept = ledger(running)
    for secret in (SECRET, HOOK_PATH, MAIL):
        assert secret not in kept


def test_a_webhook_to_this_network_is_given_up_at_once(running: Program) -> None:
    with http(target := Target()) as port:
        running.hook(port)
        running.alarm()
        with running.sending():
            running.app.jobs.round()
            (hook,) = running.until_state(Channel.WEBHOOK, "GAVE_UP")
    assert (hook.code, target.got) == ("PORT_REFUSED", [])


def test_a_channel_that_is_off_says_so(running: Program) -> None:
    running.on_call("li", "role:nurse", MAIL)
    running.alarm()
    with running.sending():
        running.app.jobs.round()
        (mail,) = running.until_state(Channel.EMAIL, "GAVE_UP")
    assert mail.code == "CHANNEL_OFF"


def test_two_programs_share_the_deliveries_and_none_is_sent_twice(
    postgres_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    with program(postgres_url, tmp_path) as one, house(postgres_url, folder) as app:
        other = Program(app, postgres_url, tmp_path, one.clock, one.seeder)
        for number in range(3):
            one.on_call(f"nurse{number}", "role:nurse", f"nurse{number}@example.org")
        box = Mailbox()
        with smtp(box, None) as relay, one.sending(relay=relay), other.sending(relay=relay):
            for _ in range(5):
                one.alarm(entity=f"service:{uuid4()}", bed_id=None)
            one.app.jobs.round()
            one.until_state(Channel.EMAIL, *["SENT"] * 15)
        assert sorted(message_ids(box)) == sorted(
            f"<{mail.id}@example.org>" for mail in one.deliveries(Channel.EMAIL)
        )
