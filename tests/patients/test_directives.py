"""What a patient refuses is not shown, whatever asks for it; care and other purposes go on."""

import inspect
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlmodel import Session, select

from api.sight import Disclosures, Sight, View, look
from app.withholding import Withheld
from authz.classes import RECORDED, DataClass
from domain.accounts.model import RoleBinding
from domain.beds.commands import AddBed, AdmitPatient
from domain.patients.care import AssignCare
from domain.patients.commands import (
    Identity,
    MergePatients,
    RegisterEncounter,
    RegisterPatient,
)
from domain.patients.directive_model import ConsentDirective, DirectiveWord
from domain.patients.directives import MOST, RecordConsentDirective, WithdrawConsentDirective
from domain.patients.model import Encounter, EncounterStatus, Sex
from domain.patients.refusing import Viewer, refused, refusing_subjects
from domain.places.commands import AddRoom
from domain.places.model import RoomKind, RoomSex
from domain.privacy.erasing import ApproveErasure
from domain.privacy.model import Erasure
from kit.db import open_engine, reading
from kit.errors import Conflict, Denied, Invalid, NotFound
from kit.ids import new_id
from kit.purpose import STATED, PurposeOfUse
from kit.work import NETWORK, Actor, Scope
from tests.api.test_access_log import execute
from tests.databases import Databases
from tests.domain_world import World
from tests.house import LONG_AGO, house
from tests.matrix.city import fill
from tests.matrix.corner import City, Corner
from tests.matrix.test_output_fields import output_fields

NAME = "query ($p: UUID!) { patient(id: $p) { familyNameEn sex } }"
SAID = """query ($p: UUID!) { consentDirectives(patientId: $p, first: 10) { nodes {
  word purpose readerRole readerWardId directiveBy since until withdrawnAt } } }"""
DENY, PERMIT = DirectiveWord.DENY, DirectiveWord.PERMIT


@pytest.fixture(scope="module")
def city(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("directives")
    with databases.migrated("sqlite") as url, house(url, folder) as app:
        yield fill(app, url, ["EAST"], ["A", "B"])


@pytest.fixture
def corner(city: City) -> Corner:
    """The ward, and somebody who has just come to it."""
    found = city.corners["EAST/A"]
    patient, encounter = arrive(city, found, "Lying")
    return replace(found, ids={**found.ids, "patient": patient, "encounter": encounter})


def arrive(city: City, corner: Corner, family: str) -> tuple[UUID, UUID]:
    identity = Identity(family_en=family, given_en="Given")
    patient = city.do(RegisterPatient(hospital_id=corner.ids["hospital"], identity=identity,
                                      sex=Sex.FEMALE))  # fmt: skip
    came = RegisterEncounter(patient_id=patient.id, ward_id=corner.ids["ward"],
                             status=EncounterStatus.ARRIVED)  # fmt: skip
    return patient.id, city.do(came).id


def said(city: City, corner: Corner, word: DirectiveWord = DENY, **more: Any) -> ConsentDirective:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    command = RecordConsentDirective(patient_id=corner.ids["patient"], word=word, **more)
    return city.do(command, officer)


def name(city: City, corner: Corner, actor: Actor, purpose: str = "") -> str | None:
    """The patient's name as this person gets it, for this purpose."""
    asking = replace(actor, purpose=purpose, purpose_stated=True) if purpose else actor
    data = execute(city, asking, NAME, {"p": str(corner.ids["patient"])}).data
    assert data is not None
    found: str | None = data["patient"]["familyNameEn"]
    return found


def last_entry(city: City) -> dict[str, Any]:
    with city.app.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT body FROM ledger_entry ORDER BY id")
        body: dict[str, Any] = orjson.loads(bytes(rows.fetchall()[-1][0]))
    return body


def test_a_refused_purpose_hides_the_patient_and_every_other_does_not(
    city: City, corner: Corner
) -> None:
    manager = city.enrol("bed-manager", scope=Scope(corner.ids["hospital"]))
    directive = said(city, corner, purpose=PurposeOfUse.HRESCH)
    assert name(city, corner, manager, "HRESCH") is None
    entry = last_entry(city)
    assert (entry["fields"], entry["subjects"], entry["purpose"]) == ([], [], "HRESCH")
    assert dict(entry["notes"])["withheld"] == 1
    for purpose in ("", "TREAT", "HOPERAT", "PUBHLTH"):
        assert name(city, corner, manager, purpose) == "Lying"
    officer = city.enrol("compliance-officer", scope=NETWORK)
    city.do(WithdrawConsentDirective(directive_id=directive.id), officer)
    assert name(city, corner, manager, "HRESCH") == "Lying"


def test_a_refused_ward_and_role_are_those_of_the_reader(city: City, corner: Corner) -> None:
    hospital, other = Scope(corner.ids["hospital"]), city.corners["EAST/B"].scope
    manager = city.enrol("bed-manager", scope=hospital)
    posted = city.enrol("house-supervisor", scope=hospital)
    said(city, corner, reader_role="house-supervisor")
    assert (name(city, corner, manager), name(city, corner, posted)) == ("Lying", None)
    in_b = city.enrol("bed-manager", scope=hospital)
    post(city, in_b, "nurse", other)
    assert name(city, corner, in_b) == "Lying"
    said(city, corner, reader_ward_id=other.ward)
    assert (name(city, corner, in_b), name(city, corner, manager)) == (None, "Lying")


def post(city: City, actor: Actor, role: str, scope: Scope) -> None:
    """One more role for the same person."""
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        session.add(RoleBinding(
            user_id=actor.id, role=role, hospital_id=scope.hospital, ward_id=scope.ward,
            valid_from=LONG_AGO, granted_by=new_id(),
        ))  # fmt: skip
        session.commit()
    engine.dispose()
    city.app.decisions.reload()


def test_care_goes_on_and_is_on_record_as_such(city: City, corner: Corner) -> None:
    hospital = Scope(corner.ids["hospital"])
    manager = city.enrol("bed-manager", scope=hospital)
    doctor = city.enrol("physician", scope=hospital)
    city.do(AssignCare(account_id=doctor.id, encounter_id=corner.ids["encounter"]))
    said(city, corner)
    assert name(city, corner, manager) is None
    assert name(city, corner, doctor) == "Lying"
    assert dict(last_entry(city)["notes"])["directives_passed"] == 1
    assert name(city, corner, doctor, "HQUALIMP") is None  # that is no care


def test_the_ward_itself_sees_who_lies_there_and_others_see_that_somebody_does(
    city: City, corner: Corner
) -> None:
    room = city.do(AddRoom(ward_id=corner.ids["ward"], code="R", kind=RoomKind.SIDE,
                           sex_policy=RoomSex.MIXED))  # fmt: skip
    bed = city.do(AddBed(room_id=room.id, code="R1"))
    city.do(AdmitPatient(encounter_id=corner.ids["encounter"], bed_id=bed.id))
    said(city, corner)
    manager = city.enrol("bed-manager", scope=Scope(corner.ids["hospital"]))
    here = city.enrol("charge-nurse", scope=corner.scope)
    screen = city.enrol("ward-screen", scope=corner.scope)
    text = "query ($w: UUID!) { bedBoard(wardId: $w) { beds { id stay { initials sex } } } }"
    for reader, shown in ((here, True), (manager, False), (screen, False)):
        data = execute(city, reader, text, {"w": str(corner.ids["ward"])}).data
        assert data is not None
        (stay,) = [one["stay"] for one in data["bedBoard"]["beds"] if one["id"] == str(bed.id)]
        assert (stay["initials"] is not None) is shown
        assert stay["sex"] is not None


def test_a_narrower_permission_is_an_exception_and_a_tie_denies() -> None:
    patient, ward = uuid4(), uuid4()

    def one(word: DirectiveWord, **more: Any) -> ConsentDirective:
        return ConsentDirective(patient_id=patient, word=word, **more)

    deny_all, permit_doctors = one(DENY), one(PERMIT, role="physician")
    deny_ward = one(DENY, ward_id=ward)
    permit_both = one(PERMIT, role="physician", ward_id=ward)
    doctor = Viewer("TREAT", frozenset({"physician"}), frozenset({Scope(uuid4(), ward)}))
    nurse = Viewer("TREAT", frozenset({"nurse"}), frozenset())
    assert refused([deny_all, permit_doctors], nurse) == {patient}
    assert refused([deny_all, permit_doctors], doctor) == frozenset()
    assert refused([deny_all, permit_doctors, deny_ward], doctor) == {patient}
    assert refused([deny_all, deny_ward, permit_both], doctor) == frozenset()
    assert refused([], doctor) == frozenset()


def test_a_directive_holds_in_its_time_only(city: City, corner: Corner) -> None:
    manager = city.enrol("bed-manager", scope=Scope(corner.ids["hospital"]))
    now = city.app.clock()
    said(city, corner, since=now + timedelta(hours=1), until=now + timedelta(hours=2))
    assert name(city, corner, manager) == "Lying"
    wrong: tuple[dict[str, Any], ...] = (
        {"until": now - timedelta(days=1)},
        {"since": now + timedelta(days=2), "until": now + timedelta(days=1)},
        {"since": now.replace(tzinfo=None)},
    )
    for given in wrong:
        with pytest.raises(Invalid):
            said(city, corner, purpose=PurposeOfUse.HRESCH, **given)


def test_merging_takes_the_directives_along_and_hides_both_records(
    city: City, corner: Corner
) -> None:
    manager = city.enrol("bed-manager", scope=Scope(corner.ids["hospital"]))
    said(city, corner, purpose=PurposeOfUse.HRESCH)
    survivor, _ = arrive(city, corner, "Survivor")
    city.do(MergePatients(survivor_id=survivor, merged_id=corner.ids["patient"]))
    corner.ids["patient"] = survivor
    assert name(city, corner, manager, "HRESCH") is None
    with reading(city.app.engine) as session:
        directives = session.exec(select(ConsentDirective.patient_id)).all()
        moved = session.get(Encounter, corner.ids["encounter"])
        hidden = refusing_subjects(session, city.app.clock(), Viewer("HRESCH", frozenset(),
                                                                      frozenset()))  # fmt: skip
    assert survivor in directives
    assert moved is not None
    assert moved.subject in hidden  # what happened to the record that is no more


def test_an_erased_patients_refusal_stays_and_nobody_changes_it(city: City, corner: Corner) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    custodian = city.enrol("key-custodian", scope=NETWORK)
    erasure = corner.ids["erasure"]
    with reading(city.app.engine) as session:
        row = session.get(Erasure, erasure)
        assert row is not None
        gone = row.patient_id
    refusal = RecordConsentDirective(patient_id=gone, word=DENY, purpose=PurposeOfUse.HRESCH)
    directive = city.do(refusal, officer)
    city.do(ApproveErasure(erasure_id=erasure), custodian)
    for change in (refusal, WithdrawConsentDirective(directive_id=directive.id)):
        with pytest.raises(Conflict) as why:
            city.do(change, officer)
        assert why.value.reason == "ERASED"
    with reading(city.app.engine) as session:
        kept = session.get(ConsentDirective, directive.id)
    assert kept is not None
    assert kept.withdrawn_at is None


def test_what_makes_no_sense_is_refused_and_nothing_is_kept(city: City, corner: Corner) -> None:
    def count() -> int:
        with reading(city.app.engine) as session:
            return len(session.exec(select(ConsentDirective.id)).all())

    before = count()
    wrong: tuple[tuple[dict[str, Any], type[Exception]], ...] = (
        ({"word": PERMIT}, Invalid),
        ({"purpose": PurposeOfUse.ETREAT}, Invalid),
        ({"reader_role": "ghost"}, Invalid),
        ({"reader_role": "ward-reading"}, Invalid),  # a part of roles, held by nobody
        ({"reader_ward_id": new_id()}, NotFound),
    )
    for given, kind in wrong:
        with pytest.raises(kind):
            said(city, corner, **given)
    nurse = city.enrol("nurse", scope=corner.scope)
    command = RecordConsentDirective(patient_id=corner.ids["patient"], word=DENY)
    with pytest.raises(Denied):
        city.do(command, nurse)
    assert count() == before
    said(city, corner, purpose=PurposeOfUse.HRESCH)
    with pytest.raises(Conflict) as why:
        said(city, corner, PERMIT, purpose=PurposeOfUse.HRESCH)
    assert why.value.reason == "DIRECTIVE_KNOWN"
    assert count() == before + 1


def test_a_patient_has_at_most_so_many(city: City, corner: Corner) -> None:
    roles = ("bed-manager", "house-supervisor")
    named = [(purpose, role) for purpose in STATED for role in roles]
    for purpose, role in named[:MOST]:
        said(city, corner, purpose=PurposeOfUse(purpose), reader_role=role)
    with pytest.raises(Conflict) as why:
        said(city, corner)
    assert why.value.reason == "DIRECTIVES_MANY"


def test_directives_are_read_on_record_and_their_changes_are_entries(
    city: City, corner: Corner
) -> None:
    said(city, corner, purpose=PurposeOfUse.HQUALIMP, reader_role="physician")
    change = last_entry(city)["change"][0]
    assert change["table"] == "consent_directive"
    fields = {field: new for field, _, new in change["fields"]}
    assert (fields["word"], fields["purpose"], fields["role"]) == ("DENY", "HQUALIMP", "physician")
    nurse = city.enrol("charge-nurse", scope=corner.scope)
    found = execute(city, nurse, SAID, {"p": str(corner.ids["patient"])}).data
    assert found is not None
    first, *rest = found["consentDirectives"]["nodes"]
    assert (first["word"], first["purpose"], first["readerRole"]) == (
        "DENY", "HQUALIMP", "physician")  # fmt: skip
    assert rest == []
    entry = last_entry(city)
    assert (entry["action"], entry["fields"]) == (
        "directive.read", ["Patient.consent_directives"])  # fmt: skip


@pytest.mark.parametrize("cares", [False, True])
def test_no_field_about_a_person_shows_who_has_refused(cares: bool) -> None:
    """Every output field there is, not only those whose author thought of it."""
    subject, shown = uuid4(), object()
    withheld = Withheld(frozenset({subject}), RECORDED)
    walked: set[DataClass] = set()
    for origin, field, label, kind in output_fields():
        if kind not in RECORDED or not issubclass(origin, View):
            continue
        walked.add(kind)
        for who, expected in ((subject, shown if cares else None), (uuid4(), shown)):
            disclosures = Disclosures()
            view = object.__new__(origin)
            view.sight = Sight(NETWORK, frozenset(DataClass), disclosures, None, withheld, cares)  # type: ignore[arg-type]  # nothing is sealed here
            view.subject = who
            setattr(view, field, shown)
            assert look(view, field) is expected, label
            assert bool(disclosures.shown) is (expected is shown)
    assert walked == RECORDED


def test_every_view_with_such_fields_says_whom_it_is_about() -> None:
    silent = {
        origin.__name__
        for origin, _, _, kind in output_fields()
        if kind in RECORDED and issubclass(origin, View)
        and "subject=" not in inspect.getsource(origin)
        and "closed(" not in inspect.getsource(inspect.getmodule(origin) or origin)
    }  # fmt: skip
    assert silent == {"InboundText"}  # a parked message: nobody knows yet whose it is


def test_both_databases_weigh_and_merge_alike(world: World) -> None:
    one, other = world.arrive(), world.arrive()
    world.run(RecordConsentDirective(
        patient_id=one.patient_id, word=DENY, purpose=PurposeOfUse.HRESCH,
        reader_ward_id=world.ward_b.id,
    ))  # fmt: skip
    world.run(MergePatients(survivor_id=other.patient_id, merged_id=one.patient_id))
    reader = Viewer("HRESCH", frozenset(), frozenset({world.ward_b.scope}))
    with Session(world.engine) as session:
        assert refusing_subjects(session, world.now, reader) == {one.subject, other.subject}
        for else_ in (replace(reader, purpose="TREAT"), replace(reader, places=frozenset())):
            assert refusing_subjects(session, world.now, else_) == frozenset()
