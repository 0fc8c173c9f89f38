"""Changing how many people approve: one person proposes, another confirms."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from domain.places.model import ApprovalMode, Hospital
from domain.plans.approval_model import ApprovalRule, Effect, RuleState
from domain.plans.approval_policy import ANY
from domain.plans.kinds import kind_names
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid
from kit.work import Scope, Work

ALWAYS_A_PERSON = (Effect.WAIVES_RULE, Effect.CHANGED)


@dataclass(frozen=True, kw_only=True)
class ProposeApprovalRule(Command[ApprovalRule]):
    """Propose how many people approve what a plan does; it holds once another person confirms.

    0 lets the program carry such items out by itself, in PEACETIME only and never where a hard
    rule is waived. `kind` is a kind of plan or `*`; `above` belongs to COST_ABOVE.
    """

    action = "approval.set"
    hospital_id: UUID
    plan_kind: str
    mode: ApprovalMode
    effect: Effect
    approvals: int
    above: int | None = None

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> ApprovalRule:
        self._check()
        self._replace_proposed(work)
        newest = work.session.exec(
            select(func.max(ApprovalRule.revision)).where(
                ApprovalRule.hospital_id == self.hospital_id
            )
        ).one()
        rule = work.add(
            ApprovalRule(
                hospital_id=self.hospital_id, revision=(newest or 0) + 1, kind=self.plan_kind,
                mode=self.mode, effect=self.effect, above=self.above, approvals=self.approvals,
                proposed_by=work.actor.id, proposed_at=work.now,
            )
        )  # fmt: skip
        work.emit("ApprovalRuleProposed", rule.scope, rule=rule.id)
        return rule

    def _check(self) -> None:
        known = (ANY, *kind_names())
        if self.plan_kind not in known:
            raise Invalid("no such kind of plan", field="planKind", allowed=known)
        if not 0 <= self.approvals <= 2:
            raise Invalid("0, 1 or 2 people approve", field="approvals", allowed=("0", "1", "2"))
        if self.approvals == 0 and (
            self.mode is ApprovalMode.SURGE or self.effect in ALWAYS_A_PERSON
        ):
            raise Invalid("here a person always decides", field="approvals",
                          reason="PERSON_NEEDED", allowed=("1", "2"))  # fmt: skip
        if (self.above is not None) != (self.effect is Effect.COST_ABOVE) or (self.above or 0) < 0:
            raise Invalid("give a figure from 0 up with COST_ABOVE, and with nothing else",
                          field="above")  # fmt: skip

    def _replace_proposed(self, work: Work) -> None:
        for older in _alike(work, self, RuleState.PROPOSED):
            older.state = RuleState.REPLACED
        work.session.flush()


@dataclass(frozen=True, kw_only=True)
class ConfirmApprovalRule(Command[ApprovalRule]):
    """Put a proposed rule in force. Whoever proposed it cannot."""

    action = "approval.set"
    approval_rule_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(ApprovalRule, self.approval_rule_id).scope

    def apply(self, work: Work) -> ApprovalRule:
        rule = work.get(ApprovalRule, self.approval_rule_id)
        if rule.state is not RuleState.PROPOSED:
            raise Conflict(f"the rule is {rule.state}", reason="RULE_STATE", blocking=rule.id)
        if rule.proposed_by == work.actor.id:
            raise Denied("a second person has to confirm this rule", reason="FOUR_EYES")
        for older in _alike(work, rule, RuleState.IN_FORCE):
            older.state = RuleState.REPLACED
        work.session.flush()  # one rule in force at a time
        rule.state = RuleState.IN_FORCE
        rule.confirmed_by, rule.confirmed_at = work.actor.id, work.now
        work.emit("ApprovalRuleChanged", rule.scope, rule=rule.id)
        return rule


def _alike(
    work: Work, rule: ApprovalRule | ProposeApprovalRule, state: RuleState
) -> list[ApprovalRule]:
    """The hospital's rules about the same thing."""
    kind = rule.plan_kind if isinstance(rule, ProposeApprovalRule) else rule.kind
    found = work.session.exec(
        select(ApprovalRule)
        .where(
            ApprovalRule.hospital_id == rule.hospital_id,
            ApprovalRule.kind == kind,
            ApprovalRule.mode == rule.mode,
            ApprovalRule.effect == rule.effect,
            ApprovalRule.state == state,
        )
        .order_by(col(ApprovalRule.revision))
    )
    return list(found)
