"""What the invented city went through before it was switched on: closed stays, ward by ward.

Patients come as they fall ill, whatever beds are free; fewer come at weekends, and of those who
could leave then, half wait for Monday.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from app.demo_city import DemoWard
from domain.beds.past import PastStay

DAYS = 126  # of the past: what a forecast needs, and not more than starts quickly
OCCUPIED = 0.85
SHORTEST = timedelta(hours=6)
LEAVE_FROM_H, LEAVE_TO_H = 10, 16  # local time
SATURDAY = 5
TURNAROUND = timedelta(hours=1)  # until a bed that was left is clean
WAIT_TO_LEAVE_H = 16.0  # about what waiting for the hour and for Monday adds to a stay
WEEKEND_SHARE = 0.5  # of those who come on a weekday
WEEKDAY_SHARE = 7 / (5 + 2 * WEEKEND_SHARE)


def past_of(
    plan: DemoWard, zone: str, since: datetime, until: Mapping[UUID, datetime], dice: Random
) -> list[PastStay]:
    """Stays of the ward from `since` until each bed's own end. Who comes takes a bed that is free;
    where none is, they go elsewhere."""
    where, free = ZoneInfo(zone), dict.fromkeys(until, since)
    found: list[PastStay] = []

    def lie_down(beds: Sequence[UUID], came: datetime) -> None:
        hours = max(timedelta(hours=dice.expovariate(1 / plan.stay_hours)), SHORTEST)
        left = _leaving(came + hours, where, dice)
        bed = dice.choice([bed for bed in beds if left <= until[bed]] or beds)
        left = min(left, until[bed])
        free[bed] = left + TURNAROUND
        found.append(PastStay(bed_id=bed, since=came, until=left, specialty=plan.specialty))

    for bed in until:
        if dice.random() < OCCUPIED:
            lie_down([bed], since + timedelta(minutes=1))
    for came in _arrivals(plan, len(until), where, since, max(until.values()), dice):
        open_beds = [bed for bed in until if free[bed] <= came and came + SHORTEST < until[bed]]
        if open_beds:
            lie_down(open_beds, came)
    return found


def _arrivals(
    plan: DemoWard, beds: int, where: ZoneInfo, since: datetime, end: datetime, dice: Random
) -> Iterator[datetime]:
    """As many as keep the ward as full as it is, some more on weekdays."""
    hourly = OCCUPIED * beds / (plan.stay_hours + WAIT_TO_LEAVE_H) * WEEKDAY_SHARE
    came = since
    while (came := came + timedelta(hours=dice.expovariate(hourly))) < end:
        if came.astimezone(where).weekday() < SATURDAY or dice.random() < WEEKEND_SHARE:
            yield came


def _leaving(at: datetime, where: ZoneInfo, dice: Random) -> datetime:
    """The next time of day at which people leave, where half of a weekend's wait for Monday."""
    local = at.astimezone(where)
    if local.hour >= LEAVE_TO_H:
        local += timedelta(days=1)
    hour = dice.randrange(max(LEAVE_FROM_H, min(local.hour + 1, LEAVE_TO_H)), LEAVE_TO_H + 1)
    local = local.replace(hour=hour, minute=dice.randrange(60))
    if local.weekday() >= SATURDAY and dice.random() < 0.5:
        local += timedelta(days=7 - local.weekday())
    return local.astimezone(at.tzinfo)
