"""What time alone brings about: asked once a second, done by ordinary commands."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.plans.queries import stale_plans
from domain.plans.runs import ExpirePlan
from kit.command import Command

Timer = Callable[[Session, datetime], list[Command[Any]]]


def plans_run_out(session: Session, now: datetime) -> list[Command[Any]]:
    return [ExpirePlan(proposal_id=plan) for plan in stale_plans(session, now)]


TIMERS: tuple[Timer, ...] = (plans_run_out,)
