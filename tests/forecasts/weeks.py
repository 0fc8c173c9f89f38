"""Weeks of a ward that repeat themselves, so that every count of them is known beforehand.

Bed A1 is taken every night, A2 from Monday to Friday, A4 in every second week, each night by
somebody else. Days are those of Shanghai, where the hospital is.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from domain.beds.past import PastStay, RecordPastStays
from domain.forecasts.commands import ClaimForecasts, Made, RecordForecasts
from domain.forecasts.freezing import Claimed, freeze
from domain.forecasts.making import make
from kit.db import reading
from kit.errors import Refusal
from tests.domain_world import NOON, World

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKEND = (5, 6)


def local(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


def odd(day: date) -> bool:
    return (day - date(1970, 1, 5)).days // 7 % 2 == 1


TAKEN: dict[str, Callable[[date], bool]] = {
    "A1": lambda day: True, "A2": lambda day: day.weekday() not in WEEKEND, "A4": odd,
}  # fmt: skip


def taken(day: date) -> int:
    """Beds at the end of the day; also how many patients came on it."""
    return sum(one(day) for one in TAKEN.values())


def nights(world: World, code: str, first: date, days: int) -> list[PastStay]:
    """From 14 o'clock until noon of the next day."""
    return [
        PastStay(bed_id=world.beds[code], since=local(day, 14),
                 until=local(day + timedelta(days=1), 12), specialty="CARD")
        for day in (first + timedelta(days=number) for number in range(days))
        if TAKEN[code](day)
    ]  # fmt: skip


def weeks_pass(world: World, weeks: int) -> date:
    """Let weeks pass and record what happened; the day on which it is evening now."""
    first = today(world) + timedelta(days=world.now < NOON + timedelta(hours=1))
    world.tick(timedelta(weeks=weeks))
    days = (today(world) - first).days
    stays = [one for code in TAKEN for one in nights(world, code, first, days)]
    world.run(RecordPastStays(ward_id=world.ward_a.id, stays=tuple(stays)))
    return today(world)


def today(world: World) -> date:
    return world.now.astimezone(SHANGHAI).date()


def claim(world: World) -> tuple[Claimed, ...]:
    return world.run(ClaimForecasts(hospital_id=world.hospital.id))


def made(world: World, claimed: tuple[Claimed, ...]) -> tuple[Made, ...]:
    """As app/forecasting.py does it, without the process."""
    found = []
    for one in claimed:
        try:
            with reading(world.engine) as session:
                problem = freeze(session, one, world.now)
            answer: dict[str, Any] = make(problem)
            found.append(Made(forecast_id=one.forecast_id, problem=problem, answer=answer))
        except Refusal as refusal:
            found.append(Made(forecast_id=one.forecast_id, refused=refusal.reason))
    return tuple(found)


def record(world: World, some: tuple[Made, ...]) -> int:
    return world.run(RecordForecasts(hospital_id=world.hospital.id, made=some))


def make_all(world: World) -> int:
    """Claim, make and record until nothing waits; how many became ready."""
    ready = 0
    while True:
        try:
            ready += record(world, made(world, claim(world)))
        except Refusal:
            return ready
