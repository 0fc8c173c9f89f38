"""Contacts, duties, inbox and deliveries in GraphQL."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from api.context import Context
from api.schema import build_schema
from domain.alarms.model import Severity
from domain.notices.words import Channel
from kit.ids import new_id
from kit.work import Actor
from tests.notices.parcels import DELIVERY
from tests.notices.program import MAIL, SECRET, Program, program
from tests.notices.servers import Mailbox, smtp
from tests.notices.test_bounces import BOUNCE

SCHEMA = build_schema()
HOOK = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=canary-key"


@pytest.fixture
def running(database_url: str, tmp_path: Path) -> Iterator[Program]:
    with program(database_url, tmp_path) as made:
        made.on_call("li", "role:charge-nurse", MAIL)
        yield made


def ask(running: Program, who: str | Actor, document: str, **variables: Any) -> Any:
    actor = running.actor(who) if isinstance(who, str) else who

    async def asked() -> Any:
        context = Context(running.app, actor)
        context.language = "zh"
        return await SCHEMA.execute(document, variable_values=variables, context_value=context)

    done = anyio.run(asked)
    assert done.errors is None, done.errors
    (answer,) = done.data.values()
    return answer


ADD = """mutation($address: String!, $key: String!) { addContact(address: $address,
  leastSeverity: MEDIUM, language: EN, idempotencyKey: $key,
  quietHours: [{severity: MEDIUM, fromMinute: 1320, untilMinute: 360}]) {
  ... on OwnContact { id address leastSeverity quietHours { severity fromMinute untilMinute } }
  ... on Problem { reason message field } } }"""
MINE = "{ myContacts { id channel address leastSeverity language bouncedAt version } }"
TRY = """mutation($id: UUID!, $key: String!) { sendTestNotice(contactId: $id, idempotencyKey: $key) {
  ... on NoticeTest { contactId state } ... on Problem { reason } } }"""
TESTS = "{ myTests { contactId channel state code attempts } }"
DUTY = """mutation($hospital: UUID!, $ward: UUID!, $address: String!, $secret: String,
  $channel: NoticeChannel!, $key: String!) { addDutyContact(hospitalId: $hospital, wardId: $ward,
  duty: "list:icu", channel: $channel, address: $address, secret: $secret, idempotencyKey: $key) {
  ... on DutyContact { id duty channel address signed } ... on Problem { reason } } }"""
DUTIES = "query($h: UUID!) { dutyContacts(hospitalId: $h) { duty address signed template } }"
ON_CALL = "query($h: UUID!) { onCall(hospitalId: $h) { id duty accountId wardId until } }"
INBOX = """query($unread: Boolean!) { myNotices(first: 10, unread: $unread) {
  nodes { id alarmId event severity text { zh en } count readAt } } }"""
READ = """mutation($ids: [UUID!]!, $key: String!) { markNoticesRead(noticeIds: $ids,
  idempotencyKey: $key) { ... on NoticesRead { count } ... on Problem { reason } } }"""
TOLD = """query($alarm: UUID!) { alarmNotices(alarmId: $alarm) {
  plans { reach people messages } deliveries { id channel state code accountId dueAt } } }"""
NOBODY = "query($h: UUID!) { unreachedAlarms(hospitalId: $h) { alarmId reach } }"
BOUNCED = """mutation($mail: String!, $key: String!) { recordBounceMail(mail: $mail,
  idempotencyKey: $key) { ... on NoticeDelivery { state code } ... on Problem { reason } } }"""


def test_one_keeps_contacts_of_one_s_own_and_tries_them(running: Program) -> None:
    made = ask(running, "li", ADD, address="canary.two@example.org", key="one")
    assert made["quietHours"] == [{"severity": "MEDIUM", "fromMinute": 1320, "untilMinute": 360}]
    assert ask(running, "li", ADD, address="canary.two@example.org", key="one") == made
    assert [one["address"] for one in ask(running, "li", MINE)] == [MAIL, "canary.two@example.org"]
    running.on_call("wang", "role:nurse", "wang@example.org")
    assert [one["address"] for one in ask(running, "wang", MINE)] == ["wang@example.org"]
    assert ask(running, "wang", TRY, id=made["id"], key="a") == {"reason": "NOT_FOUND"}
    assert ask(running, "li", TRY, id=made["id"], key="a")["state"] == "PENDING"
    with smtp(box := Mailbox(), None) as relay, running.sending(relay=relay):
        running.until(lambda: [one["state"] for one in ask(running, "li", TESTS)] == ["SENT"])
    ((_, receiver, raw),) = box.mails
    assert receiver == "canary.two@example.org"
    assert b"This is a test" in raw


def test_an_injected_header_is_refused_in_the_reader_s_language(running: Program) -> None:
    problem = ask(running, "li", ADD, address="x@example.org\r\nBcc: y@example.org", key="k")
    assert problem == {
        "reason": "ADDRESS", "field": "address",
        "message": "地址格式不正确:邮箱只填一个普通地址;其他渠道填写该渠道的 https 地址。",
    }  # fmt: skip


def test_of_a_duty_s_contacts_neither_key_nor_secret_is_shown(running: Program) -> None:
    place = {"hospital": str(running.hospital), "ward": str(running.ward)}
    made = ask(running, "li", DUTY, **place, channel="WECOM", address=HOOK, secret=None, key="1")
    assert (made["duty"], made["address"], made["signed"]) == (
        "list:icu", "https://qyapi.weixin.qq.com", False,
    )  # fmt: skip
    ask(running, "li", DUTY, **place, channel="WEBHOOK", address="https://h.example.org/canary",
        secret=SECRET, key="2")  # fmt: skip
    shown = ask(running, "li", DUTIES, h=str(running.hospital))
    assert [(one["address"], one["signed"]) for one in shown] == [
        ("https://qyapi.weixin.qq.com", False), ("https://h.example.org", True),
    ]  # fmt: skip
    (entry,) = ask(running, "li", ON_CALL, h=str(running.hospital))
    assert (entry["duty"], entry["accountId"], entry["until"]) == (
        "role:charge-nurse", str(running.people["li"]), None,
    )  # fmt: skip


def test_the_inbox_is_read_and_marked_and_the_alarm_shows_who_was_told(running: Program) -> None:
    alarm = running.alarm(Severity.CRITICAL)
    running.app.jobs.round()
    (notice,) = ask(running, "li", INBOX, unread=True)["nodes"]
    assert (notice["alarmId"], notice["event"], notice["severity"], notice["text"]) == (
        str(alarm.id), "OPENED", "CRITICAL", {"zh": "血氧低", "en": "SpO2 low"},
    )  # fmt: skip
    assert ask(running, "li", READ, ids=[notice["id"]], key="r") == {"count": 1}
    assert ask(running, "li", INBOX, unread=True)["nodes"] == []
    assert ask(running, "li", INBOX, unread=False)["nodes"][0]["readAt"] is not None
    told = ask(running, "li", TOLD, alarm=str(alarm.id))
    assert told["plans"] == [{"reach": "WARD", "people": 1, "messages": 1}]
    assert {(one["channel"], one["state"]) for one in told["deliveries"]} == {
        ("IN_APP", "SENT"), ("EMAIL", "PENDING"),
    }  # fmt: skip


def test_an_alarm_that_reaches_nobody_is_listed(running: Program) -> None:
    (entry,) = ask(running, "li", ON_CALL, h=str(running.hospital))
    end = """mutation($id: UUID!, $key: String!) { endOnCall(onCallId: $id, idempotencyKey: $key) {
      ... on OnCall { until } ... on Problem { reason } } }"""
    assert ask(running, "li", end, id=entry["id"], key="e")["until"] is not None
    running.clock.ahead += timedelta(seconds=1)
    alarm = running.alarm()
    running.app.jobs.round()
    assert ask(running, "li", NOBODY, h=str(running.hospital)) == [
        {"alarmId": str(alarm.id), "reach": "NOBODY"}
    ]


def test_a_bounce_is_recorded_from_its_mail(running: Program) -> None:
    alarm = running.alarm()
    with smtp(Mailbox(), None) as relay, running.sending(relay=relay):
        running.app.jobs.round()
        (mail,) = running.until_state(Channel.EMAIL, "SENT")
    bounce = BOUNCE.replace(str(DELIVERY), str(mail.id))
    assert ask(running, "li", BOUNCED, mail=bounce, key="n") == {"reason": "NO_RIGHT"}
    operator = Actor(running.seeder.id, running.seeder.kind, session=new_id())
    done = ask(running, operator, BOUNCED, mail=bounce, key="b")
    assert done == {"state": "BOUNCED", "code": "DSN_5.1.1"}
    told = ask(running, "li", TOLD, alarm=str(alarm.id))["deliveries"]
    assert {one["state"] for one in told} == {"SENT", "BOUNCED"}
    assert ask(running, "li", MINE)[0]["bouncedAt"] is not None
    assert ask(running, operator, BOUNCED, mail="hello", key="c") == {"reason": "NOT_A_BOUNCE"}
