"""From a published roster to somebody's mailbox and inbox, over a real relay."""

import email
import email.policy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.notices.words import Channel
from domain.staff.commands import LinkStaffAccount, RegisterStaff
from domain.staff.duties import AssignDuty, CancelDuty
from domain.staff.identity import StaffIdentity
from domain.staff.model import Profession
from domain.staff.roster_model import Duty, Roster
from domain.staff.rosters import OpenRoster, PublishRoster
from domain.staff.shifts import DefineShift
from domain.staff.terms import SetContract
from kit.work import Actor
from tests.house import enrol
from tests.notices.program import MAIL, Program, program
from tests.notices.servers import Mailbox, Papers, papers, smtp
from tests.notices.test_api import READ, ask
from tests.notices.test_notices_out import ledger

FAMILY = "canary-family"
INBOX = """{ myNotices(first: 9, unread: true) { nodes { id alarmId severity
  roster { event fromDay untilDay days text { zh en } } } } }"""


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"), "localhost", "127.0.0.1")


def test_a_roster_and_its_change_reach_a_mailbox_and_the_inbox(
    database_url: str, tmp_path: Path, paper: Papers
) -> None:
    """The relay is busy at first; the second look takes it. Two people, one of them reachable."""
    with program(database_url, tmp_path) as running:
        planner = _planner(running)
        running.on_call("li", "role:nurse", MAIL)
        duty, roster = _rostered(running, planner)
        box = Mailbox(answers=["451 4.7.1 greylisted"])
        with smtp(box, paper, login=True) as relay, running.sending(relay=relay, paper=paper):
            running.do(PublishRoster(roster_id=roster.id), planner)
            running.app.jobs.round()
            running.until_state(Channel.EMAIL, "FAILED")
            running.later(timedelta(seconds=61))
            (first,) = running.until_state(Channel.EMAIL, "SENT")
            running.do(CancelDuty(duty_id=duty.id), planner)
            running.app.jobs.round()
            running.until_state(Channel.EMAIL, "SENT", "SENT")
            running.app.jobs.round()
        assert (first.attempts, first.code, len(box.mails)) == (2, "SMTP_250", 2)
        _judge_mails(box, roster)
        _judge_inbox(running, duty, roster)
        recorded = ledger(running)
        assert recorded.count('"notice.plan"') == 2
        assert MAIL not in recorded
        assert FAMILY not in recorded


def _judge_mails(box: Mailbox, roster: Roster) -> None:
    texts = []
    for _, receiver, raw in box.mails:
        mail: Any = email.message_from_bytes(raw, policy=email.policy.default)
        assert (receiver, FAMILY.encode() in raw) == (MAIL, False)
        texts.append((mail["Subject"], mail.get_content().splitlines()))
    last = roster.until_day - timedelta(days=1)
    whole = f"Your roster from {roster.from_day} to {last} is published"
    change = f"Your duty changed on {roster.from_day}"
    for (subject, lines), text in zip(texts, (whole, change), strict=True):
        assert subject == f"ICU {text}"
        assert (lines[0], lines[2:]) == (f"NORTH ICU: {text}", ["Log in to see it."])


def _judge_inbox(running: Program, duty: Duty, roster: Roster) -> None:
    published, changed = ask(running, "li", INBOX)["nodes"]
    assert (published["alarmId"], published["severity"]) == (None, None)
    assert published["roster"]["event"] == "PUBLISHED"
    assert published["roster"]["fromDay"] == roster.from_day.isoformat()
    assert changed["roster"]["days"] == [duty.day.isoformat()]
    assert changed["roster"]["text"]["zh"] == f"您的班次有变动:{duty.day}"
    assert ask(running, "li", READ, ids=[published["id"]], key="r") == {"count": 1}
    assert [one["id"] for one in ask(running, "li", INBOX)["nodes"]] == [changed["id"]]


def _planner(running: Program) -> Actor:
    actor = enrol(running.url, "roster-planner")
    running.app.decisions.reload()
    return actor


def _rostered(running: Program, planner: Actor) -> tuple[Duty, Roster]:
    """Somebody with an account and somebody without, each with a duty; a week in draft."""
    first = running.clock().date() + timedelta(days=10)
    shift = running.do(DefineShift(ward_id=running.ward, code="D", name_zh="白", name_en="Day",
                                   starts_minute=480, minutes=480), planner)  # fmt: skip
    roster = running.do(OpenRoster(ward_id=running.ward, from_day=first,
                                   until_day=first + timedelta(days=7)), planner)  # fmt: skip
    duties = []
    for number, account in (("N1", running.people["li"]), ("N2", None)):
        member = running.do(RegisterStaff(
            hospital_id=running.hospital, home_ward_id=running.ward, number=number,
            joined_on=first - timedelta(days=99), profession=Profession.NURSE,
            identity=StaffIdentity(family_en=FAMILY, given_en=number),
        ), planner)  # fmt: skip
        running.do(SetContract(staff_id=member.id, from_day=first - timedelta(days=99),
                               weekly_minutes=2400), planner)  # fmt: skip
        if account is not None:
            running.do(LinkStaffAccount(staff_id=member.id, account_id=account), planner)
        duties.append(running.do(
            AssignDuty(staff_id=member.id, shift_id=shift.id, day=first), planner
        ))  # fmt: skip
    return duties[0], roster
