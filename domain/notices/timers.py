"""What the alarms' events bring about: notices are planned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from domain.notices.planning import PlanDeliveries
from domain.notices.unplanned import hospitals_with_unplanned
from kit.command import Command


def notices_to_plan(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """One command per hospital that has events which nobody was told of."""
    return [PlanDeliveries(hospital_id=one) for one in hospitals_with_unplanned(session)]
