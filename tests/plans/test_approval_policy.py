"""How many people approve what: the whole table, a hospital's own rules, and execution by them."""

from itertools import product
from typing import Any

import pytest
from sqlmodel import col, select

from domain.patients.episodes import StatePlacementNeed
from domain.places.model import ApprovalMode
from domain.plans.approval_commands import ConfirmApprovalRule, ProposeApprovalRule
from domain.plans.approval_model import ApprovalRule, Effect, RuleState
from domain.plans.approval_policy import Rule, policy_for, shipped
from domain.plans.commands import ApprovePlan
from domain.plans.model import Approval, ItemState, PlanState, ProposalItem
from domain.plans.texts import EFFECTS
from kit.db import reading
from kit.errors import Conflict, Denied, Invalid
from kit.ids import new_id
from kit.work import Scope
from tests.matrix.corner import PROGRAM
from tests.plans.test_bed_plan import Planning, planning

__all__ = ["planning"]
PEACE, SURGE = ApprovalMode.PEACETIME, ApprovalMode.SURGE
EFFECT_FACTS: dict[Effect, dict[str, Any]] = {
    Effect.MOVES_PATIENT: {"from_bed_id": new_id()},
    Effect.WAIVES_RULE: {"waived": ["ROOM_SEX"]},
    Effect.COST_ABOVE: {"penalty": 1_001},
    Effect.CHANGED: {"chosen": {"bed": "other"}},
}


def item(*effects: Effect) -> ProposalItem:
    facts = {name: value for one in effects for name, value in EFFECT_FACTS.get(one, {}).items()}
    return ProposalItem(proposal_id=new_id(), key="k", action="HOLD_BED", **facts)


@pytest.mark.parametrize("mode", list(ApprovalMode))
@pytest.mark.parametrize("flags", list(product([False, True], repeat=4)))
def test_the_shipped_table_takes_two_people_for_a_lifted_rule_and_one_for_all_else(
    mode: ApprovalMode, flags: tuple[bool, ...]
) -> None:
    effects = [effect for effect, holds in zip(EFFECT_FACTS, flags, strict=True) if holds]
    wanted = 2 if Effect.WAIVES_RULE in effects else 1
    for kind in ("beds", "rosters"):
        assert policy_for(kind, mode).approvals(item(*effects)) == wanted


@pytest.mark.parametrize("approvals", list(product([0, 1, 2], repeat=2)))
@pytest.mark.parametrize("effect", list(EFFECT_FACTS))
def test_of_an_items_effects_the_strictest_counts(
    effect: Effect, approvals: tuple[int, int]
) -> None:
    own = [
        Rule("beds", PEACE, Effect.ORDINARY, None, approvals[0], 1),
        Rule("*", PEACE, effect, 1_000 if effect is Effect.COST_ABOVE else None, approvals[1], 2),
    ]
    policy = policy_for("beds", PEACE, own)
    assert policy.approvals(item(effect)) == max(approvals)
    assert policy.approvals(item()) == approvals[0]
    assert policy.version == "approvals-1+2"
    assert policy_for("beds", SURGE, own).approvals(item()) == 1


def test_the_narrowest_rule_holds() -> None:
    every = Rule("*", PEACE, Effect.ORDINARY, None, 2, 1)
    beds = Rule("beds", PEACE, Effect.ORDINARY, None, 0, 2)
    assert policy_for("beds", PEACE, [every, beds]).approvals(item()) == 0
    assert policy_for("rosters", PEACE, [every, beds]).approvals(item()) == 2


def test_the_shipped_table_is_whole_and_every_effect_has_its_texts() -> None:
    assert set(shipped()) == {("*", mode, effect) for mode in ApprovalMode for effect in Effect}
    assert set(EFFECTS) == set(Effect)
    assert len({text for both in EFFECTS.values() for text in both}) == 2 * len(Effect)


def test_a_hospital_lets_ordinary_items_go_without_a_person_and_they_are_carried_out(
    planning: Planning,
) -> None:
    _let_go(planning)
    before = planning.held()
    plan = planning.request()
    planning.until(plan, PlanState.EXECUTED)
    items = planning.items(plan)
    assert [each.state for each in items] == [ItemState.EXECUTED] * 3
    assert planning.held() - before == {each.to_bed_id for each in items}
    with reading(planning.city.app.engine) as session:
        noted = session.exec(select(Approval).where(Approval.proposal_id == plan)).all()
        assert {(row.policy, row.account_id) for row in noted} == {("approvals-1+2", PROGRAM.id)}
        assert len(noted) == 3


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_what_needs_people_waits_for_them_while_the_rest_is_carried_out(
    planning: Planning,
) -> None:
    costly = planning.items(planning.solved())[0]
    assert costly.encounter_id is not None
    planning.city.do(
        StatePlacementNeed(encounter_id=costly.encounter_id, immunosuppressed=True)
    )  # no side room is free: its placement costs 10
    _let_go(planning)
    above = ProposeApprovalRule(
        hospital_id=planning.corner.ids["hospital"], plan_kind="beds", mode=PEACE,
        effect=Effect.COST_ABOVE, approvals=1, above=9,
    )  # fmt: skip
    _confirm(planning, planning.city.do(above, planning.chief))
    plan = planning.solved()
    planning.city.app.jobs.round()
    wanted = {each.request_id: ItemState.EXECUTED for each in planning.items(plan)}
    wanted[costly.request_id] = ItemState.PROPOSED
    assert {each.request_id: each.state for each in planning.items(plan)} == wanted
    planning.city.do(ApprovePlan(proposal_id=plan), planning.chief)
    planning.until(plan, PlanState.EXECUTED)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_who_asked_for_a_plan_does_not_approve_what_takes_two(planning: Planning) -> None:
    two = ProposeApprovalRule(
        hospital_id=planning.corner.ids["hospital"], plan_kind="beds", mode=PEACE,
        effect=Effect.ORDINARY, approvals=2,
    )  # fmt: skip
    _confirm(planning, planning.city.do(two, planning.chief))
    plan = planning.solved()
    with pytest.raises(Denied) as own:
        planning.city.do(ApprovePlan(proposal_id=plan), planning.chief)
    assert own.value.reason == "OWN_PLAN"
    assert {each.state for each in planning.items(plan)} == {ItemState.PROPOSED}
    hospital = Scope(planning.corner.ids["hospital"])
    for state in (ItemState.AWAITING_SECOND, ItemState.APPROVED):
        other = planning.city.enrol("bed-manager", scope=hospital)
        planning.city.do(ApprovePlan(proposal_id=plan), other)
        assert {each.state for each in planning.items(plan)} == {state}


def test_a_rule_holds_once_a_second_person_has_confirmed_it(planning: Planning) -> None:
    rule = planning.city.do(_ordinary(planning, 0), planning.chief)
    with pytest.raises(Denied) as alone:
        planning.city.do(ConfirmApprovalRule(approval_rule_id=rule.id), planning.chief)
    assert alone.value.reason == "FOUR_EYES"
    assert _in_force(planning) == []
    newer = planning.city.do(_ordinary(planning, 2), planning.chief)
    _confirm(planning, newer)
    assert _in_force(planning) == [(newer.revision, 2)]
    with pytest.raises(Conflict) as old:
        _confirm(planning, rule)
    assert old.value.reason == "RULE_STATE"
    last = planning.city.do(_ordinary(planning, 1), planning.chief)
    _confirm(planning, last)
    assert _in_force(planning) == [(last.revision, 1)]


@pytest.mark.parametrize(
    ("kind", "mode", "effect", "approvals", "above", "field"),
    [
        ("nothing", PEACE, Effect.ORDINARY, 1, None, "planKind"),
        ("beds", PEACE, Effect.ORDINARY, 3, None, "approvals"),
        ("beds", SURGE, Effect.ORDINARY, 0, None, "approvals"),
        ("beds", PEACE, Effect.WAIVES_RULE, 0, None, "approvals"),
        ("beds", PEACE, Effect.COST_ABOVE, 1, None, "above"),
        ("beds", PEACE, Effect.ORDINARY, 1, 5, "above"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_the_name_of_its_field(
    kind: str, mode: ApprovalMode, effect: Effect, approvals: int, above: int | None, field: str
) -> None:
    rule = ProposeApprovalRule(
        hospital_id=new_id(), plan_kind=kind, mode=mode, effect=effect, approvals=approvals,
        above=above,
    )  # fmt: skip
    with pytest.raises(Invalid) as refused:
        rule._check()
    assert refused.value.field == field


def _ordinary(planning: Planning, approvals: int) -> ProposeApprovalRule:
    return ProposeApprovalRule(
        hospital_id=planning.corner.ids["hospital"], plan_kind="beds", mode=PEACE,
        effect=Effect.ORDINARY, approvals=approvals,
    )  # fmt: skip


def _let_go(planning: Planning) -> None:
    _confirm(planning, planning.city.do(_ordinary(planning, 0), planning.chief))


def _confirm(planning: Planning, rule: ApprovalRule) -> None:
    hospital = Scope(planning.corner.ids["hospital"])
    second = planning.city.enrol("duty-executive", scope=hospital)
    planning.city.do(ConfirmApprovalRule(approval_rule_id=rule.id), second)


def _in_force(planning: Planning) -> list[tuple[int, int]]:
    with reading(planning.city.app.engine) as session:
        found = session.exec(
            select(ApprovalRule.revision, ApprovalRule.approvals)
            .where(ApprovalRule.state == RuleState.IN_FORCE)
            .order_by(col(ApprovalRule.revision))
        )
        return [(revision, approvals) for revision, approvals in found]
