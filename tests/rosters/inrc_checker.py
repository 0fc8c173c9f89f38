"""What a roster costs in the competition of 2010, read from the instance itself.

Shares nothing with the solver or its reader: the XML is read again, every rule is counted over the
whole row with plain loops. Source: Haspeslagh, De Causmaecker, Schaerf, Stølevik, Annals of
Operations Research 218, 2014; details of weekends and edges as in the evaluator of Meignan (2013).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import parse

Roster = Mapping[tuple[str, int], str]  # (employee, day) -> shift

NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def inrc_cost(path: Path, roster: Roster) -> tuple[int, int]:
    """(heads too few or too many, weighted soft violations)."""
    root: Any = parse(path).getroot()
    first = date.fromisoformat(root.findtext("StartDate"))
    days = (date.fromisoformat(root.findtext("EndDate")) - first).days + 1
    weekdays = [NAMES[(first + timedelta(days=day)).weekday()] for day in range(days)]
    wrong = _wrong_heads(root, roster, weekdays)
    contracts = {each.get("ID"): each for each in root.iterfind("Contracts/Contract")}
    patterns = {each.get("ID"): each for each in root.iterfind("Patterns/Pattern")}
    cost = 0
    for employee in root.iterfind("Employees/Employee"):
        row = [roster.get((employee.get("ID"), day)) for day in range(days)]
        contract = contracts[employee.findtext("ContractID")]
        cost += _numbers(contract, row) + _weekends(contract, row, weekdays)
        for each in contract.iterfind("UnwantedPatterns/Pattern"):
            cost += _pattern(patterns[each.text], row, weekdays)
        cost += _skills(root, contract, employee, row)
    return wrong, cost + _requests(root, roster, first)


def _wrong_heads(root: Any, roster: Roster, weekdays: list[str]) -> int:
    heads = Counter((day, shift) for (_, day), shift in roster.items())
    wanted: Counter[tuple[int, str]] = Counter()
    for cover in root.iterfind("CoverRequirements/DayOfWeekCover"):
        for day, weekday in enumerate(weekdays):
            if weekday == cover.findtext("Day"):
                for each in cover.iterfind("Cover"):
                    wanted[day, each.findtext("Shift")] += int(each.findtext("Preferred"))
    return sum(abs(heads[key] - wanted[key]) for key in heads.keys() | wanted.keys())


def _weighed(contract: Any, name: str) -> tuple[int, int]:
    """(limit, weight); weight 0 where the rule is off."""
    node = contract.find(name)
    return int(node.text), int(node.get("weight")) if node.get("on") in ("1", "true") else 0


def _numbers(contract: Any, row: list[str | None]) -> int:
    work = [shift is not None for shift in row]
    runs = [(kind, len(list(run))) for kind, run in groupby(work)]
    cost = 0
    for name, sign in (("MaxNumAssignments", 1), ("MinNumAssignments", -1)):
        limit, weight = _weighed(contract, name)
        cost += weight * max(0, sign * (sum(work) - limit))
    for what, kind in (("WorkingDays", True), ("FreeDays", False)):
        for bound, sign in (("Max", 1), ("Min", -1)):
            limit, weight = _weighed(contract, f"{bound}Consecutive{what}")
            cost += weight * sum(
                max(0, sign * (length - limit)) for each, length in runs if each is kind
            )
    return cost


def _weekends(contract: Any, row: list[str | None], weekdays: list[str]) -> int:
    names = [name for name in NAMES if name in contract.findtext("WeekendDefinition")]
    starts = [day for day, name in enumerate(weekdays) if name == names[0]]
    weekends = [row[day : day + len(names)] for day in starts]
    cost = 0
    worked = [any(weekend) for weekend in weekends]
    runs = [len(list(run)) for kind, run in groupby(worked) if kind]
    for bound, sign in (("Max", 1), ("Min", -1)):
        limit, weight = _weighed(contract, f"{bound}ConsecutiveWorkingWeekends")
        cost += weight * sum(max(0, sign * (length - limit)) for length in runs)
    complete, same = (
        contract.find("CompleteWeekends"),
        contract.find("IdenticalShiftTypesDuringWeekend"),
    )
    for weekend in weekends:
        if len(weekend) < len(names) or not any(weekend):
            continue
        if complete.text == "true":
            inside = "".join("w" if shift else "f" for shift in weekend).strip("f")
            cut = len(weekend) if "f" in inside else 0
            cost += int(complete.get("weight")) * (weekend.count(None) + cut)
        if same.text == "true" and all(weekend):
            times = Counter(weekend)
            cost += int(same.get("weight")) * sum(len(weekend) - n for n in times.values())
    return cost


def _pattern(pattern: Any, row: list[str | None], weekdays: list[str]) -> int:
    entries = sorted(
        pattern.iterfind("PatternEntries/PatternEntry"), key=lambda e: int(e.get("index"))
    )
    hits = 0
    for start in range(len(row) - len(entries) + 1):
        if entries[0].findtext("Day") not in ("Any", weekdays[start]):
            continue
        hits += all(_met(e.findtext("ShiftType"), row[start + i]) for i, e in enumerate(entries))
    return hits * int(pattern.get("weight"))


def _met(word: str, shift: str | None) -> bool:
    return {"None": shift is None, "Any": shift is not None}.get(word, shift == word)


def _skills(root: Any, contract: Any, employee: Any, row: list[str | None]) -> int:
    node = contract.find("AlternativeSkillCategory")
    if node.text != "true":
        return 0
    held = {each.text for each in employee.iterfind("Skills/Skill")}
    lacking = {
        shift.get("ID"): sum(each.text not in held for each in shift.iterfind("Skills/Skill"))
        for shift in root.iterfind("ShiftTypes/Shift")
    }
    return int(node.get("weight")) * sum(lacking[shift] for shift in row if shift is not None)


def _requests(root: Any, roster: Roster, first: date) -> int:
    cost = 0
    for name, wanted in (
        ("DayOff", False),
        ("DayOn", True),
        ("ShiftOff", False),
        ("ShiftOn", True),
    ):
        for each in root.iterfind(f"{name}Requests/{name}"):
            day = (date.fromisoformat(each.findtext("Date")) - first).days
            given = roster.get((each.findtext("EmployeeID"), day))
            shift = each.findtext("ShiftTypeID")
            has = given is not None if shift is None else given == shift
            cost += int(each.get("weight")) * (has is not wanted)
    return cost
