"""What time alone brings about: asked once a second, done by ordinary commands."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from app.retention import old_rows
from domain.alarms.timers import alarms_due, alarms_of_departed, floods_due
from domain.beds.commands import ExpireHolds, ExpireRequests
from domain.beds.model import BedHold, BedRequest, HoldState
from domain.break_glass.queries import break_glass_over
from domain.devices.timers import devices_fall_silent
from domain.notices.timers import (
    break_glass_notices_to_plan,
    notices_to_plan,
    roster_notices_to_plan,
)
from domain.plans.queries import stale_plans
from domain.plans.runs import ExpirePlan
from domain.pressure.queries import pressures_past
from domain.readings.timers import days_to_make, readings_to_forget, readings_to_roll_up
from domain.transfers.escalating import transfers_overdue
from kit.command import Command

Timer = Callable[[Session, datetime], Sequence[Command[Any]]]


def holds_run_out(session: Session, now: datetime) -> Sequence[Command[Any]]:
    late = session.exec(
        select(BedHold.hospital_id)
        .where(BedHold.state == HoldState.ACTIVE, col(BedHold.expires_at) <= now)
        .distinct()
    )
    return [ExpireHolds(hospital_id=hospital) for hospital in late]


def requests_run_out(session: Session, now: datetime) -> Sequence[Command[Any]]:
    late = session.exec(
        select(BedRequest.hospital_id)
        .where(col(BedRequest.until).is_(None), col(BedRequest.expires_at) <= now)
        .distinct()
    )
    return [ExpireRequests(hospital_id=hospital) for hospital in late]


def plans_run_out(session: Session, now: datetime) -> Sequence[Command[Any]]:
    return [ExpirePlan(proposal_id=plan) for plan in stale_plans(session, now)]


TIMERS: tuple[Timer, ...] = (
    alarms_due,
    alarms_of_departed,
    floods_due,
    notices_to_plan,
    break_glass_notices_to_plan,
    roster_notices_to_plan,
    holds_run_out,
    requests_run_out,
    plans_run_out,
    break_glass_over,
    transfers_overdue,
    pressures_past,
    devices_fall_silent,
    days_to_make,
    readings_to_roll_up,
    readings_to_forget,
    old_rows,
)
