"""Wards so small that every roster of them can be tried."""

from itertools import product
from random import Random

from solvers.roster_parts import Duty, History, RosterWaiver, Staff, Wanted, Wish
from solvers.roster_problem import RosterProblem
from solvers.roster_ruleset import Term
from tests.rosters.ward_checker import Row, day_cost, row_cost
from tests.rosters.wards import SHIFTS, need, nurse, rules, ward

TERMS = (
    ("MAX_DUTIES", (1, 2)),
    ("MIN_DUTIES", (1, 2)),
    ("MAX_DAYS_IN_ROW", (1, 2)),
    ("MIN_DAYS_IN_ROW", (2, 3)),
    ("MAX_NIGHTS", (1,)),
    ("SAME_SHIFT_IN_BLOCK", (0,)),
    ("COMPLETE_WEEKEND", (0,)),
    ("REST_BETWEEN_DUTIES", (660,)),
)


def tiny_ward(seed: int) -> RosterProblem:
    """Two or three people, three or four days from a Thursday, two shifts, a few rules."""
    draw = Random(seed)
    count, days = draw.choice(((2, 4), (3, 3), (2, 3)))
    shifts = tuple(SHIFTS[key] for key in draw.choice(("EN", "LE", "LN")))
    people = tuple(_person(draw, key, days) for key in "abc"[:count])
    demand = [
        need(day, shift.key, draw.randint(0, 1), skill, draw.randint(0, 2))
        for day in range(days)
        for shift in shifts
        for skill in draw.choice((("",), ("RN",), ("", "RN")))
    ]
    terms = tuple(
        Term(rule=code, limit=draw.choice(limits), weight=draw.choice((None, 3, 7)))
        for code, limits in draw.sample(TERMS, draw.randint(0, 3))
    )
    told = None
    if draw.random() < 0.4:
        told = tuple(
            Duty(staff=person.key, day=day, shift=draw.choice(shifts).key)
            for person in people
            for day in range(days)
            if draw.random() < 0.4
        )
    waivers = (RosterWaiver(rule=terms[0].rule),) if terms and draw.random() < 0.2 else ()
    return ward(
        *people,
        first_day="2026-12-03",
        days=days,
        shifts=shifts,
        demand=tuple(demand),
        terms=terms,
        wishes=tuple(_wish(draw, people, days) for _ in range(draw.randint(0, 2))),
        published=told,
        waivers=waivers,
        rules=rules(
            WISH_MISSED=5,
            WISH_MISSED_BEFORE=1,
            CHANGED_DUTY=9,
            HOURS_ABOVE_TARGET=draw.choice((0, 1)),
            HOURS_BELOW_TARGET=draw.choice((0, 2)),
            NIGHTS_ABOVE_SHARE=draw.choice((0, 4)),
        ),
    )


def _person(draw: Random, key: str, days: int) -> Staff:
    absent = (draw.randrange(days),) if draw.random() < 0.3 else ()
    history = History(
        nights_balance=draw.choice((0, 0, 1)),
        minutes_balance=draw.choice((0, 480)),
        wishes_missed=draw.choice((0, 2)),
    )
    skills = ("RN",) if draw.random() < 0.6 else ()
    return nurse(key, *skills, absent=absent, history=history, target_min=draw.choice((480, 960)))


def _wish(draw: Random, people: tuple[Staff, ...], days: int) -> Wish:
    return Wish(
        staff=draw.choice(people).key,
        day=draw.randrange(days),
        wanted=draw.choice((Wanted.ON, Wanted.OFF)),
        weight=draw.randint(1, 2),
    )


def cheapest(problem: RosterProblem) -> int | None:
    """The least cost of all rosters; None where hard rules leave none."""
    choices = [None, *(shift.key for shift in problem.shifts)]
    rows = {
        person.key: [
            (row, points)
            for row in product(choices, repeat=problem.days)
            if (points := row_cost(problem, person, row)) is not None
        ]
        for person in problem.staff
    }
    known: dict[tuple[int, Row], int | None] = {}
    best: int | None = None
    for chosen in product(*rows.values()):
        points = sum(each for _, each in chosen)
        for spot in enumerate(zip(*(row for row, _ in chosen), strict=True)):
            if spot not in known:
                known[spot] = day_cost(problem, *spot)
            cost = known[spot]
            if cost is None or (best is not None and points >= best):
                break
            points += cost
        else:
            best = points if best is None else min(best, points)
    return best
