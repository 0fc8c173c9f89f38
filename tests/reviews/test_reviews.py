"""From a read to a review: flagged from the signed record, worked off by a second person."""

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from audit.search import newest_note
from domain.patients.care import AssignCare
from domain.patients.commands import UpdatePatient
from domain.patients.identity import Identifier
from domain.patients.registration import AddIdentifier
from domain.reviews.commands import SignOffReview
from domain.reviews.model import FlagKind, ReviewCursor, ReviewItem, ReviewVerdict
from domain.staff.commands import LinkStaffAccount, RegisterStaff
from domain.staff.identity import StaffIdentity
from domain.staff.model import Profession
from kit.db import reading
from kit.errors import Conflict, Denied
from kit.work import NETWORK, Actor, Scope
from tests.break_glass.conftest import Town, town
from tests.house import LONG_AGO, sign

__all__ = ["town"]
NAME = "query ($p: UUID!) { patient(id: $p) { familyNameEn } }"
ITEMS = """query { reviewItems(first: 20, state: OPEN) { nodes {
  id kind leaf reads readerId subjectId note } } reviewBacklog { open overdue oldestAt } }"""
RESOLVE = """query ($s: UUID!) { resolveSubject(subjectId: $s, reason: REVIEW) {
  kind id hospitalId } }"""


def look(town: Town, actor: Actor, patient: UUID) -> None:
    assert town.ask(actor, NAME, p=str(patient))["data"]["patient"]["familyNameEn"]
    sign(town.app)
    town.wait(seconds=2)


def flags(town: Town, reader: Actor) -> set[str]:
    with reading(town.app.engine) as session:
        rows = session.exec(select(ReviewItem.kind).where(ReviewItem.reader_id == reader.id))
        return {str(kind) for kind in rows}


def test_flagged_reads_wait_until_somebody_else_signs_them_off(town: Town) -> None:
    hospital = town.here.ids["hospital"]
    patient, other = town.here.ids["patient"], town.here.ids["other_patient"]
    clerk = town.person("bed-manager", Scope(hospital))
    doctor = town.person("physician", Scope(hospital))
    officer = town.person("compliance-officer", NETWORK)

    look(town, clerk, patient)
    assert flags(town, clerk) == set()  # no clinical role: nothing about it is odd
    member = town.city.do(RegisterStaff(
        hospital_id=hospital, number="S-7", profession=Profession.NURSE,
        joined_on=LONG_AGO.date(), identity=StaffIdentity(family_en="LYING", given_en="Ann"),
    ))  # fmt: skip
    town.city.do(LinkStaffAccount(staff_id=member.id, account_id=clerk.id))
    look(town, clerk, patient)
    assert flags(town, clerk) == {"SAME_FAMILY_NAME"}
    town.city.do(
        AddIdentifier(patient_id=patient, identifier=Identifier(system="STAFF", value="S7"))
    )
    town.city.do(UpdatePatient(patient_id=other, privacy=True))
    look(town, clerk, patient)
    look(town, clerk, other)
    assert flags(town, clerk) == {"SAME_FAMILY_NAME", "COLLEAGUE", "VIP"}

    town.city.do(AssignCare(account_id=doctor.id, encounter_id=town.there.ids["encounter"]))
    look(town, doctor, town.there.ids["patient"])
    assert flags(town, doctor) == set()  # treats the patient
    assert town.request(doctor, p=str(other))["state"] == "ACTIVE"
    look(town, doctor, other)
    assert flags(town, doctor) == {"VIP", "BREAK_GLASS"}

    found = town.ask(officer, ITEMS)["data"]
    items: list[dict[str, Any]] = found["reviewItems"]["nodes"]
    assert found["reviewBacklog"]["open"] == len(items) == 5
    assert found["reviewBacklog"]["overdue"] == 0
    named = next(one for one in items if one["kind"] == "SAME_FAMILY_NAME")
    assert (named["reads"], named["readerId"]) == (2, str(clerk.id))
    with reading(town.app.engine) as session:
        cursor = session.exec(select(ReviewCursor.leaf)).one()
        assert newest_note(session)
    assert named["leaf"] < cursor
    resolved = town.ask(officer, RESOLVE, s=named["subjectId"])["data"]["resolveSubject"]
    assert (resolved["kind"], resolved["id"]) == ("PATIENT", str(patient))
    (asked,) = town.entries(action="subject.resolve")
    assert (asked["subjects"], asked["notes"]) == ([named["subjectId"]], [["reason", "REVIEW"]])

    verdict = SignOffReview(
        review_id=UUID(named["id"]), verdict=ReviewVerdict.APPROPRIATE, note="not related"
    )
    with pytest.raises(Denied):
        town.city.do(verdict, clerk)
    assert town.city.do(verdict, officer).note is not None
    with pytest.raises(Conflict) as again:
        town.city.do(verdict, officer)
    assert again.value.reason == "SIGNED_OFF"
    assert "not related" not in str(town.entries(action="review.sign_off"))
    look(town, clerk, patient)
    assert [one["reads"] for one in town.ask(officer, ITEMS)["data"]["reviewItems"]["nodes"]
            if one["kind"] == FlagKind.SAME_FAMILY_NAME] == [1]  # fmt: skip
    quiet = len(town.entries(action="review.flag"))
    sign(town.app)
    town.wait(seconds=2)
    town.wait(days=8)
    assert len(town.entries(action="review.flag")) == quiet  # looking fills no record
    late = town.ask(officer, ITEMS)["data"]["reviewBacklog"]
    assert (late["open"], late["overdue"]) == (5, 5)
    told = town.app.metrics.render().decode().splitlines()
    waiting = {"reviews_open": 5, "reviews_overdue": 5, "break_glass_open": 0,
               "break_glass_to_judge": 1, "break_glass_overdue": 1}  # fmt: skip
    assert {f"wardgrid_{name} {float(count)}" for name, count in waiting.items()} <= set(told)


def test_a_nurse_who_reads_in_the_ward_is_related_and_a_stranger_to_it_is_not(town: Town) -> None:
    here = town.person("charge-nurse", town.here.scope)
    hospital = Scope(town.here.ids["hospital"])
    wide = town.person("charge-nurse", hospital)  # of no ward in particular
    for nurse in (here, wide):
        board = (
            f'{{ encounters(wardId: "{town.here.ids["ward"]}", first: 5) {{ nodes {{ id }} }} }}'
        )
        assert town.ask(nurse, board)["errors"] is None
    look(town, wide, town.here.ids["patient"])
    assert flags(town, wide) == {"NO_CARE_RELATION"}
    assert flags(town, here) == set()
