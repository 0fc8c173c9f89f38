"""Reads of scenarios, cut to scopes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session

from domain.plans.model import Proposal
from domain.plans.queries import plan_in_reach, plan_items
from domain.scenarios.solving import BASELINE, SCENARIO
from kit.errors import NotFound
from kit.work import Scope


@dataclass(frozen=True, slots=True)
class Comparison:
    """A scenario and, once it is solved, both sides."""

    plan: Proposal
    changes: list[dict[str, Any]]
    baseline: dict[str, Any] | None
    scenario: dict[str, Any] | None


def scenario_in_reach(
    session: Session, scopes: Sequence[Scope], plan_id: UUID, action: str = "plan.read"
) -> Comparison:
    """A scenario of a kind that `action` shows; `scopes` are those of `action`.

    Raises NotFound for an unknown one, a foreign one and a plan that is no scenario alike.
    """
    plan = plan_in_reach(session, scopes, plan_id, action)
    if plan.scenario is None:
        raise NotFound.of("scenario", plan_id)
    sides = {item.key: item.detail for item in plan_items(session, plan.id)}
    changes = list(plan.scenario["changes"])
    return Comparison(plan, changes, sides.get(BASELINE), sides.get(SCENARIO))
