"""How many people have to approve an item: the hospital's own rules, else approval_policy.csv.

For each effect the narrowest rule holds: the hospital's for the kind of plan, the hospital's for
all kinds, the shipped for the kind, the shipped for all. Of an item's effects the strictest counts.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, col, select

from domain.places.model import ApprovalMode, Hospital
from domain.plans.approval_model import ApprovalRule, Effect, RuleState
from domain.plans.model import Proposal, ProposalItem

FILE = Path(__file__).with_name("approval_policy.csv")
SHIPPED = "approvals-1"
ANY = "*"

Key = tuple[str, ApprovalMode, Effect]


@dataclass(frozen=True, slots=True)
class Rule:
    """`above`: the penalty from which COST_ABOVE holds. `rule_id`: None for a shipped one."""

    kind: str
    mode: ApprovalMode
    effect: Effect
    above: int | None
    approvals: int
    revision: int = 0
    rule_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for plans of one kind in one place now. `version` names its data."""

    version: str
    rules: Mapping[Effect, Rule]

    def approvals(self, item: ProposalItem) -> int:
        """0: carried out without a person; else how many people have to approve it."""
        return max(self.rules[effect].approvals for effect in effects_of(item, self.rules))


def policy_of(session: Session, plan: Proposal) -> Policy:
    """What holds for the plan's kind and place now."""
    mode = mode_of(session, plan.hospital_id)
    own = in_force(session, plan.hospital_id) if plan.hospital_id else []
    return policy_for(plan.kind, mode, own)


def policy_for(kind: str, mode: ApprovalMode, own: Iterable[Rule] = ()) -> Policy:
    """The shipped rules with the hospital's `own` before them."""
    revisions = [rule.revision for rule in own]
    known = {(rule.kind, rule.mode, rule.effect): rule for rule in own}
    rules = {}
    for effect in Effect:
        keys = [(kind, mode, effect), (ANY, mode, effect)]
        found = [table[key] for table in (known, shipped()) for key in keys if key in table]
        rules[effect] = found[0]
    version = f"{SHIPPED}+{max(revisions)}" if revisions else SHIPPED
    return Policy(version, rules)


def effects_of(item: ProposalItem, rules: Mapping[Effect, Rule]) -> list[Effect]:
    """What the item does, in the words of the policy."""
    above = rules[Effect.COST_ABOVE].above or 0
    holds = {
        Effect.ORDINARY: True,
        Effect.MOVES_PATIENT: item.from_bed_id is not None,
        Effect.WAIVES_RULE: bool(item.waived),
        Effect.COST_ABOVE: item.penalty > above,
        Effect.CHANGED: item.chosen is not None
        or item.planned_bed_id not in (None, item.to_bed_id),
    }
    return [effect for effect, true in holds.items() if true]


def mode_of(session: Session, hospital_id: UUID | None) -> ApprovalMode:
    """The hospital's mode; for the network SURGE as soon as one hospital is in it."""
    if hospital_id is not None:
        return session.get_one(Hospital, hospital_id).approval_mode
    surge = select(Hospital.id).where(Hospital.approval_mode == ApprovalMode.SURGE)
    return ApprovalMode.SURGE if session.exec(surge).first() else ApprovalMode.PEACETIME


def in_force(session: Session, hospital_id: UUID) -> list[Rule]:
    """What the hospital itself has said, by revision."""
    rows = session.exec(
        select(ApprovalRule)
        .where(ApprovalRule.hospital_id == hospital_id, ApprovalRule.state == RuleState.IN_FORCE)
        .order_by(col(ApprovalRule.revision))
    )
    return [
        Rule(row.kind, row.mode, row.effect, row.above, row.approvals, row.revision, row.id)
        for row in rows
    ]


@cache
def shipped() -> Mapping[Key, Rule]:
    """The rules that hold until a hospital says otherwise."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rules = [_read(row) for row in csv.DictReader(file)]
    return {(rule.kind, rule.mode, rule.effect): rule for rule in rules}


def _read(row: dict[str, str]) -> Rule:
    above = int(row["above"]) if row["above"] else None
    return Rule(row["kind"], ApprovalMode(row["mode"]), Effect(row["effect"]), above,
                int(row["approvals"]))  # fmt: skip
