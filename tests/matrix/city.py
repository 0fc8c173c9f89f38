"""Two hospitals of two wards each on a real database, one of everything in each ward.

`fill` goes through the pipeline; what has no command (an account's role) is arranged past it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, select

from app.questions import Questions
from app.solver_process import SolverLimits
from app.wiring import App
from authz.sessions import BEARER, new_secret
from domain.accounts.devices import IssueScreenToken
from domain.accounts.model import Account, RoleBinding
from domain.admissions.commands import RequestAdmission, SetTheatreSession
from domain.alarms.commands import RaiseAlarm
from domain.alarms.lifecycle import Cause
from domain.alarms.model import AlarmFlood, AlarmKind, Severity
from domain.alarms.rule_commands import DraftRule
from domain.backups.commands import RecordBackup
from domain.backups.model import BackupAct
from domain.beds.cleaning import MarkDirty
from domain.beds.commands import AddBed, AdmitPatient, HoldBed, RequestBed
from domain.beds.waivers import WaiveRoomSex
from domain.break_glass.ending import EndBreakGlass
from domain.break_glass.model import BreakGlassReason
from domain.break_glass.requesting import RequestBreakGlass
from domain.devices.commands import AttachDevice, NameDeviceMetric, RegisterDevice
from domain.devices.model import DeviceKind
from domain.devices.verifiers import new_device_secret
from domain.inbound.handling import ParkInbound
from domain.inbound.model import Door
from domain.inbound.receipts import Envelope, Obstacle
from domain.keys.commands import RequestKeyRotation
from domain.keys.model import RotationKind
from domain.notices.duties import AddDutyContact, SendDutyTest
from domain.notices.on_call import SetOnCall
from domain.notices.planning import PlanDeliveries
from domain.notices.words import Channel
from domain.outbound.model import OutboundMessage, OutboundState
from domain.outbound.planning import BeginOutbound, PlanOutbound, Word
from domain.outbound.sending import SettleOutbound
from domain.patients.care import AssignCare
from domain.patients.commands import Identity, RegisterEncounter, RegisterPatient
from domain.patients.describing import DescribeWard
from domain.patients.episodes import SetExpectedDischarge, StatePlacementNeed
from domain.patients.identity import Identifier
from domain.patients.model import EncounterStatus, Isolation, Sex
from domain.patients.preferring import StatePreferences
from domain.places.commands import AddRoom, OpenHospital, OpenWard
from domain.places.model import ApprovalMode, ModeReason, RoomKind, RoomSex
from domain.places.modes import SwitchApprovalMode
from domain.plans.approval_commands import ProposeApprovalRule
from domain.plans.approval_model import Effect
from domain.plans.kinds import kind_of
from domain.plans.model import ProposalItem, SolverRun
from domain.plans.runs import ClaimRun, RecordPlan, RequestBedPlan
from domain.pressure.commands import DeclarePressure
from domain.pressure.model import PressureReason
from domain.privacy.erasing import RequestErasure
from domain.privacy.holds import HoldPatient
from domain.privacy.model import ErasureReason, HoldReason
from domain.reviews.model import FlagKind, ReviewItem
from domain.rosters.asking import RequestRosterPlan
from domain.rosters.care_asking import RequestCarePlan
from domain.rosters.doctor_wishes import StateDoctorWish
from domain.rosters.preference_model import DoctorWord
from domain.rosters.swaps import AskSwap
from domain.scenarios.commands import ChangeKind, RequestScenario, ScenarioChange
from domain.scenarios.transfer_commands import (
    NetworkChange,
    RequestTransferScenario,
    TransferChangeKind,
)
from domain.staff.commands import LinkStaffAccount, RegisterStaff
from domain.staff.duties import AssignDuty
from domain.staff.identity import StaffIdentity
from domain.staff.model import AbsenceKind, Profession
from domain.staff.roster_model import Want
from domain.staff.rosters import OpenRoster, PublishRoster
from domain.staff.shifts import DefineShift
from domain.staff.terms import RecordAbsence, SetContract, SetSkill
from domain.staff.wishes import StateWish
from domain.transfers.commands import RecordConsent, RequestTransfer, SetTravelTime
from domain.transfers.planning import RequestTransferPlan
from domain.transfers.words import TransferReason
from kit.command import Command
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.work import NETWORK, Actor, ActorKind, Scope
from tests.house import enrol

T = TypeVar("T")
PROGRAM = Actor(UUID(int=1), ActorKind.SYSTEM)
SEEDER_ROLES = (
    "system-administrator",
    "house-supervisor",
    "charge-nurse",
    "duty-executive",
    "device-technician",
    "roster-planner",
    "key-custodian",
)
OBSTACLE = Obstacle(reason="UNKNOWN_WARD", text="no such ward")
HOSPITALS, WARDS = ("EAST", "WEST"), ("A", "B")


@dataclass
class Corner:
    """One ward and the ids of what is in it, by the name that arguments give them."""

    scope: Scope
    ids: dict[str, UUID] = field(default_factory=dict)


@dataclass
class City:
    """`corners` by hospital and ward code, e.g. `EAST/A`; `people` as they are asked for."""

    app: App
    url: str
    seeder: Actor
    corners: dict[str, Corner] = field(default_factory=dict)

    def do(self, command: Command[T], actor: Actor | None = None) -> T:
        return self.app.pipeline.run(actor or self.seeder, command).result

    def enrol(self, *roles: str, scope: Scope) -> Actor:
        actor = enrol(self.url, *roles, scope=scope)
        self.app.decisions.reload()
        return actor


class AtOnce(Questions):
    """Answers in this process: hundreds of cells ask, and a process each would take a minute."""

    def answer(self, kind: str, problem: bytes, question: dict[str, Any]) -> dict[str, Any]:
        return kind_of(kind).answer(problem, question, SolverLimits(2.0, 0, 0))


def fill(
    app: App, url: str, hospitals: Sequence[str] = HOSPITALS, wards: Sequence[str] = WARDS
) -> City:
    """Everything in every ward, a second for each: ask for no more than a test looks at."""
    app.questions = AtOnce()
    city = City(app, url, enrol(url, *SEEDER_ROLES))
    app.decisions.reload()
    for code in hospitals:
        hospital = city.do(OpenHospital(code=code, name_zh=code, name_en=code))
        for ward_code in wards:
            ward = city.do(
                OpenWard(hospital_id=hospital.id, code=ward_code, name_zh=ward_code,
                         name_en=ward_code, licensed_beds=12, staffed_beds=12)
            )  # fmt: skip
            corner = Corner(ward.scope, {"hospital": hospital.id, "ward": ward.id})
            _furnish(city, corner)
            _people(city, corner)
            _upkeep(city, corner, f"{code} {ward_code}")
            _wishes(city, corner)
            _plan(city, corner)
            _approval_rule(city, corner)
            _devices(city, corner)
            _alarm(city, corner)
            _rule(city, corner, f"{code}-{ward_code}".lower())
            _outbound(city, corner, f"{code}-{ward_code}".lower())
            _notices(city, corner)
            _break_glass(city, corner)
            _staff(city, corner, f"{code}-{ward_code}".lower())
            _care(city, corner, f"{code}-{ward_code}".lower())
            city.corners[f"{code}/{ward_code}"] = corner
    _transfers(city)
    _privacy(city)
    city.do(RecordBackup(act=BackupAct.MADE, file="a.wgb", took_ms=7), PROGRAM)
    rotation = city.do(RequestKeyRotation(kind=RotationKind.SUBJECT))
    for corner in city.corners.values():
        corner.ids["rotation"] = rotation.id
    return city


def _privacy(city: City) -> None:
    officer = city.enrol("compliance-officer", scope=NETWORK)
    for corner in city.corners.values():
        held = HoldPatient(patient_id=corner.ids["other_patient"], reason=HoldReason.COMPLAINT)
        corner.ids["legal_hold"] = city.do(held, officer).id
        gone = city.do(RegisterPatient(hospital_id=corner.ids["hospital"], identity=Identity()))
        asked = RequestErasure(patient_id=gone.id, reason=ErasureReason.MISTAKE)
        corner.ids["erasure"] = city.do(asked, officer).id


def _transfers(city: City) -> None:
    """Of each ward a patient is to go to a third hospital, and one of that is to come."""
    far = city.do(OpenHospital(code="FAR", name_zh="FAR", name_en="FAR"))
    ward = city.do(OpenWard(hospital_id=far.id, code="F", name_zh="F", name_en="F",
                            licensed_beds=4, staffed_beds=4))  # fmt: skip
    distant = Corner(ward.scope, {"hospital": far.id, "ward": ward.id})
    coordinator = city.enrol("network-coordinator", scope=NETWORK)
    for name, corner in city.corners.items():
        ids = corner.ids
        ids["other_hospital"] = far.id
        ids["transfer"] = city.do(RequestTransfer(
            encounter_id=ids["waiting_encounter"], to_hospital_id=far.id,
            reason=TransferReason.CAPACITY,
        )).id  # fmt: skip
        _, coming = arrive(city, distant, f"Coming {name}")
        ids["incoming"] = city.do(RequestTransfer(
            encounter_id=coming, to_hospital_id=ids["hospital"], reason=TransferReason.CAPACITY,
        )).id  # fmt: skip
        way = SetTravelTime(hospital_id=ids["hospital"], to_hospital_id=far.id, minutes=30)
        city.do(way, coordinator)
        ids["transfer_plan"] = city.do(RequestTransferPlan(hospital_id=ids["hospital"])).id
        ids["transfer_scenario"] = city.do(RequestTransferScenario(
            hospital_id=ids["hospital"],
            network_changes=(NetworkChange(kind=TransferChangeKind.HOSPITAL_CLOSED,
                                           at_hospital_id=ids["other_hospital"]),),
        )).id  # fmt: skip
        ids["declaration"] = city.do(DeclarePressure(
            hospital_id=ids["hospital"], level=2, reason=PressureReason.EXERCISE,
            ends_at=city.app.clock() + timedelta(hours=1),
        )).id  # fmt: skip
        city.do(RecordConsent(encounter_id=ids["encounter"], given=True))
        for mode in (ApprovalMode.SURGE, ApprovalMode.PEACETIME):
            city.do(SwitchApprovalMode(hospital_id=ids["hospital"], mode=mode,
                                       reason=ModeReason.EXERCISE))  # fmt: skip


def _furnish(city: City, corner: Corner) -> None:
    room = city.do(
        AddRoom(ward_id=corner.ids["ward"], code="1", kind=RoomKind.BAY, sex_policy=RoomSex.MIXED)
    )
    corner.ids["room"] = room.id
    for name in ("taken_bed", "held_bed", "dirty_bed", "bed", "spare_bed", "last_bed"):
        corner.ids[name] = city.do(AddBed(room_id=room.id, code=name)).id


def _people(city: City, corner: Corner) -> None:
    ids = corner.ids
    ids["patient"], ids["encounter"] = arrive(city, corner, "Lying")
    ids["stay"] = city.do(AdmitPatient(encounter_id=ids["encounter"], bed_id=ids["taken_bed"])).id
    ids["other_patient"], ids["other_encounter"] = arrive(city, corner, "Held")
    held = city.do(RequestBed(encounter_id=ids["other_encounter"], target_ward_id=ids["ward"]))
    ends = city.app.clock() + timedelta(hours=1)
    ids["hold"] = city.do(HoldBed(request_id=held.id, bed_id=ids["held_bed"], expires_at=ends)).id
    _, ids["waiting_encounter"] = arrive(city, corner, "Waiting")
    ids["request"] = city.do(
        RequestBed(encounter_id=ids["waiting_encounter"], target_ward_id=ids["ward"])
    ).id
    _, ids["planned_encounter"] = arrive(city, corner, "Planned", EncounterStatus.PLANNED)
    _, elective = arrive(city, corner, "Elective", EncounterStatus.PLANNED)
    first = city.app.clock().date()
    ids["admission"] = city.do(
        RequestAdmission(encounter_id=elective, earliest=first, latest=first + timedelta(days=9),
                         nights=2, specialty="SURG")
    ).id  # fmt: skip
    city.do(SetTheatreSession(hospital_id=ids["hospital"], specialty="SURG",
                              day=first + timedelta(days=50), minutes=240))  # fmt: skip
    city.do(StatePlacementNeed(encounter_id=ids["encounter"], isolation=Isolation.CONTACT,
                               organism="MRSA"))  # fmt: skip
    city.do(SetExpectedDischarge(encounter_id=ids["encounter"], expected_at=ends))


def arrive(
    city: City, corner: Corner, family: str, status: EncounterStatus = EncounterStatus.ARRIVED
) -> tuple[UUID, UUID]:
    """A new patient and the encounter, in the corner's ward."""
    number = f"{corner.ids['ward']} {family}"
    patient = city.do(
        RegisterPatient(
            hospital_id=corner.ids["hospital"], sex=Sex.FEMALE, birth_date=date(1950, 5, 5),
            identity=Identity(family_en=family, given_en="Given", phone="13800138000"),
            identifiers=(Identifier(system="MRN", value=number),),
        )
    )  # fmt: skip
    encounter = city.do(
        RegisterEncounter(patient_id=patient.id, ward_id=corner.ids["ward"], status=status)
    )
    return patient.id, encounter.id


def _upkeep(city: City, corner: Corner, title: str) -> None:
    ids, ends = corner.ids, city.app.clock() + timedelta(hours=1)
    ids["task"] = city.do(MarkDirty(bed_id=ids["dirty_bed"], reason="SPILL")).id
    ids["waiver"] = city.do(WaiveRoomSex(ward_id=ids["ward"], reason="FULL", valid_until=ends)).id
    ids["account"] = city.enrol("nurse", scope=corner.scope).id
    ids["assignment"] = city.do(
        AssignCare(account_id=ids["account"], encounter_id=ids["encounter"])
    ).id
    ids["message"] = city.do(ParkInbound(envelope=envelope(corner, title), obstacle=OBSTACLE)).id
    secret = new_secret(BEARER)
    ids["token"] = city.do(
        IssueScreenToken(ward_id=ids["ward"], title=title, secret=secret)
    ).token.id
    with reading(city.app.engine) as session:
        binding = select(RoleBinding.id).where(RoleBinding.user_id == ids["account"])
        ids["binding"] = session.exec(binding).one()


def _outbound(city: City, corner: Corner, peer: str) -> None:
    """A message that the peer refused: a person decides what becomes of it."""
    ids, hospital_id = corner.ids, corner.ids["hospital"]
    begun = BeginOutbound(hospital_id=hospital_id, peer=peer, transaction=0, row=0)
    city.do(begun, PROGRAM)
    dirty = Word(bed_id=ids["dirty_bed"], word="H", silent=False)
    city.do(PlanOutbound(hospital_id=hospital_id, peer=peer, before=(0, 0), after=(0, 1),
                         at=city.app.clock(), words=(dirty,)), PROGRAM)  # fmt: skip
    with reading(city.app.engine) as session:
        asked = select(OutboundMessage.id).where(OutboundMessage.peer == peer)
        ids["outbound"] = session.exec(asked).one()
    city.do(SettleOutbound(outbound_id=ids["outbound"], state=OutboundState.PARKED, attempts=1,
                           reason="AE"), PROGRAM)  # fmt: skip


def envelope(corner: Corner, control_id: str) -> Envelope:
    """A message of which nothing is known but its envelope."""
    return Envelope(
        hospital_id=corner.ids["hospital"], door=Door.HL7, source="test", control_id=control_id,
        kind="ADT^A01", identity=control_id, body="MSH|",
    )  # fmt: skip


def _devices(city: City, corner: Corner) -> None:
    """A monitor at a bed, with a password and a metric, and a gateway that speaks for none."""
    ids, secret = corner.ids, new_device_secret()
    registered = city.do(
        RegisterDevice(
            hospital_id=ids["hospital"], ward_id=ids["ward"], kind=DeviceKind.MONITOR,
            code=f"monitor-{ids['ward']}", secret=secret.plain, verifier=secret.verifier,
        )
    )  # fmt: skip
    ids["device"] = registered.device.id
    ids["credential"] = registered.issued.credential.id if registered.issued else ids["device"]
    city.do(AttachDevice(device_id=ids["device"], bed_id=ids["taken_bed"]))
    city.do(NameDeviceMetric(device_id=ids["device"], alias="HR", metric="hr"))
    gateway = city.do(
        RegisterDevice(
            hospital_id=ids["hospital"], ward_id=ids["ward"], kind=DeviceKind.GATEWAY,
            code=f"gateway-{ids['ward']}",
        )
    )  # fmt: skip
    ids["gateway"] = gateway.device.id


def _plan(city: City, corner: Corner) -> None:
    ids = corner.ids
    plan = city.do(RequestBedPlan(hospital_id=ids["hospital"], ward_id=ids["ward"]))
    city.do(ClaimRun(proposal_id=plan.id), PROGRAM)
    with Session(city.app.engine) as session:
        run = session.get(SolverRun, plan.run_id)
        assert run is not None
        problem = bytes(run.problem)
        session.rollback()
    answer = kind_of("beds").solve(problem, SolverLimits(5.0, 0, 0), lambda _progress: None)
    city.do(RecordPlan(proposal_id=plan.id, answer=answer), PROGRAM)
    with reading(city.app.engine) as session:
        item = session.exec(select(ProposalItem).where(ProposalItem.proposal_id == plan.id)).one()
        ids["plan"], ids["item"], ids["asked_request"] = plan.id, item.id, UUID(item.key)
    closed = ScenarioChange(kind=ChangeKind.WARD_CLOSED, ward_id=ids["ward"])
    what_if = RequestScenario(hospital_id=ids["hospital"], changes=(closed,))
    ids["scenario"] = city.do(what_if).id


def _wishes(city: City, corner: Corner) -> None:
    city.do(StatePreferences(encounter_id=corner.ids["encounter"], languages=("zh",)))
    city.do(DescribeWard(ward_id=corner.ids["ward"], languages=("zh",), nurse_sexes=("F", "M")))


def _approval_rule(city: City, corner: Corner) -> None:
    rule = ProposeApprovalRule(
        hospital_id=corner.ids["hospital"], plan_kind="beds", mode=ApprovalMode.SURGE,
        effect=Effect.ORDINARY, approvals=1,
    )  # fmt: skip
    corner.ids["approval_rule"] = city.do(rule).id


def rule_example(code: str) -> dict[str, Any]:
    """An alarm rule in its plain form."""
    return {
        "id": code, "metric": "hr", "kind": "threshold", "op": ">", "threshold": 180,
        "severity": "high", "text": {"zh": "{metric} {place}", "en": "{metric} {place}"},
    }  # fmt: skip


def _rule(city: City, corner: Corner, code: str) -> None:
    ids = corner.ids
    drafted = city.do(
        DraftRule(hospital_id=ids["hospital"], rule=rule_example(code), ward_id=ids["ward"])
    )
    ids["rule"] = drafted.id


def _alarm(city: City, corner: Corner) -> None:
    """A silent device, and a flood that is said to have begun with it."""
    ids = corner.ids
    raised = city.do(RaiseAlarm(cause=cause(corner)), PROGRAM)
    flood = AlarmFlood(
        hospital_id=ids["hospital"], ward_id=ids["ward"], place=corner.scope.path,
        alarm_id=raised.id, since=city.app.clock(),
        next_step_at=city.app.clock() + timedelta(hours=1), alarms=11,
    )  # fmt: skip
    ids["alarm"], ids["flood"] = raised.id, flood.id
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        session.add(flood)
        session.commit()
    engine.dispose()


def _notices(city: City, corner: Corner) -> None:
    """A nurse on call, a system that is told of what they are, and a test of it."""
    ids = corner.ids
    contact = city.do(AddDutyContact(
        hospital_id=ids["hospital"], ward_id=ids["ward"], duty="role:nurse", secret="s" * 16,
        channel=Channel.WEBHOOK, address="https://hooks.example.org/",
    )).contact  # fmt: skip
    ids["contact"] = contact.id
    ids["delivery"] = city.do(SendDutyTest(contact_id=contact.id)).id
    ids["on_call"] = city.do(SetOnCall(
        hospital_id=ids["hospital"], ward_id=ids["ward"], duty="role:nurse",
        account_id=ids["account"],
    )).id  # fmt: skip
    city.do(PlanDeliveries(hospital_id=ids["hospital"]), PROGRAM)


def _break_glass(city: City, corner: Corner) -> None:
    """Somebody broke the glass of the patient, and it is over and to be judged."""
    physician = Actor(city.enrol("physician", scope=corner.scope).id, session=new_id())
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        account = session.get(Account, physician.id)
        assert account is not None
        account.kind, account.login_name, account.totp_confirmed = (
            ActorKind.PERSON, f"physician.{account.id}", True,
        )  # fmt: skip
        session.commit()
    engine.dispose()
    grant = city.do(RequestBreakGlass(
        patient_id=corner.ids["patient"], reason_code=BreakGlassReason.URGENT_CARE,
        reason_text="collapsed in the corridor", minutes=15, credential=1, totp_step=1,
    ), physician)  # fmt: skip
    corner.ids["grant"] = city.do(EndBreakGlass(grant_id=grant.id), physician).id
    corner.ids["subject"] = grant.subject or grant.id
    item = ReviewItem(
        hospital_id=grant.hospital_id, kind=FlagKind.VIP, subject=corner.ids["subject"],
        reader_id=physician.id, role="physician", leaf=0, last_leaf=0, first_at=grant.since,
        last_at=grant.since, due_at=grant.until,
    )  # fmt: skip
    corner.ids["review"] = item.id
    engine = open_engine(city.url, guarded=False)
    with Session(engine) as session:
        session.add(item)
        session.commit()
    engine.dispose()


def _staff(city: City, corner: Corner, number: str) -> None:
    """Two nurses of the ward, a shift, a published roster, and a duty of the first."""
    ids, today = corner.ids, city.app.clock().date()
    for name in ("staff", "other_staff"):
        member = city.do(RegisterStaff(
            hospital_id=ids["hospital"], home_ward_id=ids["ward"], number=f"{number}-{name}",
            profession=Profession.NURSE, joined_on=today - timedelta(days=400),
            identity=StaffIdentity(family_en="Nurse", given_en=number, phone="13800138000"),
        ))  # fmt: skip
        ids[name] = member.id
        city.do(SetContract(staff_id=member.id, from_day=today - timedelta(days=400),
                            weekly_minutes=2400))  # fmt: skip
        city.do(SetSkill(staff_id=member.id, skill="WARD", valid_from=today))
    nurse = city.enrol("nurse", scope=corner.scope).id
    city.do(LinkStaffAccount(staff_id=ids["staff"], account_id=nurse))
    ids["shift"] = city.do(DefineShift(
        ward_id=ids["ward"], code="D", name_zh="白班", name_en="Day", starts_minute=480,
        minutes=480, skill="WARD",
    )).id  # fmt: skip
    first = today + timedelta(days=40)
    ids["roster"] = city.do(
        OpenRoster(ward_id=ids["ward"], from_day=first, until_day=first + timedelta(days=7))
    ).id
    ids["duty"] = city.do(AssignDuty(staff_id=ids["staff"], shift_id=ids["shift"], day=first)).id
    city.do(PublishRoster(roster_id=ids["roster"]))
    ids["swap"] = city.do(
        AskSwap(duty_id=ids["duty"], other_staff_id=ids["other_staff"]),
        Actor(nurse, ActorKind.SERVICE, session=new_id()),
    ).id
    plan = city.do(RequestRosterPlan(
        hospital_id=ids["hospital"], ward_id=ids["ward"], from_day=first, days=2,
    ))  # fmt: skip
    ids["roster_plan"] = plan.id
    ids["absence"] = city.do(RecordAbsence(
        staff_id=ids["other_staff"], absence_kind=AbsenceKind.VACATION,
        from_day=first + timedelta(days=20), until_day=first + timedelta(days=30),
    )).id  # fmt: skip
    ids["wish"] = city.do(
        StateWish(staff_id=ids["staff"], day=first + timedelta(days=15), want=Want.OFF)
    ).id


def _care(city: City, corner: Corner, number: str) -> None:
    """A doctor who is on duty today and tomorrow, and a plan of whom to look after."""
    ids, today = corner.ids, city.app.clock().date()
    ids["doctor"] = city.do(RegisterStaff(
        hospital_id=ids["hospital"], home_ward_id=ids["ward"], number=f"{number}-doctor",
        profession=Profession.DOCTOR, joined_on=today - timedelta(days=400),
        identity=StaffIdentity(family_en="Doctor"),
    )).id  # fmt: skip
    account = city.enrol("physician", scope=corner.scope).id
    city.do(LinkStaffAccount(staff_id=ids["doctor"], account_id=account))
    city.do(SetContract(staff_id=ids["doctor"], from_day=today - timedelta(days=400),
                        weekly_minutes=2400))  # fmt: skip
    shift = city.do(DefineShift(
        ward_id=ids["ward"], code="DOC", name_zh="医生班", name_en="Doctor", starts_minute=0,
        minutes=1440, profession=Profession.DOCTOR,
    ))  # fmt: skip
    first = today - timedelta(days=1)
    roster = city.do(
        OpenRoster(ward_id=ids["ward"], from_day=first, until_day=today + timedelta(days=3))
    )
    for day in range(3):
        given = AssignDuty(staff_id=ids["doctor"], shift_id=shift.id,
                           day=first + timedelta(days=day))  # fmt: skip
        city.do(given)
    city.do(PublishRoster(roster_id=roster.id))
    city.do(StateDoctorWish(encounter_id=ids["encounter"], doctor_id=ids["doctor"],
                            word=DoctorWord.WISHED))  # fmt: skip
    asked = RequestCarePlan(hospital_id=ids["hospital"], ward_id=ids["ward"])
    ids["care_plan"] = city.do(asked).id


def cause(corner: Corner) -> Cause:
    """The corner's device has fallen silent."""
    return Cause(
        kind=AlarmKind.NO_DATA, severity=Severity.HIGH, hospital_id=corner.ids["hospital"],
        ward_id=corner.ids["ward"], device_id=corner.ids["device"], text_zh="没有数据",
        entity=f"device:{corner.ids['device']}", text_en="no data",
    )  # fmt: skip
