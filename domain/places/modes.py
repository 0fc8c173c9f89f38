"""How a hospital changes between PEACETIME, where steps are approved by default, and SURGE."""

from dataclasses import dataclass
from uuid import UUID

from domain.places.model import ApprovalMode, ApprovalModeSwitch, Hospital, ModeReason
from domain.places.times import expect_version, store
from kit.command import Command
from kit.errors import Conflict
from kit.work import Scope, Work


@dataclass(frozen=True, kw_only=True)
class SwitchApprovalMode(Command[ApprovalModeSwitch]):
    """Let a person approve what is approved by default (SURGE), or no longer (PEACETIME)."""

    action = "hospital.switch_mode"

    hospital_id: UUID
    mode: ApprovalMode
    reason: ModeReason
    version: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> ApprovalModeSwitch:
        hospital = work.get(Hospital, self.hospital_id)
        expect_version(hospital, self.version)
        if hospital.approval_mode == self.mode:
            others = tuple(mode for mode in ApprovalMode if mode != self.mode)
            raise Conflict(f"the hospital is in {self.mode} already", reason="SAME_MODE",
                           field="mode", blocking=hospital.id, allowed=others)  # fmt: skip
        hospital.approval_mode = self.mode
        switch = store(work, ApprovalModeSwitch(
            hospital_id=hospital.id, mode=self.mode, reason=self.reason, at=work.now,
            switched_by=work.actor.id,
        ))  # fmt: skip
        work.emit("ApprovalModeSwitched", hospital.scope, hospital=hospital.id, mode=self.mode)
        return switch
