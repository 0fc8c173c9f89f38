"""A test of a contact: a delivery that is about nothing."""

from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from domain.alarms.model import Severity
from domain.notices.model import Contact, Delivery
from domain.notices.words import DeliveryState
from domain.places.times import store
from kit.errors import Conflict
from kit.work import Work

PAUSE = timedelta(seconds=30)  # between two tests of one contact: nobody's mailbox is flooded


def a_test() -> tuple[ColumnElement[bool], ...]:
    """What tells a test from every other delivery."""
    about = (Delivery.alarm_id, Delivery.roster_news_id, Delivery.break_glass_id)
    return tuple(col(one).is_(None) for one in about)


def begin_test(work: Work, contact: Contact) -> Delivery:
    """A delivery to send now. Raises Conflict if one was begun a moment ago."""
    recent = work.session.exec(
        select(Delivery.id).where(
            Delivery.contact_id == contact.id, *a_test(),
            col(Delivery.made_at) > work.now - PAUSE,
        )
    ).first()  # fmt: skip
    if recent is not None:
        raise Conflict("a test was sent a moment ago; look at its delivery first",
                       reason="TEST_UNDER_WAY", blocking=recent)  # fmt: skip
    return store(work, Delivery(
        hospital_id=contact.hospital_id, ward_id=contact.ward_id, account_id=contact.account_id,
        contact_id=contact.id, channel=contact.channel, severity=Severity.LOW,
        state=DeliveryState.PENDING, made_at=work.now, due_at=work.now,
    ))  # fmt: skip
