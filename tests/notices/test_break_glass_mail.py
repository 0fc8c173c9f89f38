"""From a break-glass to compliance's mailbox and inbox, over a real relay, at any hour."""

import email
import email.policy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from app.jobs import PROGRAM
from authz.shipped import shipped_policy
from domain.accounts.model import Account, RoleBinding
from domain.alarms.model import Severity
from domain.break_glass.model import BreakGlass, BreakGlassReason
from domain.break_glass.requesting import RequestBreakGlass
from domain.notices.break_glass_news import JUDGES, PlanBreakGlassNotices
from domain.notices.contacts import AddContact
from domain.notices.quiet import Quiet
from domain.notices.timers import break_glass_notices_to_plan
from domain.notices.words import Channel, Language
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.work import NETWORK, Actor, ActorKind, Scope
from tests.house import LONG_AGO
from tests.notices.program import MAIL, Program, program
from tests.notices.servers import Mailbox, papers, smtp
from tests.notices.test_api import ask

WHY = "canary-reason in the corridor"
MAIL_ZH = "canary.zh@example.org"
INBOX = """{ myNotices(first: 9, unread: true) { nodes { id alarmId severity breakGlass {
  grantId wardId role reasonCode until text { zh en } } } } }"""


def test_compliance_is_told_within_a_minute_whatever_the_hour(
    database_url: str, tmp_path: Path
) -> None:
    """Two officers are told, in quiet hours; those of elsewhere, of before, and disabled are not.
    A relay that was busy at first takes it in the first minute."""
    paper = papers(tmp_path, "localhost", "127.0.0.1")
    with program(database_url, tmp_path) as running:
        here = Scope(running.hospital)
        nurse = _person(running, "nurse", Scope(running.hospital, running.ward), "charge-nurse")
        _reached(running, _person(running, "network", NETWORK), MAIL, Language.EN)
        _reached(running, _person(running, "hospital", here), MAIL_ZH, Language.ZH)
        _person(running, "elsewhere", Scope(new_id()))
        _person(running, "before", here, until=LONG_AGO + timedelta(days=1))
        _person(running, "disabled", NETWORK, disabled_at=LONG_AGO)
        running.app.decisions.reload()
        box = Mailbox(answers=["451 4.7.1 greylisted"])
        with smtp(box, paper, login=True) as relay, running.sending(relay=relay, paper=paper):
            began = running.clock()
            grant = running.do(RequestBreakGlass(
                ward_id=running.ward, reason_code=BreakGlassReason.MASS_CASUALTY,
                reason_text=WHY, minutes=15, credential=1, totp_step=2,
            ), nurse)  # fmt: skip
            running.app.jobs.round()
            running.until(lambda: len(running.deliveries(Channel.EMAIL)) == 2)
            running.until(lambda: all(one.attempts for one in running.deliveries(Channel.EMAIL)))
            running.later(timedelta(seconds=6))
            mails = running.until_state(Channel.EMAIL, "SENT", "SENT")
            running.app.jobs.round()
        for mail in mails:
            assert mail.sent_at is not None
            assert mail.sent_at - began < timedelta(seconds=60)
        _judge(running, box, grant)
        _not_again(running, grant)


def _judge(running: Program, box: Mailbox, grant: BreakGlass) -> None:
    until = grant.until.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M:%S %z")
    en = f"break-glass opened by charge-nurse in ICU, reason MASS_CASUALTY, until {until}; judge it"
    zh = f"紧急访问已开启:角色 charge-nurse,地点 ICU,理由 MASS_CASUALTY,至 {until};请审核"
    told = {}
    for _, receiver, raw in box.mails:
        mail: Any = email.message_from_bytes(raw, policy=email.policy.default)
        told[receiver] = (mail["Subject"], mail.get_content().splitlines())
        assert WHY not in mail.get_content()
    assert (told[MAIL][0], told[MAIL][1][0]) == (en, f"NORTH: {en}")
    assert told[MAIL][1][2:] == ["Log in to see and judge it."]
    assert (len(box.mails), told[MAIL_ZH][0]) == (2, zh)
    (notice,) = ask(running, "network", INBOX)["nodes"]
    assert (notice["alarmId"], notice["severity"]) == (None, None)
    assert notice["breakGlass"] == {
        "grantId": str(grant.id), "wardId": str(running.ward), "role": "charge-nurse",
        "reasonCode": "MASS_CASUALTY", "until": grant.until.isoformat(),
        "text": {"zh": zh, "en": en},
    }  # fmt: skip
    told_in_app = {one.account_id for one in running.deliveries(Channel.IN_APP)}
    assert told_in_app == {running.people["network"], running.people["hospital"]}


def _not_again(running: Program, grant: BreakGlass) -> None:
    """Nothing is left to plan, and a command that comes all the same adds nothing."""
    with reading(running.app.engine) as session:
        assert break_glass_notices_to_plan(session, running.clock()) == []
    again = PlanBreakGlassNotices(hospital_id=grant.hospital_id)
    assert running.do(again, PROGRAM) == 0
    assert len(running.deliveries(Channel.IN_APP)) == 2


def test_who_is_told_is_who_may_judge() -> None:
    may = {rule.role for rule in shipped_policy().rules
           if rule.action == "break_glass.review" and rule.eft == "allow"}  # fmt: skip
    assert may == {JUDGES}


def _person(
    running: Program, name: str, scope: Scope, role: str = JUDGES, *,
    until: datetime | None = None, disabled_at: datetime | None = None,
) -> Actor:  # fmt: skip
    """Somebody with codes enrolled who holds the role there."""
    engine = open_engine(running.url, guarded=False)
    with Session(engine) as session:
        made = Account(kind=ActorKind.PERSON, login_name=name, made_at=LONG_AGO,
                       totp_confirmed=True, disabled_at=disabled_at)  # fmt: skip
        session.add(made)
        session.flush()
        session.add(RoleBinding(
            user_id=made.id, role=role, hospital_id=scope.hospital, ward_id=scope.ward,
            valid_from=LONG_AGO, valid_until=until, granted_by=new_id(),
        ))  # fmt: skip
        session.commit()
        running.people[name] = made.id
    engine.dispose()
    return running.actor(name)


def _reached(running: Program, officer: Actor, address: str, language: Language) -> None:
    """An address that wants critical alarms alone, and is quiet now."""
    local = running.clock().astimezone(ZoneInfo("Asia/Shanghai"))
    minute = local.hour * 60 + local.minute
    hours = tuple(Quiet(severity=one, from_minute=(minute - 60) % 1440,
                        until_minute=(minute + 60) % 1440)
                  for one in Severity if one is not Severity.CRITICAL)  # fmt: skip
    running.do(AddContact(address=address, language=language, quiet_hours=hours,
                          least_severity=Severity.CRITICAL), officer)  # fmt: skip
