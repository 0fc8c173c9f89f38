"""Fairness as rules: nights and weekends above one's share cost more with each one.

The share of a person is the horizon's nights (weekends) in proportion to contract hours, less
what one already has above it from months before; the balance carries fairness over the months.
"""

from solvers.roster_parts import Contract, ShiftKind, Staff
from solvers.roster_problem import RosterProblem
from solvers.roster_rows import FREE, Person, RowRule


def nights_above_share(weight: int, person: Person) -> RowRule:
    """Soft: the first night above the share counts 1, the second 2, and so on."""
    nights = person.calendar.nights

    def step(above: int, _day: int, duty: int) -> tuple[int, int]:
        return above + (duty in nights), 0

    start = person.staff.history.nights_balance - person.shares[0]
    return RowRule("NIGHTS_ABOVE_SHARE", weight, ("NIGHTS", weight), start, step, _triangle)


def weekends_above_share(weight: int, person: Person) -> RowRule:
    """Soft: the first weekend with a duty above the share counts 1, the second 2, and so on."""

    def step(state: tuple[int, bool], day: int, duty: int) -> tuple[tuple[int, bool], int]:
        above, counted = state
        if not person.in_weekend(day):
            return (above, False), 0
        if duty == FREE or counted:
            return (above, counted), 0
        return (above + 1, True), 0

    def close(state: tuple[int, bool]) -> int:
        return _triangle(state[0])

    start = (person.staff.history.weekends_balance - person.shares[1], False)
    shape = ("WEEKENDS", weight, person.contract.weekend)
    return RowRule("WEEKENDS_ABOVE_SHARE", weight, shape, start, step, close)


def _triangle(above: int) -> int:
    return above * (above + 1) // 2 if above > 0 else 0


def fair_shares(problem: RosterProblem) -> dict[str, tuple[int, int]]:
    """Per person, rounded to whole: nights, and weekends with a duty, in the horizon.

    In proportion to contract hours times days not absent, among those who may do the duty.
    """
    contracts = {contract.key: contract for contract in problem.contracts}
    kinds = {shift.key: shift.kind for shift in problem.shifts}
    nights = [row for row in problem.demand if kinds[row.shift] is ShiftKind.NIGHT]
    night_skills = {(row.shift, row.skill) for row in nights}
    weekend = [row for row in problem.demand if problem.weekday(row.day) >= 5]
    weekend_skills = {(row.shift, row.skill) for row in weekend}
    presence = {
        person.key: _presence(problem, person, contracts[person.contract])
        for person in problem.staff
    }
    able = {
        person.key: (
            _able(person, contracts[person.contract], night_skills),
            _able(person, contracts[person.contract], weekend_skills),
        )
        for person in problem.staff
    }
    total_nights = sum(row.preferred for row in nights)
    total_weekends = sum(row.preferred for row in weekend) / 2  # a weekend is usually two duties
    sums = [sum(presence[key] for key, may in able.items() if may[i]) or 1 for i in (0, 1)]
    return {
        key: (
            round(total_nights * presence[key] / sums[0]) if may[0] else 0,
            round(total_weekends * presence[key] / sums[1]) if may[1] else 0,
        )
        for key, may in able.items()
    }


def _presence(problem: RosterProblem, person: Staff, contract: Contract) -> int:
    away = sum(0 <= day < problem.days for day in person.absent)
    return contract.weekly_min * (problem.days - away)


def _able(person: Staff, contract: Contract, wanted: set[tuple[str, str]]) -> bool:
    return any(
        (not contract.shifts or shift in contract.shifts) and person.holds(skill, 0)
        for shift, skill in wanted
    )
