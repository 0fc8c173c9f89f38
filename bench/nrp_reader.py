"""Instances of the First International Nurse Rostering Competition (2010) as roster problems.

Every soft constraint of a contract becomes a term with the competition's weight, counted as its
evaluation does: blocks that reach an edge of the horizon count as they are. Demand is hard there,
so a head too few or too many costs more than any roster. The competition dropped "no night before
a free weekend" from its evaluation; it is read where `eve` is set.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

from solvers.roster_problem import (
    Contract,
    Demand,
    HeldSkill,
    Pattern,
    RosterProblem,
    Shift,
    Staff,
    Wish,
)
from solvers.roster_ruleset import RosterRules, Term

HARD = 100_000
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EDGES = (("ends_with_horizon", 1),)

NUMBERS = {
    "MinNumAssignments": "MIN_DUTIES",
    "MaxNumAssignments": "MAX_DUTIES",
    "MinConsecutiveWorkingDays": "MIN_DAYS_IN_ROW",
    "MaxConsecutiveWorkingDays": "MAX_DAYS_IN_ROW",
    "MinConsecutiveFreeDays": "MIN_FREE_IN_ROW",
    "MaxConsecutiveFreeDays": "MAX_FREE_IN_ROW",
    "MinConsecutiveWorkingWeekends": "MIN_WEEKENDS_IN_ROW",
    "MaxConsecutiveWorkingWeekends": "MAX_WEEKENDS_IN_ROW",
}
SWITCHES = {
    "CompleteWeekends": "COMPLETE_WEEKEND",
    "IdenticalShiftTypesDuringWeekend": "SAME_SHIFT_IN_WEEKEND",
}
REQUESTS = {
    "DayOffRequests/DayOff": "OFF",
    "DayOnRequests/DayOn": "ON",
    "ShiftOffRequests/ShiftOff": "OFF",
    "ShiftOnRequests/ShiftOn": "ON",
}


@dataclass(frozen=True, slots=True)
class Instance:
    key: str
    problem: RosterProblem


def read(path: Path, *, eve: bool = False) -> Instance:
    """One instance. Raises ValueError where the file says something that is not known here."""
    root = parse(path).getroot()
    if root is None:
        raise ValueError(f"{path}: empty")
    first = date.fromisoformat(_text(root, "StartDate"))
    days = (date.fromisoformat(_text(root, "EndDate")) - first).days + 1
    weights = {str(each.get("ID")): _number(each, "weight") for each in root.iterfind("Patterns/*")}
    problem = RosterProblem(
        first_day=first.isoformat(),
        days=days,
        shifts=tuple(_shift(each) for each in root.iterfind("ShiftTypes/Shift")),
        contracts=tuple(_contract(each, weights, eve) for each in root.iterfind("Contracts/*")),
        staff=tuple(_person(each) for each in root.iterfind("Employees/Employee")),
        demand=tuple(_demand(root, first, days)),
        patterns=tuple(_pattern(each) for each in root.iterfind("Patterns/Pattern")),
        wishes=tuple(_wishes(root, first)),
        rules=RosterRules(
            version="inrc-2010",
            weights=(
                ("UNCOVERED", HARD),
                ("BELOW_PREFERRED", HARD),
                ("ABOVE_PREFERRED", HARD),
                ("WISH_MISSED", 1),
            ),
        ),
    )
    return Instance(str(root.get("ID")), problem)


def _shift(entry: Element) -> Shift:
    start, end = _minutes(_text(entry, "StartTime")), _minutes(_text(entry, "EndTime"))
    key = str(entry.get("ID"))
    kinds = {"N": "NIGHT", "E": "EARLY", "L": "LATE"}
    return Shift(
        key=key,
        kind=kinds.get(key, "DAY"),  # type: ignore[arg-type] # made a ShiftKind by the row
        start_min=start,
        length_min=(end - start) % 1440,
        skills=tuple(str(each.text) for each in entry.iterfind("Skills/Skill")),
    )


def _contract(entry: Element, weights: dict[str, int], eve: bool) -> Contract:
    terms = [_counted(entry, name, rule) for name, rule in NUMBERS.items()]
    switches = SWITCHES | (
        {"NoNightShiftBeforeFreeWeekend": "NO_NIGHT_BEFORE_FREE_WEEKEND"} if eve else {}
    )
    terms += [
        Term(rule=rule, weight=_number(entry, name, "weight"))
        for name, rule in switches.items()
        if _text(entry, name) == "true"
    ]
    alternative = _text(entry, "AlternativeSkillCategory") == "true"
    weight = _number(entry, "AlternativeSkillCategory", "weight") if alternative else 0
    terms.append(Term(rule="ALTERNATIVE_SKILL", weight=weight))
    terms += [
        Term(rule="UNWANTED_PATTERN", pattern=str(each.text), weight=weights[str(each.text)])
        for each in entry.iterfind("UnwantedPatterns/Pattern")
    ]
    return Contract(
        key=str(entry.get("ID")),
        weekly_min=0,
        terms=tuple(term for term in terms if term is not None),
        weekend=tuple(_weekend(_text(entry, "WeekendDefinition"))),
    )


def _counted(entry: Element, name: str, rule: str) -> Term | None:
    node = entry.find(name)
    if node is None or node.get("on") not in ("1", "true") or not _number(entry, name, "weight"):
        return None
    edges = EDGES if rule.startswith("MIN_") and rule.endswith("IN_ROW") else ()
    return Term(
        rule=rule, limit=int(str(node.text)), weight=_number(entry, name, "weight"), options=edges
    )


def _weekend(text: str) -> Iterator[int]:
    """`FridaySaturdaySunday` as weekdays."""
    for number, name in enumerate(WEEKDAYS):
        if name in text:
            yield number


def _person(entry: Element) -> Staff:
    skills = tuple(HeldSkill(skill=str(each.text)) for each in entry.iterfind("Skills/Skill"))
    return Staff(key=str(entry.get("ID")), contract=_text(entry, "ContractID"), skills=skills)


def _pattern(entry: Element) -> Pattern:
    words = {"None": "FREE", "Any": "ANY"}
    parts = sorted(entry.iterfind("PatternEntries/*"), key=lambda each: int(str(each.get("index"))))
    shifts = tuple(_text(each, "ShiftType") for each in parts)
    first = _text(parts[0], "Day")
    return Pattern(
        key=str(entry.get("ID")),
        days=tuple(words.get(shift, shift) for shift in shifts),
        weekday=None if first == "Any" else WEEKDAYS.index(first),
    )


def _demand(root: Element, first: date, days: int) -> Iterator[Demand]:
    by_weekday = {
        _text(each, "Day"): each for each in root.iterfind("CoverRequirements/DayOfWeekCover")
    }
    by_date = {
        _text(each, "Date"): each for each in root.iterfind("CoverRequirements/DateSpecificCover")
    }
    for day in range(days):
        when = date.fromordinal(first.toordinal() + day)
        cover = by_date.get(when.isoformat(), by_weekday.get(WEEKDAYS[when.weekday()]))
        for each in () if cover is None else cover.iterfind("Cover"):
            heads = int(_text(each, "Preferred"))
            yield Demand(
                day=day, shift=_text(each, "Shift"), skill="", minimum=heads, preferred=heads
            )


def _wishes(root: Element, first: date) -> Iterator[Wish]:
    for path, wanted in REQUESTS.items():
        for each in root.iterfind(path):
            yield Wish(
                staff=_text(each, "EmployeeID"),
                day=(date.fromisoformat(_text(each, "Date")) - first).days,
                wanted=wanted,  # type: ignore[arg-type] # made a Wanted by the row
                shift=each.findtext("ShiftTypeID"),
                weight=int(str(each.get("weight"))),
            )


def _minutes(text: str) -> int:
    hours, minutes, _ = text.split(":")
    return int(hours) * 60 + int(minutes)


def _text(entry: Element, name: str) -> str:
    text = entry.findtext(name)
    if text is None:
        raise ValueError(f"{entry.tag} {entry.get('ID')}: no {name}")
    return text.strip()


def _number(entry: Element, name: str, attribute: str | None = None) -> int:
    node = entry.find(name) if attribute else entry
    return int(str(node.get(attribute or name))) if node is not None else 0
