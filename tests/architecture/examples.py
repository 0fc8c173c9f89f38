"""An example of every command there is, pointed at one corner of the city.

Built from the command's fields by name: a command with a field of a new name fails until somebody
says here what it means.
"""

import pkgutil
import typing
from dataclasses import MISSING, fields
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import domain
from domain.accounts.founding import FOUNDING_ROLES, Founder
from domain.alarms.lifecycle import Cause
from domain.alarms.model import AlarmKind, Severity
from domain.analysis.releasing import AnalysisFormat
from domain.analysis.words import Dataset, Dimension
from domain.backups.model import BackupAct
from domain.beds.model import BlockReason, CleaningPriority
from domain.break_glass.model import BreakGlassReason
from domain.devices.model import DeviceKind
from domain.devices.verifiers import verifier_of
from domain.forecasts.words import ForecastMeasure
from domain.inbound.events import AdtEvent
from domain.inbound.handling import KeepParked
from domain.keys.model import RotationKind
from domain.notices.words import Channel, sent
from domain.outbound.model import OutboundState
from domain.patients.directive_model import DirectiveWord
from domain.patients.identity import Identifier, Identity
from domain.patients.preference_model import RoomWish
from domain.places.model import ApprovalMode, CareLevel, ModeReason
from domain.plans.approval_model import Effect
from domain.plans.commands import OverrideReason
from domain.pressure.model import PressureReason
from domain.privacy.exporting import AuditFormat
from domain.privacy.model import ErasureReason, HoldReason
from domain.reviews.model import ReviewVerdict
from domain.rosters.preference_model import DoctorWord
from domain.scenarios.commands import ChangeKind, ScenarioChange
from domain.scenarios.transfer_commands import NetworkChange, TransferChangeKind
from domain.staff.identity import StaffIdentity
from domain.staff.model import AbsenceKind, Profession
from domain.staff.roster_model import Want
from domain.transfers.words import (
    CancelReason,
    DeclineReason,
    InfoTopic,
    OverrideCause,
    TransferReason,
)
from kit.command import Command, all_commands
from kit.work import ActorKind
from tests.matrix.corner import City, Corner
from tests.matrix.equipment import cause, envelope, rule_example
from tests.matrix.people import OBSTACLE

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
POINTS_AT = {
    "account_id": "account", "alarm_id": "alarm", "contact_id": "contact",
    "delivery_id": "delivery", "on_call_id": "on_call", "assignment_id": "assignment", "bed_id": "bed",
    "binding_id": "binding", "credential_id": "credential", "device_id": "device",
    "encounter_id": "encounter", "flood_id": "flood", "grant_id": "grant", "review_id": "review", "hold_id": "hold",
    "hospital_id": "hospital", "item_id": "item", "message_id": "message", "merged_id": "other_patient",
    "other_id": "other_encounter", "outbound_id": "outbound", "patient_id": "patient", "proposal_id": "plan", "approval_rule_id": "approval_rule", "legal_hold_id": "legal_hold", "directive_id": "directive", "erasure_id": "erasure", "segment_id": "segment", "pruning_id": "pruning",
    "request_id": "request", "rotation_id": "rotation", "rule_id": "rule", "room_id": "room", "stay_id": "stay", "survivor_id": "patient",
    "absence_id": "absence", "admission_id": "admission", "duty_id": "duty", "other_duty_id": "duty", "other_staff_id": "other_staff",
    "roster_id": "roster", "shift_id": "shift", "staff_id": "staff", "doctor_id": "doctor", "to_account_id": "account", "swap_id": "swap", "wish_id": "wish",
    "task_id": "task", "declaration_id": "declaration", "to_hospital_id": "other_hospital", "transfer_id": "transfer", "token_id": "token", "waiver_id": "waiver", "ward_id": "ward",
}  # fmt: skip
SAID: dict[str, Any] = {
    "segment_number": 1, "last_leaf": 9, "first_at": NOON, "last_at": NOON, "manifest": "ab" * 32, "keep_days": 183,
    "made": (), "stays": (), "first_leaf": 0, "subjects": (UUID(int=9),), "leaf": "ab" * 32,
    "act": BackupAct.MADE, "fault": None, "file": "a.wgb", "size_bytes": 1, "leaves": 1, "took_ms": 1,
    "changes": (ScenarioChange(kind=ChangeKind.ARRIVALS_PLUS, percent=100),),
    "network_changes": (NetworkChange(kind=TransferChangeKind.ARRIVALS_PLUS, percent=100),),
    "address": "ward@example.org", "attempt": 1, "channel": Channel.EMAIL, "duty": "role:nurse",
    "outcome": sent("SMTP_250"), "status": "5.1.1",
    "after": (0, 1), "at": NOON, "attempts": 1, "before": (0, 0), "peer": "x9", "row": 0,
    "state": OutboundState.DELIVERED, "transaction": 0,
    "name": "ledger_lag", "rule": rule_example("x9"), "value": 1.0,
    "alias": "HR", "answer": {}, "code": "X9", "credential": 1, "device": "d" * 40, "days": 90,
    "entity": "service:x", "failures": 1, "longest_shelf_s": 600, "ack_timeout_s": 600,
    "birth_date": None, "blocked_until": None, "expected_at": None,
    "due_at": datetime(2099, 1, 1, tzinfo=UTC), "fingerprint": "ab" * 32, "metric": "hr",
    "room_wish": RoomWish.SINGLE, "languages": ("zh",), "nurse_sex": "F", "family_district": "north",
    "family_minutes": 30, "nurse_sexes": ("F",), "travel": (("north", 20),),
    "plan_kind": "*", "effect": Effect.ORDINARY, "approvals": 1, "above": None,
    "low": 10.0, "high": 90.0, "resolution_s": 60, "block": 0, "messages": (),
    "verifier": verifier_of("secret", b"salt"),
    "founders": tuple(Founder(role, f"{role}.x", "hash", "GEZDGNBVGY3TQOJQ")
                      for role in FOUNDING_ROLES),
    "identifier": Identifier(system="MRN", value="X9"), "identity": Identity(family_en="X"),
    "parts": (), "body": "MSH|", "event": AdtEvent(trigger="A01", at=NOON), "kind": ActorKind.PERSON,
    "licensed_beds": 3, "obstacle": OBSTACLE, "ward_code": "X9", "name_en": "X", "name_key": b"k" * 16, "name_zh": "X",
    "new_hash": None, "password_hash": "hash", "presented": "wgr_x", "refresh": "wgr_y",
    "rehashed": None, "replacement": "wgr_z", "role": "nurse", "secret": "s" * 40,
    "absence_kind": AbsenceKind.SICK, "accept": True, "approve": True, "care_level": CareLevel.WARD, "patients_per_nurse": 5, "profession": Profession.NURSE,
    "number": "X9", "joined_on": NOON.date(), "valid_from": NOON.date(), "day": NOON.date(), "from_day": NOON.date(),
    "until_day": NOON.date() + timedelta(days=7), "skill": "WARD", "weekly_minutes": 2400, "want": Want.OFF,
    "starts_minute": 480, "minutes": 480, "most_moves": 2,
    "earliest": NOON.date(), "latest": NOON.date() + timedelta(days=7), "nights": 2, "specialty": "SURG",
    "staffed_beds": 3, "step": 1, "cause": OverrideCause.UNCONSCIOUS, "given": True, "card": "HUDDLE", "measure": "occupancy", "fall": 80.0, "level": 2, "rise": 86.0,
    "mode": ApprovalMode.SURGE, "topics": (InfoTopic.RESULTS,), "title": "X", "totp_step": None,
    "word": DoctorWord.WISHED,
    "reads": (), "upto": 1, "note": "as it should be", "verdict": ReviewVerdict.APPROPRIATE,
    "month": "2026-01", "months": ("2026-01",), "groups": "{}", "left_out": 0, "rows": 0, "suppressed": 0,
    "dimensions": (Dimension.WARD,), "analysis_format": AnalysisFormat.CSV,
    "audit_format": AuditFormat.CSV, "search": "outcome=denied", "entries": 0, "size": 0,
    "finding": "as it should be", "justified": True, "reason_code": BreakGlassReason.OTHER,
    "reason_text": "collapsed in the corridor",
}  # fmt: skip
REASONS = {
    "BlockReason": BlockReason.REPAIR, "CancelReason": CancelReason.NOT_NEEDED,
    "DeclineReason": DeclineReason.NO_BED, "HoldReason": HoldReason.COMPLAINT, "ErasureReason": ErasureReason.MISTAKE, "ModeReason": ModeReason.EXERCISE,
    "OverrideReason": OverrideReason.CLINICAL, "TransferReason": TransferReason.CAPACITY, "PressureReason": PressureReason.DEMAND,
    "staffed_beds": 3, "step": 1, "title": "X", "totp_step": None,
}  # fmt: skip


def every_command() -> tuple[type[Command[Any]], ...]:
    """All commands of the domain, once every module of it has been read; tests make others."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        import_module(module.name)
    return tuple(one for one in all_commands() if one.__module__.startswith("domain."))


def example(kind: type[Command[Any]], city: City, corner: Corner) -> Command[Any]:
    """The command with what it needs. KeyError names a field that has no example."""
    hints = typing.get_type_hints(kind)
    return kind(
        **{
            one.name: _value(one.name, hints[one.name], city, corner)
            for one in fields(kind)  # type: ignore[arg-type]  # every command is a dataclass
            if one.default is MISSING and one.default_factory is MISSING
        }
    )


def _value(name: str, kind: Any, city: City, corner: Corner) -> Any:
    if name in POINTS_AT and UUID in (kind, *typing.get_args(kind)):
        return corner.ids[POINTS_AT[name]]
    if name in ("expires_at", "expected_until", "valid_until", "until"):
        return city.app.clock() + timedelta(minutes=30)
    if kind is StaffIdentity:
        return StaffIdentity(family_en="X")
    if name == "encounter_ids":
        return (corner.ids["encounter"],)
    if name == "delivery_ids":
        return (corner.ids["delivery"],)
    if name == "cause" and kind is Cause:
        return cause(corner)
    if name == "kind" and kind is AlarmKind:
        return AlarmKind.SERVICE
    if name == "severity":
        return Severity.LOW
    if name == "attempt":
        return KeepParked(message_id=corner.ids["message"], obstacle=OBSTACLE)
    if name == "envelope":
        return envelope(corner, "X9")
    if name == "kind" and kind is str:
        return "ADT^A01"
    if kind is Dataset:
        return Dataset.STAYS
    if kind is DirectiveWord:
        return DirectiveWord.DENY
    if kind is RotationKind:
        return RotationKind.KEK
    if kind is DeviceKind:
        return DeviceKind.PUMP
    if kind is ForecastMeasure:
        return ForecastMeasure.CENSUS
    if name == "reason":
        return REASONS.get(kind.__name__, "SPILL")
    if name == "priority":
        return CleaningPriority.STAT
    return SAID[name]
