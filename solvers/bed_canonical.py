"""The problem as plain JSON and back, and the hash that binds a plan to it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

from kit.canonical import canonical_json
from solvers.bed_problem import Bed, BedPlanProblem, Occupant, Request, Room, Waiver, Ward
from solvers.bed_ruleset import RuleSet

FORMAT = "bed-plan-problem-2"
FIRST = "bed-plan-problem-1"  # without preferences; stored by older versions, still to be replayed

_LISTS: Mapping[str, type[Any]] = {
    "requests": Request,
    "beds": Bed,
    "rooms": Room,
    "wards": Ward,
    "occupants": Occupant,
    "waivers": Waiver,
}


def to_canonical(problem: BedPlanProblem) -> dict[str, Any]:
    """Strings, integers, booleans, None and lists only."""
    return {"format": FORMAT, **_plain(problem)}


def from_canonical(body: Mapping[str, Any]) -> BedPlanProblem:
    """Reads this format and the first. Raises ValueError if a field is missing, unknown or out of
    range."""
    if body.get("format") not in (FORMAT, FIRST):
        raise ValueError(f"format: {body.get('format')!r} is neither {FORMAT} nor {FIRST}")
    try:
        lists = {
            name: tuple(kind(**_tuples(row)) for row in body[name]) for name, kind in _LISTS.items()
        }
        return BedPlanProblem(**lists, rules=RuleSet(**_tuples(body["rules"])))
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"problem: {wrong}") from wrong


def problem_hash(problem: BedPlanProblem) -> str:
    """SHA-256, in hex, of the canonical bytes."""
    return sha256(canonical_json(to_canonical(problem))).hexdigest()


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
