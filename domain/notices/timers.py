"""What alarms, rosters and break-glass bring about: notices are planned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.notices.break_glass_news import (
    PlanBreakGlassNotices,
    hospitals_with_untold_grants,
)
from domain.notices.planning import PlanDeliveries
from domain.notices.roster_news import PlanRosterNotices
from domain.notices.unplanned import hospitals_with_unplanned
from domain.staff.news import hospitals_with_news
from kit.command import Command


def notices_to_plan(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """One command per hospital that has events which nobody was told of."""
    return [PlanDeliveries(hospital_id=one) for one in hospitals_with_unplanned(session)]


def roster_notices_to_plan(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """One command per hospital in which somebody has not been told of their roster yet."""
    return [PlanRosterNotices(hospital_id=one) for one in hospitals_with_news(session)]


def break_glass_notices_to_plan(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """One command per hospital with a break-glass of which compliance was not told."""
    found = hospitals_with_untold_grants(session)
    return [PlanBreakGlassNotices(hospital_id=one) for one in found]
