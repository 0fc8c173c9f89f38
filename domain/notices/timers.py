"""What alarms and rosters bring about: notices are planned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

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
