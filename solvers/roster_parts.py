"""The rows of a roster problem: shifts, demand, contracts, people, wishes, duties.

Keys are opaque strings, days are whole numbers from 0 (the first day of the horizon); days before
it are negative.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from solvers.roster_checks import as_kinds, sorted_rows, unique, whole
from solvers.roster_ruleset import DAY_CODES, TERM_CODES, Term

DAY_MIN = 1_440


class ShiftKind(StrEnum):
    EARLY = "EARLY"
    DAY = "DAY"
    LATE = "LATE"
    NIGHT = "NIGHT"
    ON_CALL = "ON_CALL"


class Wanted(StrEnum):
    """What a wish asks for: to work (that shift, if one is named), or not to."""

    ON = "ON"
    OFF = "OFF"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """A shift of every day. `start_min`: minutes after midnight; it may end on the next day.

    `counted_min`: minutes that count as working time (on-call at home may count less); as long
    as the shift where None. `skills`: all that its holder needs, beside the skill demanded.
    """

    key: str
    kind: ShiftKind
    start_min: int
    length_min: int
    counted_min: int | None = None
    skills: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        as_kinds(self, kind=ShiftKind)
        sorted_rows(self, "skills")
        whole(self, "start_min", "counted_min")
        whole(self, "length_min", least=1)
        if self.start_min >= DAY_MIN or self.length_min > DAY_MIN:
            raise ValueError(f"shifts: {self.key} starts after its day or lasts longer than a day")

    @property
    def work_min(self) -> int:
        return self.length_min if self.counted_min is None else self.counted_min


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Demand:
    """Heads wanted on a day, in a shift, with a skill; each person on duty counts for one of them.

    Fewer than `minimum` is uncovered; between that and `preferred` is thin, above it is too many.
    """

    day: int
    shift: str
    skill: str
    minimum: int
    preferred: int

    def __post_init__(self) -> None:
        whole(self, "day", "minimum", "preferred")
        if self.preferred < self.minimum:
            raise ValueError(f"demand.preferred: below the minimum on day {self.day}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """An unwanted run of days: each a shift's key, `ANY` duty or `FREE`, from `weekday` on.

    `weekday`: 0 Monday to 6 Sunday; None: any day.
    """

    key: str
    days: tuple[str, ...]
    weekday: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", tuple(self.days))
        if not 1 <= len(self.days) <= 7:
            raise ValueError(f"patterns.days: {self.key} needs one to seven days")
        if self.weekday is not None and self.weekday not in range(7):
            raise ValueError(f"patterns.weekday: {self.weekday} is not 0 to 6")


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """What was agreed. `weekly_min`: minutes a week; `weekend`: weekdays that make one (0 Monday).

    `shifts`: the keys one may be given; empty: all.
    """

    key: str
    weekly_min: int
    terms: tuple[Term, ...] = ()
    weekend: tuple[int, ...] = (5, 6)
    shifts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        sorted_rows(self, "weekend", "shifts")
        ordered = sorted(self.terms, key=lambda t: (t.rule, t.limit, t.weight or -1, t.pattern))
        object.__setattr__(self, "terms", tuple(ordered))
        whole(self, "weekly_min")
        if not set(self.weekend) <= set(range(7)):
            raise ValueError(f"contracts.weekend: {self.key} has a weekday that is not 0 to 6")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class HeldSkill:
    """A skill; `until`: the first day on which it is no longer valid."""

    skill: str
    until: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Duty:
    """One person's duty of a day, counted for the skill."""

    staff: str
    day: int
    shift: str
    skill: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What happened before the horizon.

    `known_days`: so many days before day 0 are known; `past`: the duties on them (day < 0).
    Balances are how much above one's share one already is (below: negative).
    """

    known_days: int = 0
    past: tuple[tuple[int, str], ...] = ()  # (day, shift)
    nights_balance: int = 0
    weekends_balance: int = 0
    minutes_balance: int = 0
    wishes_missed: int = 0
    window_min: int | None = None  # worked in the averaging window, before day 0
    month_overtime_min: int = 0  # this month, before day 0
    sundays_worked: int = 0  # this year, before day 0

    def __post_init__(self) -> None:
        pairs = sorted((int(day), str(shift)) for day, shift in self.past)
        object.__setattr__(self, "past", tuple(pairs))
        whole(self, "known_days", "wishes_missed", "window_min")
        whole(self, "month_overtime_min", "sundays_worked")
        unique("history.past", (day for day, _ in self.past))
        if any(not -self.known_days <= day < 0 for day, _ in self.past):
            raise ValueError("history.past: a duty on a day that is not known")


@dataclass(frozen=True, kw_only=True, slots=True)
class Staff:
    """A person. `absent`: days off that are not to be touched; `barred`: (day, shift) likewise.

    `target_min`: minutes to work in the horizon; where None, the contract's share of it less
    one fifth of a week for each absent weekday.
    """

    key: str
    contract: str
    skills: tuple[HeldSkill, ...] = ()
    absent: tuple[int, ...] = ()
    barred: tuple[tuple[int, str], ...] = ()
    target_min: int | None = None
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        object.__setattr__(self, "barred", tuple((int(d), str(s)) for d, s in self.barred))
        ordered = sorted(set(self.skills), key=lambda held: (held.skill, held.until or 0))
        object.__setattr__(self, "skills", tuple(ordered))
        sorted_rows(self, "absent", "barred")
        whole(self, "target_min")
        unique("staff.skills", (held.skill for held in self.skills))

    def holds(self, skill: str, day: int) -> bool:
        return not skill or any(
            held.skill == skill and (held.until is None or day < held.until) for held in self.skills
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """`shift` None: the whole day. `weight` from 1: how much it means to the person."""

    staff: str
    day: int
    wanted: Wanted
    shift: str | None = None
    weight: int = 1

    def __post_init__(self) -> None:
        as_kinds(self, wanted=Wanted)
        whole(self, "day", "weight")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class RosterWaiver:
    """A hard rule that a person allowed to be broken; `staff` empty: for everyone."""

    rule: str
    staff: str = ""

    def __post_init__(self) -> None:
        if self.rule not in TERM_CODES + DAY_CODES:
            raise ValueError(f"waivers.rule: {self.rule!r} is no rule of rosters")
