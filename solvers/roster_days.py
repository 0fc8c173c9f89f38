"""Rules about one duty of one day: absence, skills, what may be given, wishes, what was told.

One function each. A hard rule answers whether the duty keeps it, None where it is not in
question; a soft one how often it is broken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from solvers.roster_parts import Shift, Wanted, Wish
from solvers.roster_problem import RosterProblem
from solvers.roster_rows import FREE, Person


@dataclass(frozen=True)
class Told:
    """What the day rules look up: wishes and the published roster, by person and day."""

    wishes: Mapping[tuple[str, int], tuple[Wish, ...]]
    published: Mapping[tuple[str, int], str] | None
    frozen: frozenset[int]
    absent: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: RosterProblem) -> "Told":
        wishes: dict[tuple[str, int], tuple[Wish, ...]] = {}
        for wish in problem.wishes:
            key = (wish.staff, wish.day)
            wishes[key] = (*wishes.get(key, ()), wish)
        published = None
        if problem.published is not None:
            published = {(duty.staff, duty.day): duty.shift for duty in problem.published}
        absent = {person.key: frozenset(person.absent) for person in problem.staff}
        return cls(wishes, published, frozenset(problem.frozen), absent)


@dataclass(frozen=True)
class Day:
    """One person's duty on one day, with the skill it would be counted for."""

    person: Person
    told: Told
    day: int
    duty: int
    skill: str = ""

    @property
    def shift(self) -> Shift | None:
        return self.person.calendar.shifts[self.duty]

    @property
    def missing_skills(self) -> int:
        """Skills that the shift itself asks for and the person does not hold that day."""
        wanted = () if self.shift is None else self.shift.skills
        return sum(not self.person.staff.holds(skill, self.day) for skill in wanted)


def absent(day: Day) -> bool | None:
    """Nobody works on a day of absence."""
    if day.duty == FREE:
        return None
    return day.day not in day.told.absent[day.person.staff.key]


def shift_allowed(day: Day) -> bool | None:
    """The contract knows the shift, and the person is not barred from it that day."""
    if day.shift is None:
        return None
    contract, staff = day.person.contract, day.person.staff
    barred = (day.day, day.shift.key) in staff.barred
    return not barred and (not contract.shifts or day.shift.key in contract.shifts)


def skill_held(day: Day) -> bool | None:
    """The person holds the skill that is wanted, valid on that day."""
    if day.shift is None:
        return None
    if not day.person.staff.holds(day.skill, day.day):
        return False
    return alternative_weight(day.person) is not None or day.missing_skills == 0


def frozen_day(day: Day) -> bool | None:
    """On a frozen day the published duty stands."""
    if day.told.published is None or day.day not in day.told.frozen:
        return None
    return _as_published(day)


def alternative_skill(day: Day) -> int:
    """Once for each skill of the shift that is not held, where the contract lets this be soft."""
    return day.missing_skills if alternative_weight(day.person) is not None else 0


def wish_missed(day: Day) -> int:
    """The weights of all wishes for this day that the duty does not meet."""
    wishes = day.told.wishes.get((day.person.staff.key, day.day), ())
    return sum(wish.weight for wish in wishes if not meets(wish, day))


def changed_duty(day: Day) -> int:
    """The day differs from what was published."""
    return int(day.told.published is not None and not _as_published(day))


def meets(wish: Wish, day: Day) -> bool:
    """Whether the duty is what the wish asks for."""
    asked = day.duty != FREE if wish.shift is None else _key(day) == wish.shift
    return asked if wish.wanted is Wanted.ON else not asked


def alternative_weight(person: Person) -> int | None:
    """Points for each missing skill; None where a missing skill is forbidden."""
    for term in person.contract.terms:
        if term.rule == "ALTERNATIVE_SKILL":
            return term.weight
    return None


def wish_points(person: Person) -> int:
    """What a wish of weight 1 counts: more for those whose wishes were missed before."""
    weight = person.calendar.problem.rules.weight
    before = person.staff.history.wishes_missed * weight.get("WISH_MISSED_BEFORE", 0)
    return weight.get("WISH_MISSED", 0) + (before if weight.get("WISH_MISSED", 0) else 0)


def day_terms(day: Day) -> dict[str, int]:
    """Points of the soft rules that this duty breaks, by code."""
    weight = day.person.calendar.problem.rules.weight
    points = {
        "ALTERNATIVE_SKILL": alternative_skill(day) * (alternative_weight(day.person) or 0),
        "WISH_MISSED": wish_missed(day) * wish_points(day.person),
        "CHANGED_DUTY": changed_duty(day) * weight.get("CHANGED_DUTY", 0),
    }
    return {code: each for code, each in points.items() if each}


def day_forbidden(day: Day) -> tuple[str, ...]:
    """Codes of the hard rules that this duty breaks, waived or not."""
    return tuple(code for code, rule in HARD_DAY_RULES.items() if rule(day) is False)


def _as_published(day: Day) -> bool:
    published = day.told.published or {}
    return published.get((day.person.staff.key, day.day)) == _key(day)


def _key(day: Day) -> str | None:
    return None if day.shift is None else day.shift.key


HARD_DAY_RULES: Mapping[str, Callable[[Day], bool | None]] = {
    "ABSENT": absent,
    "SHIFT_ALLOWED": shift_allowed,
    "SKILL_HELD": skill_held,
    "FROZEN_DAY": frozen_day,
}
