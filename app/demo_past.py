"""What the invented city went through before it was switched on: closed stays, ward by ward.

Fewer patients come at weekends, and of those who could leave then, half wait for Monday.
"""

from collections.abc import Iterator, Mapping
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


def past_of(
    plan: DemoWard, zone: str, since: datetime, until: Mapping[UUID, datetime], dice: Random
) -> list[PastStay]:
    """Stays in the ward's beds from `since` until each bed's own end, one after another."""
    where = ZoneInfo(zone)
    return [
        PastStay(bed_id=bed, since=came, until=left, specialty=plan.specialty)
        for bed, end in until.items()
        for came, left in _stays(plan, where, since, end, dice)
    ]


def _stays(
    plan: DemoWard, where: ZoneInfo, since: datetime, end: datetime, dice: Random
) -> Iterator[tuple[datetime, datetime]]:
    empty_h = plan.stay_hours * (1 - OCCUPIED) / OCCUPIED
    came = since + timedelta(hours=dice.uniform(1, plan.stay_hours))
    while came + SHORTEST < end:
        hours = timedelta(hours=dice.expovariate(1 / plan.stay_hours))
        left = min(_leaving(came + max(hours, SHORTEST), where, dice), end)
        yield came, left
        came = _coming(left + timedelta(hours=dice.expovariate(1 / empty_h)), where, dice)


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


def _coming(at: datetime, where: ZoneInfo, dice: Random) -> datetime:
    """A third of those who would come at a weekend come on one of the two days after it."""
    if at.astimezone(where).weekday() >= SATURDAY and dice.random() < 0.33:
        return at + timedelta(days=2)
    return at
