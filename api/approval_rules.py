"""How many people approve what a plan proposes, in GraphQL."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.limits import AT_MOST
from api.mutation import mutation
from api.query import Reader, query
from api.sight import Sight, View, classified, shows
from authz.classes import DataClass
from domain.places.model import ApprovalMode
from domain.plans.approval_commands import ConfirmApprovalRule, ProposeApprovalRule
from domain.plans.approval_model import ApprovalRule, Effect, RuleState
from domain.plans.approval_policy import Rule
from domain.plans.approval_queries import hospital_rules
from domain.plans.texts import effect_text
from kit.work import Scope

for _words in (Effect, RuleState):
    strawberry.enum(_words, name={Effect: "PlanEffect", RuleState: "ApprovalRuleState"}[_words])


@classified(DataClass.BED)
@strawberry.type(name="ApprovalRule")
class ApprovalRuleView(View):
    """How many people approve items with an effect; 0 are carried out without a person.

    Without an `id` the rule is shipped with the program.
    """

    id: strawberry.ID | None = shows(DataClass.GENERAL)
    revision: int | None
    plan_kind: str
    mode: ApprovalMode
    effect: Effect
    effect_zh: str
    effect_en: str
    above: int | None
    approvals: int
    state: RuleState
    proposed_at: datetime | None
    confirmed_at: datetime | None

    @classmethod
    def of(cls, row: ApprovalRule, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=strawberry.ID(str(row.id)),
            revision=row.revision,
            plan_kind=row.kind,
            mode=row.mode,
            effect=row.effect,
            effect_zh=effect_text(row.effect, "zh-CN"),
            effect_en=effect_text(row.effect, "en"),
            above=row.above,
            approvals=row.approvals,
            state=row.state,
            proposed_at=row.proposed_at,
            confirmed_at=row.confirmed_at,
        )

    @classmethod
    def shipped(cls, rule: Rule, sight: Sight) -> Self:
        return cls(
            sight=sight,
            id=None,
            revision=None,
            plan_kind=rule.kind,
            mode=rule.mode,
            effect=rule.effect,
            effect_zh=effect_text(rule.effect, "zh-CN"),
            effect_en=effect_text(rule.effect, "en"),
            above=rule.above,
            approvals=rule.approvals,
            state=RuleState.IN_FORCE,
            proposed_at=None,
            confirmed_at=None,
        )


@strawberry.type
class ApprovalRuleQueries:
    @query("plan.read", **{AT_MOST: 100})
    def approval_policy(self, reader: Reader, hospital_id: UUID) -> list[ApprovalRuleView]:
        """What holds in a hospital: its own rules, in force or waiting for a second person, then
        the shipped ones that they do not replace."""
        own, shipped = hospital_rules(reader.session, reader.scopes, hospital_id)
        sight = reader.sight(Scope(hospital_id))
        return [
            *(ApprovalRuleView.of(row, sight) for row in own),
            *(ApprovalRuleView.shipped(rule, sight) for rule in shipped),
        ]


@strawberry.type
class ApprovalRuleMutations:
    @mutation(returns=ApprovalRuleView)
    def propose_approval_rule(
        self,
        hospital_id: UUID,
        plan_kind: str,
        mode: ApprovalMode,
        effect: Effect,
        approvals: int,
        above: int | None = None,
    ) -> ProposeApprovalRule:
        return ProposeApprovalRule(
            hospital_id=hospital_id, plan_kind=plan_kind, mode=mode, effect=effect,
            approvals=approvals, above=above,
        )  # fmt: skip

    @mutation(returns=ApprovalRuleView)
    def confirm_approval_rule(self, approval_rule_id: UUID) -> ConfirmApprovalRule:
        return ConfirmApprovalRule(approval_rule_id=approval_rule_id)
