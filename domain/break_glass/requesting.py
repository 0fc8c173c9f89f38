"""Breaking the glass: who may, of what, for how long. The password and the one-time code were
proved before the command; it spends the code."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.accounts.credentials import require_credential, use_code
from domain.accounts.endings import own_account, rights_changed
from domain.accounts.model import RoleBinding
from domain.accounts.queries import not_over
from domain.break_glass.model import (
    BreakGlass,
    BreakGlassReason,
    BreakGlassState,
    Target,
    grant_place,
)
from domain.break_glass.rules import BreakGlassRule, rules, rules_of
from domain.break_glass.states import page, turn
from domain.patients.model import Encounter, Patient
from domain.patients.states import LIVE
from domain.places.model import Ward
from domain.places.times import store
from kit.command import Command
from kit.errors import Conflict, Invalid
from kit.ids import new_id
from kit.work import NETWORK, Scope, Work

STARTED = "110127"  # DICOM CID 401: Emergency Override Started
SHORTEST, LONGEST = 10, 500  # characters of a reason


@dataclass(frozen=True, kw_only=True)
class RequestBreakGlass(Command[BreakGlass]):
    """Open a patient's record, or those of a ward's patients, for 15 to 60 minutes in an emergency.

    Asks for password and one-time code again. Compliance is told at once, whatever is done until
    it ends is marked with it, and somebody else judges it afterwards.
    """

    action = "break_glass.start"
    privileged = True

    patient_id: UUID | None = None
    ward_id: UUID | None = None
    reason_code: BreakGlassReason
    reason_text: str = field(repr=False)
    minutes: int
    credential: int
    totp_step: int | None = None  # of the one-time code that was checked

    def scope(self, work: Work) -> Scope:
        """Where the actor holds the role that reaches for this: who works in one ward may have to
        help in another, but nobody reaches into another hospital."""
        unclear = (self.patient_id is None) == (self.ward_id is None)
        place = NETWORK if unclear else self._place(work)
        known = {rule.role for rule in rules()}
        held = (one for one in _held(work, place.hospital) if one.role in known)
        return next((one.scope for one in held if one.hospital_id is not None), place)

    def payload(self) -> dict[str, Any]:
        """A repeated send proves itself anew; it is the same request."""
        told = super().payload()
        return {key: told[key] for key in told if key not in ("credential", "totp_step")}

    def apply(self, work: Work) -> BreakGlass:
        account = own_account(work)
        require_credential(account, self.credential)
        if not account.totp_confirmed:
            raise Conflict("breaking the glass needs one-time codes; enrol them first",
                           reason="TOTP_NEEDED", blocking=account.id)  # fmt: skip
        use_code(account, self.totp_step)
        self._require_reason()
        rule = self._rule(work)
        grant = self._granted(work, rule)
        page(work, grant, work.now)
        turn(work, grant, BreakGlassState.ACTIVE, work.now)
        rights_changed(work)
        work.note(break_glass=str(grant.id), dcm=STARTED, minutes=self.minutes)
        work.emit("BreakGlassStarted", grant.scope, grant=grant.id, account=grant.account_id)
        return grant

    def _place(self, work: Work) -> Scope:
        if (self.patient_id is None) == (self.ward_id is None):
            raise Invalid("name a patient or a ward", field="patientId")
        if self.ward_id is not None:
            return work.get(Ward, self.ward_id).scope
        patient = work.get(Patient, self.patient_id or UUID(int=0))
        return Scope(patient.hospital_id, _ward_of(work, patient))

    def _rule(self, work: Work) -> BreakGlassRule:
        target = Target.WARD if self.ward_id else Target.PATIENT
        place = self._place(work)
        fitting = rules_of({one.role for one in _held(work, place.hospital)}, target)
        if not fitting:
            raise Conflict(f"no role of yours breaks the glass of a {target}",
                           reason="BREAK_GLASS_TARGET")  # fmt: skip
        rule = fitting[0]
        if not rule.least_min <= self.minutes <= rule.most_min:
            raise Invalid(f"{rule.least_min} to {rule.most_min} minutes", field="minutes",
                          reason="BREAK_GLASS_MINUTES")  # fmt: skip
        self._require_room(work, rule)
        return rule

    def _require_room(self, work: Work, rule: BreakGlassRule) -> None:
        mine = work.session.exec(
            select(BreakGlass).where(
                BreakGlass.account_id == work.actor.id, BreakGlass.target == rule.target,
                BreakGlass.state == BreakGlassState.ACTIVE, col(BreakGlass.until) > work.now,
            )
        ).all()  # fmt: skip
        same = [one for one in mine if one.patient_id == self.patient_id
                and self.ward_id in (None, one.ward_id)]  # fmt: skip
        if same:
            raise Conflict(f"open until {same[0].until.isoformat()}", reason="BREAK_GLASS_OPEN",
                           blocking=same[0].id)  # fmt: skip
        if len(mine) >= rule.at_once:
            raise Conflict(f"at most {rule.at_once} at once; end one first",
                           reason="BREAK_GLASS_MANY", blocking=mine[0].id)  # fmt: skip

    def _granted(self, work: Work, rule: BreakGlassRule) -> BreakGlass:
        patient = work.get(Patient, self.patient_id) if self.patient_id else None
        subject = patient.subject if patient else None
        place, key = self._place(work), new_id()
        hospital = place.hospital or UUID(int=0)  # a ward and a patient are in one
        until = work.now + timedelta(minutes=self.minutes)
        sealed_at = grant_place(hospital, key, subject, "reason")
        return store(work, BreakGlass(
            id=key, hospital_id=hospital, ward_id=place.ward, account_id=work.actor.id,
            role=rule.role, target=rule.target, patient_id=self.patient_id, subject=subject,
            reason_code=self.reason_code, reason=work.seal(self.reason_text.strip(), sealed_at),
            state=BreakGlassState.REQUESTED, since=work.now, until=until,
            review_by=until + rule.review_within,
        ))  # fmt: skip

    def _require_reason(self) -> None:
        if not SHORTEST <= len(self.reason_text.strip()) <= LONGEST:
            raise Invalid(f"say why in {SHORTEST} to {LONGEST} characters", field="reasonText",
                          reason="BREAK_GLASS_REASON")  # fmt: skip


def _ward_of(work: Work, patient: Patient) -> UUID | None:
    """Where the patient is, or is to arrive; None for one who is nowhere."""
    return work.session.exec(
        select(Encounter.ward_id)
        .where(Encounter.patient_id == patient.id, col(Encounter.status).in_(LIVE))
        .order_by(col(Encounter.id).desc())
    ).first()


def _held(work: Work, hospital: UUID | None) -> Sequence[RoleBinding]:
    """The actor's roles in force that count in the hospital (None: in any), wherever in it."""
    asked = select(RoleBinding).where(
        RoleBinding.user_id == work.actor.id, col(RoleBinding.valid_from) <= work.now,
        not_over(work.now),
    )  # fmt: skip
    found = work.session.exec(asked.order_by(col(RoleBinding.id))).all()
    return [one for one in found if hospital is None or one.hospital_id in (None, hospital)]
