"""One delivery: claimed for a lease, tried again with growing waits, given up; bounces."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import Session

from domain.accounts.model import Account
from domain.alarms.model import Severity
from domain.notices.contacts import RemoveContact
from domain.notices.duties import RemoveDutyContact
from domain.notices.model import Contact, Delivery
from domain.notices.queries import Paused, due_deliveries
from domain.notices.sending import (
    LEASE,
    MOST,
    WAITS_S,
    ClaimDelivery,
    RecordBounce,
    RecordDelivery,
    wait_after,
)
from domain.notices.words import Channel, Language, Outcome, Verdict, later, never, sent
from kit.errors import Conflict, Invalid, NotFound
from kit.work import Actor
from tests.domain_world import World
from tests.notices.staff import NURSE, SECRET, Staff


@pytest.fixture
def mail(staff: Staff) -> Delivery:
    """One mail that is to be sent."""
    staff.on_call("li", NURSE)
    staff.contact("li", language=Language.EN)
    staff.alarm()
    staff.plan()
    (delivery,) = staff.deliveries(channel=Channel.EMAIL)
    return delivery


def now(staff: Staff, delivery: Delivery) -> Delivery:
    return staff.world.get(Delivery, delivery.id)


def due(world: World, **what: object) -> list[str]:
    with Session(world.engine) as session:
        return [str(one.id) for one in due_deliveries(session, world.now, limit=10, **what)]  # type: ignore[arg-type]  # as the caller says


def test_a_claim_holds_the_delivery_for_a_lease_and_opens_the_address(
    staff: Staff, mail: Delivery
) -> None:
    assert due(staff.world) == [str(mail.id)]
    parcel = staff.claim(mail)
    assert parcel is not None
    assert (parcel.address, parcel.secret, parcel.attempt) == ("li@example.org", None, 1)
    facts = parcel.facts
    assert (facts.ward, facts.bed, facts.hospital, facts.text) == ("A", "A1", "NORTH", "SpO2 low")
    assert facts.time == "2026-03-02 20:01:00 +0800"
    assert due(staff.world) == []
    staff.world.refused(ClaimDelivery(delivery_id=mail.id), Conflict, "NOT_DUE")


def test_a_webhook_s_secret_comes_with_the_parcel_and_never_prints(staff: Staff) -> None:
    staff.hook(NURSE, template="{severity} {text}")
    staff.alarm(notify=("webhook",))
    staff.plan()
    parcel = staff.claim(staff.deliveries()[0])
    assert parcel is not None
    assert (parcel.secret, parcel.template) == (SECRET, "{severity} {text}")
    assert SECRET not in repr(parcel)
    assert "hooks.example.org" not in repr(parcel)


def test_a_delivery_that_was_sent_is_over(staff: Staff, mail: Delivery) -> None:
    parcel = staff.claim(mail)
    assert parcel is not None
    done = staff.record(parcel, sent("SMTP_250"))
    assert (done.state, done.code, done.sent_at, done.attempts) == (
        "SENT", "SMTP_250", staff.world.now, 1,
    )  # fmt: skip
    staff.world.tick(timedelta(days=1))
    assert due(staff.world) == []
    staff.world.refused(ClaimDelivery(delivery_id=mail.id), Conflict, "NOT_DUE")


def test_it_is_tried_again_with_growing_waits_and_then_given_up(
    staff: Staff, mail: Delivery
) -> None:
    waits = []
    for _ in range(MOST):
        parcel = staff.claim(mail)
        assert parcel is not None
        done = staff.record(parcel, later("SMTP_451"))
        if done.state == "FAILED":
            waits.append(int((done.due_at - staff.world.now).total_seconds()))
            staff.world.tick(timedelta(seconds=waits[-1]) - timedelta(microseconds=1))
            assert due(staff.world) == []
            staff.world.tick(timedelta(microseconds=1))
    assert waits == list(WAITS_S)
    assert (done.state, done.code, done.attempts) == ("GAVE_UP", "SMTP_451", MOST)
    staff.world.tick(timedelta(days=1))
    assert due(staff.world) == []


def test_what_will_never_work_is_given_up_at_once(staff: Staff, mail: Delivery) -> None:
    parcel = staff.claim(mail)
    assert parcel is not None
    assert staff.record(parcel, never("SMTP_550")).state == "GAVE_UP"


def test_a_critical_alarm_waits_a_minute_at_most() -> None:
    assert [wait_after(n, Severity.CRITICAL).seconds for n in (1, 4, 9, 50)] == [5, 60, 60, 60]
    assert wait_after(50, Severity.HIGH).seconds == WAITS_S[-1]


def test_after_a_crash_the_lease_ends_and_it_is_sent_again_and_the_first_result_is_too_late(
    staff: Staff, mail: Delivery
) -> None:
    first = staff.claim(mail)
    assert first is not None
    staff.world.tick(LEASE - timedelta(microseconds=1))
    assert due(staff.world) == []
    staff.world.tick(timedelta(microseconds=1))
    second = staff.claim(mail)
    assert second is not None
    assert (second.attempt, second.delivery_id) == (2, first.delivery_id)
    stale = RecordDelivery(delivery_id=mail.id, attempt=1, outcome=later("TIMED_OUT"))
    staff.world.refused(stale, Conflict, "LEASE_LOST")
    assert staff.record(second, sent("SMTP_250")).attempts == 2


def test_a_program_that_dies_at_every_send_gives_up_too(staff: Staff, mail: Delivery) -> None:
    for _ in range(MOST):
        assert staff.claim(mail) is not None
        staff.world.tick(LEASE)
    assert staff.claim(mail) is None
    assert (now(staff, mail).state, now(staff, mail).code) == ("GAVE_UP", "ATTEMPTS_USED_UP")


def test_a_late_try_about_an_alarm_that_is_over_is_not_made(staff: Staff, mail: Delivery) -> None:
    parcel = staff.claim(mail)
    assert parcel is not None
    staff.record(parcel, later("NO_CONNECTION"))
    staff.world.tick()
    assert mail.alarm_id is not None
    assert staff.ward.clear(staff.ward.now(staff.ward.open())) is not None
    assert staff.claim(mail) is None
    assert (now(staff, mail).state, now(staff, mail).code) == ("SUPPRESSED", "ALARM_OVER")


def test_the_first_try_is_made_although_the_alarm_is_over(staff: Staff, mail: Delivery) -> None:
    staff.ward.clear(staff.ward.open())
    assert staff.claim(mail) is not None


def test_a_contact_that_was_removed_gets_nothing_more(staff: Staff, mail: Delivery) -> None:
    assert mail.contact_id is not None
    staff.world.actor = Actor(staff.people["li"])
    staff.world.run(RemoveContact(contact_id=mail.contact_id))
    assert staff.claim(mail) is None
    assert now(staff, mail).code == "CONTACT_REMOVED"


def test_an_account_that_was_disabled_gets_nothing_more(staff: Staff, mail: Delivery) -> None:
    with Session(staff.world.engine) as session:
        row = session.get(Account, staff.people["li"])
        assert row is not None
        row.disabled_at = staff.world.now
        session.commit()
    assert staff.claim(mail) is None
    assert now(staff, mail).code == "ACCOUNT_DISABLED"


def test_a_duty_contact_that_was_removed_gets_nothing_more(staff: Staff) -> None:
    hook = staff.hook(NURSE)
    staff.alarm(notify=("webhook",))
    staff.plan()
    staff.world.run(RemoveDutyContact(contact_id=hook.id))
    assert staff.claim(staff.deliveries()[0]) is None


def test_the_worst_is_due_first_and_what_is_paused_or_in_hand_is_not(staff: Staff) -> None:
    staff.on_call("li", NURSE)
    own = staff.contact("li")
    hook = staff.hook(NURSE)
    for number, severity in enumerate((Severity.LOW, Severity.CRITICAL)):
        staff.alarm(severity=severity, entity=f"service:{number}", bed_id=None, rule_id=None,
                    notify=("email", "webhook"))  # fmt: skip
    staff.plan()
    rows = {(str(one.severity), str(one.channel)): str(one.id) for one in staff.deliveries()}
    order = due(staff.world)
    assert set(order[:2]) == {rows["CRITICAL", "EMAIL"], rows["CRITICAL", "WEBHOOK"]}
    assert set(order[2:]) == {rows["LOW", "EMAIL"], rows["LOW", "WEBHOOK"]}
    assert due(staff.world, paused=Paused(channels=(Channel.EMAIL,))) == [
        rows["CRITICAL", "WEBHOOK"], rows["LOW", "WEBHOOK"],
    ]  # fmt: skip
    assert due(staff.world, paused=Paused(contacts=(hook.id, own.id))) == []


def test_a_result_is_a_code(staff: Staff, mail: Delivery) -> None:
    assert staff.claim(mail) is not None
    for code in ("", "text of a server", "x" * 41, "smtp", "A\nB"):
        outcome = Outcome(Verdict.LATER, code)
        record = RecordDelivery(delivery_id=mail.id, attempt=1, outcome=outcome)
        staff.world.refused(record, Invalid, "INVALID")


def test_a_bounce_is_shown_on_the_delivery_and_the_contact(staff: Staff, mail: Delivery) -> None:
    bounce = RecordBounce(delivery_id=mail.id, status="5.1.1")
    staff.world.refused(bounce, Conflict, "NOT_SENT")
    parcel = staff.claim(mail)
    assert parcel is not None
    staff.record(parcel, sent("SMTP_250"))
    done = staff.world.run(bounce)
    assert (done.state, done.code) == ("BOUNCED", "DSN_5.1.1")
    assert mail.contact_id is not None
    assert staff.world.get(Contact, mail.contact_id).bounced_at == staff.world.now
    before = staff.world.rows()
    staff.world.run(bounce)
    assert staff.world.rows() == before
    staff.world.refused(RecordBounce(delivery_id=mail.id, status="a b"), Invalid, "INVALID")
    staff.world.refused(RecordBounce(delivery_id=uuid4(), status="5.1.1"), NotFound, "NOT_FOUND")


def test_a_notice_in_the_inbox_is_neither_sent_nor_bounced(staff: Staff, mail: Delivery) -> None:
    (inbox,) = staff.deliveries(channel=Channel.IN_APP)
    staff.world.refused(ClaimDelivery(delivery_id=inbox.id), Conflict, "NOT_DUE")
    staff.world.refused(RecordBounce(delivery_id=inbox.id, status="5.1.1"), Invalid, "NOT_MAIL")
