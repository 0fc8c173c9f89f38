"""From the emergency to the verdict: who gets in, what opens, what is on record, and when it ends."""

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from app.jobs import PROGRAM
from authz.shipped import shipped_policy
from domain.break_glass.ending import EndBreakGlass, ExpireBreakGlass, RevokeBreakGlass
from domain.break_glass.model import BreakGlass, BreakGlassState
from domain.break_glass.reviewing import JudgeBreakGlass
from domain.break_glass.rules import rules
from domain.break_glass.states import NEXT
from domain.patients.model import Patient
from kit.db import reading
from kit.errors import Conflict, Denied, Invalid, NotFound
from kit.ids import new_id
from kit.work import NETWORK, Actor, Scope
from tests.break_glass.conftest import PASSWORD, REQUEST, Town

NAME = "query ($p: UUID!) { patient(id: $p) { familyNameEn phone } }"
REVIEWS = """query { breakGlassReviews(first: 10, states: [REVIEW_DUE, ACTIVE]) {
  nodes { id state accountId subjectId reasonText patientId } } }"""


def name_of(town: Town, actor: Actor, patient: Any) -> str | None:
    found = town.ask(actor, NAME, p=str(patient))["data"]
    return found["patient"]["familyNameEn"] if found else None


def judged(town: Town, actor: Actor, grant: Any, *, justified: bool = True) -> BreakGlass:
    verdict = JudgeBreakGlass(grant_id=grant, justified=justified, finding="the chart bears it out")
    return town.city.do(verdict, actor)


def test_a_record_opens_for_a_while_and_everything_is_marked(town: Town) -> None:
    patient, hospital = town.here.ids["patient"], Scope(town.here.ids["hospital"])
    doctor = town.person("physician", hospital)
    officer = town.person("compliance-officer", NETWORK)
    assert name_of(town, doctor, patient) is None
    assert town.entries(action="patient.read", purpose="ETREAT") == []

    grant = town.request(doctor, p=str(patient))
    assert (grant["state"], grant["patientId"]) == ("ACTIVE", str(patient))
    assert grant["reasonText"] is None  # audit data, also to whoever wrote it
    (start,) = town.entries(action="break_glass.start", outcome="done")
    assert ["dcm", "110127"] in start["notes"]
    assert ["break_glass", grant["id"]] in start["notes"]
    assert "collapsed" not in str(start)

    assert name_of(town, doctor, patient) == "Lying"
    assert name_of(town, doctor, town.here.ids["other_patient"]) is None  # this patient only
    read = town.entries(action="patient.read", outcome="done")[-1]
    assert ["break_glass", grant["id"]] in read["notes"]
    assert read["purpose"] == "ETREAT"
    with pytest.raises(Denied):
        judged(town, doctor, UUID(grant["id"]))

    (row,) = town.ask(officer, REVIEWS)["data"]["breakGlassReviews"]["nodes"]
    assert row["reasonText"] == "collapsed in the corridor"
    assert (row["accountId"], row["patientId"]) == (str(doctor.id), None)
    assert row["subjectId"] == start["subjects"][0]
    with pytest.raises(Conflict) as early:
        judged(town, officer, UUID(grant["id"]))
    assert early.value.allowed == ("EXPIRED", "REVOKED")
    with pytest.raises(Conflict, match="open until"):
        town.city.do(ExpireBreakGlass(grant_id=UUID(grant["id"])), PROGRAM)

    before = town.app.decisions.epoch
    town.turned += row_length(town, grant["id"])
    assert town.app.decisions.epoch > before  # open screens are read anew, timer or not
    assert name_of(town, doctor, patient) is None
    town.wait()
    (stop,) = town.entries(action="break_glass.expire", outcome="done")
    assert ["dcm", "110138"] in stop["notes"]
    assert ["how", "EXPIRED"] in stop["notes"]
    assert (
        judged(town, officer, UUID(grant["id"]), justified=False).state
        is BreakGlassState.UNJUSTIFIED
    )
    with pytest.raises(Conflict) as again:
        judged(town, officer, UUID(grant["id"]))
    assert (again.value.reason, again.value.allowed) == ("BREAK_GLASS_STATE", ())
    history = "query ($g: UUID!) { breakGlassHistory(grantId: $g) { state } }"
    steps = town.ask(officer, history, g=grant["id"])["data"]["breakGlassHistory"]
    assert [step["state"] for step in steps] == [
        "REQUESTED", "ACTIVE", "EXPIRED", "REVIEW_DUE", "UNJUSTIFIED",
    ]  # fmt: skip


def row_length(town: Town, grant: str) -> Any:
    with reading(town.app.engine) as session:
        row = session.exec(select(BreakGlass)).one()
        assert str(row.id) == grant
        return row.until - town.now()


def test_a_ward_opens_to_a_nurse_of_another_ward_until_it_is_taken_back(town: Town) -> None:
    here, there = town.here, town.there
    nurse = town.person("charge-nurse", here.scope)
    officer = town.person("compliance-officer", NETWORK)
    patient, ward = there.ids["patient"], str(there.ids["ward"])
    assert name_of(town, nurse, patient) is None
    grant = town.request(nurse, w=ward)
    assert grant["state"] == "ACTIVE", grant
    assert name_of(town, nurse, patient) == "Lying"
    assert name_of(town, nurse, there.ids["other_patient"]) == "Held"
    again = town.request(nurse, w=ward)
    assert again["reason"] == "BREAK_GLASS_OPEN"
    many = town.request(nurse, w=str(here.ids["ward"]))
    assert many["reason"] == "BREAK_GLASS_MANY"
    long = town.request(nurse, minutes=45, w=ward)
    assert long["reason"] == "BREAK_GLASS_MINUTES"  # a ward: 30 at most
    stranger = town.person("nurse", here.scope)
    for actor in (stranger, officer):
        with pytest.raises((NotFound, Denied)):
            town.city.do(EndBreakGlass(grant_id=UUID(grant["id"])), actor)
    ended = town.city.do(RevokeBreakGlass(grant_id=UUID(grant["id"])), officer)
    town.app.watch.step()
    assert ended.state is BreakGlassState.REVIEW_DUE
    assert name_of(town, nurse, patient) is None
    with pytest.raises(Conflict):
        town.city.do(EndBreakGlass(grant_id=UUID(grant["id"])), nurse)
    own = town.ask(nurse, "{ myBreakGlass { id state } }")["data"]["myBreakGlass"]
    assert own == [{"id": grant["id"], "state": "REVIEW_DUE"}]


def test_only_who_may_and_proves_it_anew(town: Town) -> None:
    hospital = Scope(town.here.ids["hospital"])
    patient = str(town.here.ids["patient"])
    doctor = town.person("physician", hospital)
    given = {"m": 15, "x": PASSWORD, "t": town.code(), "k": str(new_id()), "p": patient}
    wrong = {
        "LOGIN_REFUSED": given | {"x": "another password"},
        "INVALID": given | {"p": None},
        "BREAK_GLASS_MINUTES": given | {"m": 61},
    }
    for reason, sent in wrong.items():
        problem = town.ask(doctor, REQUEST, **sent)["data"]["requestBreakGlass"]
        assert problem["reason"] == reason, problem
    assert town.ask(doctor, REQUEST, **given)["data"]["requestBreakGlass"]["state"] == "ACTIVE"
    spent = given | {"k": str(new_id()), "p": str(town.here.ids["other_patient"])}
    assert town.ask(doctor, REQUEST, **spent)["data"]["requestBreakGlass"]["code"] == "DENIED"
    ward = town.request(doctor, w=str(town.here.ids["ward"]))
    assert ward["reason"] == "BREAK_GLASS_TARGET"
    bare = town.person("physician", hospital, codes=False)
    assert town.request(bare, p=patient)["reason"] == "TOTP_NEEDED"
    for role in ("nurse", "bed-manager", "compliance-officer"):
        other = town.person(role, hospital)
        assert town.request(other, p=patient)["code"] in ("DENIED", "NOT_FOUND")
    foreign = town.person("physician", Scope(new_id()))
    assert town.request(foreign, p=patient)["code"] == "NOT_FOUND"


def test_the_rules_and_the_policy_name_the_same_roles() -> None:
    may = {rule.role for rule in shipped_policy().rules
           if rule.action == "break_glass.start" and rule.eft == "allow"}  # fmt: skip
    assert {rule.role for rule in rules()} == may
    assert set(NEXT) == set(BreakGlassState)


def test_a_reason_is_said_and_nobody_judges_their_own(town: Town) -> None:
    hospital = Scope(town.here.ids["hospital"])
    doctor = town.person("physician", hospital)
    grant = town.request(doctor, p=str(town.here.ids["patient"]))
    town.city.do(EndBreakGlass(grant_id=UUID(grant["id"])), doctor)
    town.app.decisions.reload()
    both = town.city.enrol("compliance-officer", scope=NETWORK)
    with pytest.raises(Invalid):
        town.city.do(JudgeBreakGlass(grant_id=UUID(grant["id"]), justified=True, finding=" "), both)
    with reading(town.app.engine) as session:
        subject = session.exec(
            select(Patient.subject).where(Patient.id == town.here.ids["patient"])
        ).one()
    (stop,) = town.entries(action="break_glass.stop", outcome="done")
    assert stop["subjects"] == [str(subject)]
