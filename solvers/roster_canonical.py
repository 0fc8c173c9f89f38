"""The roster problem as plain JSON and back, and the hash that binds a plan to it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

from kit.canonical import canonical_json
from solvers.roster_parts import (
    Contract,
    Demand,
    Duty,
    HeldSkill,
    History,
    Pattern,
    RosterWaiver,
    Shift,
    Staff,
    Wish,
)
from solvers.roster_problem import RosterProblem
from solvers.roster_ruleset import RosterRules, Term

FORMAT = "roster-problem-1"

_LISTS: Mapping[str, type[Any]] = {
    "shifts": Shift,
    "demand": Demand,
    "patterns": Pattern,
    "wishes": Wish,
    "waivers": RosterWaiver,
}


def to_canonical(problem: RosterProblem) -> dict[str, Any]:
    """Strings, integers, booleans, None and lists only."""
    return {"format": FORMAT, **_plain(problem)}


def from_canonical(body: Mapping[str, Any]) -> RosterProblem:
    """Raises ValueError if a field is missing, unknown or out of range."""
    if body.get("format") != FORMAT:
        raise ValueError(f"format: {body.get('format')!r} is not {FORMAT}")
    try:
        lists = {
            name: tuple(kind(**_tuples(row)) for row in body[name]) for name, kind in _LISTS.items()
        }
        published = body["published"]
        return RosterProblem(
            first_day=body["first_day"],
            days=body["days"],
            contracts=tuple(map(_contract, body["contracts"])),
            staff=tuple(map(_person, body["staff"])),
            published=None if published is None else tuple(Duty(**row) for row in published),
            frozen=tuple(body["frozen"]),
            holidays=tuple(body["holidays"]),
            rules=_rules(body["rules"]),
            **lists,
        )
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"problem: {wrong}") from wrong


def problem_hash(problem: RosterProblem) -> str:
    """SHA-256, in hex, of the canonical bytes."""
    return sha256(canonical_json(to_canonical(problem))).hexdigest()


def _contract(row: Mapping[str, Any]) -> Contract:
    terms = tuple(Term(**_tuples(term)) for term in row["terms"])
    return Contract(**{**_tuples(row), "terms": terms})


def _person(row: Mapping[str, Any]) -> Staff:
    skills = tuple(HeldSkill(**held) for held in row["skills"])
    history = History(**_tuples(row["history"]))
    return Staff(**{**_tuples(row), "skills": skills, "history": history})


def _rules(row: Mapping[str, Any]) -> RosterRules:
    labour = tuple(Term(**_tuples(term)) for term in row["labour"])
    return RosterRules(**{**_tuples(row), "labour": labour})


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tuple(value) for name, value in row.items()}


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
