"""Contacts: one's own, those of a duty, their tests, and who is on call."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import Session

from domain.alarms.model import Severity
from domain.notices.contacts import (
    AddContact,
    ChangeContact,
    RemoveContact,
    SendTestNotice,
)
from domain.notices.duties import AddDutyContact, RemoveDutyContact, SendDutyTest
from domain.notices.inbox import MarkNoticesRead
from domain.notices.model import Contact, Delivery, OnCall
from domain.notices.on_call import EndOnCall, SetOnCall
from domain.notices.queries import (
    contacts_of,
    due_deliveries,
    duty_contacts,
    inbox,
    nobody_reached,
    on_call,
)
from domain.notices.quiet import Quiet, quiet_of
from domain.notices.unplanned import hospitals_with_unplanned
from domain.notices.words import Channel
from kit.errors import Conflict, Invalid, NotFound, Retry
from kit.work import NETWORK, Actor, Scope
from tests.domain_world import World
from tests.notices.staff import CHARGE, HOOK, NURSE, SECRET, Staff


@pytest.fixture
def li(staff: Staff) -> Contact:
    """Li acts, and has a contact."""
    staff.on_call("li", NURSE)
    contact = staff.contact("li")
    staff.world.actor = Actor(staff.people["li"])
    return contact


def quiet(*given: tuple[Severity, int, int]) -> tuple[Quiet, ...]:
    return tuple(Quiet(severity=s, from_minute=a, until_minute=b) for s, a, b in given)


def hours(world: World, contact: Contact) -> list[tuple[str, int, int]]:
    with Session(world.engine) as session:
        rows = quiet_of(session, [contact])
        return [(str(row.severity), row.from_minute, row.until_minute) for row in rows]


def test_an_address_is_sealed(staff: Staff, li: Contact) -> None:
    assert b"li@example.org" not in li.address.ciphertext
    assert "example" not in repr(staff.world.rows())


def test_a_contact_is_changed_and_removed_by_its_owner(staff: Staff, li: Contact) -> None:
    world = staff.world
    night = quiet((Severity.LOW, 22 * 60, 6 * 60), (Severity.HIGH, 0, 300))
    done = world.run(ChangeContact(contact_id=li.id, version=1, quiet_hours=night,
                                   least_severity=Severity.MEDIUM))  # fmt: skip
    assert (done.contact.least_severity, done.contact.language) == ("MEDIUM", "ZH")
    assert hours(world, li) == [("HIGH", 0, 300), ("LOW", 1320, 360)]
    world.run(ChangeContact(contact_id=li.id))
    assert len(hours(world, li)) == 2
    world.run(ChangeContact(contact_id=li.id, quiet_hours=()))
    assert hours(world, li) == []
    world.refused(ChangeContact(contact_id=li.id, version=1, least_severity=Severity.LOW), Retry,
                  "STALE_VERSION")  # fmt: skip
    world.run(RemoveContact(contact_id=li.id))
    world.refused(RemoveContact(contact_id=li.id), NotFound, "NOT_FOUND")
    with Session(world.engine) as session:
        assert contacts_of(session, staff.people["li"]) == []


def test_somebody_else_s_contact_is_unknown(staff: Staff, li: Contact) -> None:
    staff.world.actor = Actor(uuid4())
    contacts = (li, staff.hook(NURSE))
    for what in (ChangeContact, RemoveContact, SendTestNotice):
        for contact in contacts:
            staff.world.refused(what(contact_id=contact.id), NotFound, "NOT_FOUND")


def test_a_person_s_contact_is_no_duty_s(staff: Staff, li: Contact) -> None:
    for what in (RemoveDutyContact, SendDutyTest):
        with pytest.raises(NotFound):
            staff.world.scope(what(contact_id=li.id))


INDEXES = {"deliveries_to_send", "inbox", "nobody_reached"}
NO_QUIET = (
    (quiet((Severity.CRITICAL, 0, 60)), "CRITICAL_NOT_SILENCED"),
    (quiet((Severity.LOW, 0, 60), (Severity.LOW, 60, 90)), "INVALID"),
    (quiet((Severity.LOW, 60, 60)), "INVALID"),
    (quiet((Severity.LOW, -1, 60)), "INVALID"),
    (quiet((Severity.LOW, 0, 1440)), "INVALID"),
)


def test_quiet_hours_make_sense_and_never_silence_what_is_critical(
    staff: Staff, li: Contact
) -> None:
    for given, reason in NO_QUIET:
        staff.world.refused(AddContact(address="x@example.org", quiet_hours=given), Invalid, reason)
        staff.world.refused(ChangeContact(contact_id=li.id, quiet_hours=given), Invalid, reason)


def test_nobody_has_more_than_five_contacts(staff: Staff, li: Contact) -> None:
    for number in range(4):
        staff.world.run(AddContact(address=f"li{number}@example.org"))
    staff.world.refused(AddContact(address="x@example.org"), Conflict, "TOO_MANY_CONTACTS")


def test_an_address_that_injects_a_header_is_refused(staff: Staff, li: Contact) -> None:
    bad = AddContact(address="li@example.org\r\nBcc: x@example.org")
    staff.world.refused(bad, Invalid, "ADDRESS")


NO_DUTY_CONTACT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"duty": "role:nobody"}, "DUTY"),
    ({"duty": "role:ward-screen"}, "DUTY"),
    ({"duty": "nurse"}, "DUTY"),
    ({"duty": "list:"}, "DUTY"),
    ({"duty": "list:A b"}, "DUTY"),
    ({"address": "http://hooks.example.org/"}, "ADDRESS"),
    ({"secret": None}, "SECRET_NEEDED"),
    ({"template": "{patient}"}, "TEMPLATE_FIELD"),
    ({"channel": Channel.IN_APP}, "NO_ADDRESS_NEEDED"),
    ({"quiet_hours": quiet((Severity.CRITICAL, 0, 1))}, "CRITICAL_NOT_SILENCED"),
)


def test_a_duty_s_contact_makes_sense(staff: Staff) -> None:
    usual: dict[str, Any] = {
        "hospital_id": staff.world.hospital.id, "duty": NURSE, "channel": Channel.WEBHOOK,
        "address": HOOK, "secret": SECRET,
    }  # fmt: skip
    for what, reason in NO_DUTY_CONTACT:
        staff.world.refused(AddDutyContact(**usual | what), Invalid, reason)


def test_a_duty_s_contact_belongs_to_its_place(staff: Staff) -> None:
    world = staff.world
    made = staff.hook(NURSE, secret=SECRET)
    assert b"hooks" not in made.address.ciphertext
    assert made.scope == world.ward_a.scope
    with pytest.raises(NotFound):
        staff.hook(NURSE, hospital_id=uuid4())
    with Session(world.engine) as session:
        assert duty_contacts(session, [world.ward_b.scope], world.hospital.id) == []
        found = duty_contacts(session, [world.ward_a.scope], world.hospital.id)
        assert [one.id for one in found] == [made.id]
    world.run(RemoveDutyContact(contact_id=made.id))
    for what in (RemoveDutyContact, SendDutyTest):
        world.refused(what(contact_id=made.id), Conflict, "CONTACT_REMOVED")


def test_a_test_is_a_delivery_of_its_own_and_not_sent_twice_in_a_moment(
    staff: Staff, li: Contact
) -> None:
    world = staff.world
    done = world.run(SendTestNotice(contact_id=li.id))
    assert (done.state, done.alarm_id, done.scope) == ("PENDING", None, NETWORK)
    world.refused(SendTestNotice(contact_id=li.id), Conflict, "TEST_UNDER_WAY")
    staff.wait(30)
    world.run(SendTestNotice(contact_id=li.id))
    parcel = staff.claim(done)
    assert parcel is not None
    assert (parcel.facts.event, parcel.facts.alarm_id) == ("TEST", None)
    hook = staff.hook(NURSE)
    assert world.run(SendDutyTest(contact_id=hook.id)).scope == world.ward_a.scope


def set_on_call(world: World, account: UUID, **what: Any) -> SetOnCall:
    usual: dict[str, Any] = {
        "hospital_id": world.hospital.id, "duty": CHARGE, "account_id": account,
    }  # fmt: skip
    return SetOnCall(**usual | what)


def test_a_duty_is_ended_or_struck_out(staff: Staff) -> None:
    world = staff.world
    account = world.account()
    entry = world.run(set_on_call(world, account))
    coming = world.run(set_on_call(world, account, since=world.now + timedelta(hours=8)))
    with Session(world.engine) as session:
        found = on_call(session, [world.hospital.scope], world.hospital.id, world.now)
        assert [one.id for one in found] == [entry.id, coming.id]
        assert on_call(session, [Scope(uuid4())], world.hospital.id, world.now) == []
        assert on_call(session, [world.ward_a.scope], world.hospital.id, world.now) == []
    staff.wait(60)
    assert world.run(EndOnCall(on_call_id=entry.id)).until == world.now
    world.refused(EndOnCall(on_call_id=entry.id), Conflict, "ON_CALL_OVER")
    world.run(EndOnCall(on_call_id=coming.id))
    with Session(world.engine) as session:
        assert session.get(OnCall, coming.id) is None


def test_a_duty_has_a_time_that_makes_sense(staff: Staff) -> None:
    world, year_s = staff.world, 400 * 86400
    account = world.account()
    for since_s, until_s in ((-180, None), (0, 0), (60, 30), (0, year_s), (year_s, None)):
        since = world.now + timedelta(seconds=since_s)
        until = None if until_s is None else world.now + timedelta(seconds=until_s)
        command = set_on_call(world, account, since=since, until=until)
        world.refused(command, Invalid, "ON_CALL_TIME")


def test_only_one_s_own_notices_are_marked_as_read(staff: Staff, li: Contact) -> None:
    world = staff.world
    staff.on_call("wang", NURSE)
    staff.alarm()
    staff.plan()
    notices = {one.account_id: one for one in staff.deliveries(channel=Channel.IN_APP)}
    mine, other = notices[staff.people["li"]], notices[staff.people["wang"]]
    world.refused(MarkNoticesRead(delivery_ids=(mine.id, other.id)), NotFound, "NOT_FOUND")
    assert world.run(MarkNoticesRead(delivery_ids=(mine.id,))) == 1
    assert world.run(MarkNoticesRead(delivery_ids=(mine.id,))) == 0
    assert world.get(Delivery, mine.id).read_at == world.now
    world.refused(MarkNoticesRead(delivery_ids=()), Invalid, "INVALID")
    with Session(world.engine) as session:
        account = staff.people["li"]
        assert inbox(session, account, unread=True, first=10) == []
        (notice,) = inbox(session, account, unread=False, first=10)
        assert (notice.delivery.id, notice.event and notice.event.kind) == (mine.id, "OPENED")
        assert inbox(session, account, unread=False, first=10, after=mine.id) == []


def test_what_is_asked_each_second_is_answered_by_an_index(staff: Staff) -> None:
    """On SQLite, which shows its plan in words: a bound state would read every old delivery."""
    if staff.world.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by what is in the tables")
    with Session(staff.world.engine) as session:
        seen: list[str] = []
        event.listen(
            session.connection(), "before_cursor_execute",
            lambda _c, cursor, statement, given, *_: seen.extend(
                str(row[3]) for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            ),
        )  # fmt: skip
        due_deliveries(session, staff.world.now, limit=8)
        inbox(session, uuid4(), unread=False, first=10)
        nobody_reached(session, [NETWORK], staff.world.hospital.id, staff.world.now)
        hospitals_with_unplanned(session)
    indexes = [word for line in seen for word in line.split() if word in INDEXES]
    assert set(indexes) == INDEXES
    assert not [line for line in seen if line.startswith("SCAN delivery")]
