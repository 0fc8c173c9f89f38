"""The transfer problem as plain JSON and back, and the hash that binds a plan to it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any

from kit.canonical import canonical_json
from solvers.transfer_problem import Hospital, Patient, Site, TransferProblem, Travel, Unit
from solvers.transfer_ruleset import TransferRuleSet

FORMAT = "transfer-problem-1"


def to_canonical(problem: TransferProblem) -> dict[str, Any]:
    """Strings, integers, booleans, None and lists only."""
    return {"format": FORMAT, **_plain(problem)}


def from_canonical(body: Mapping[str, Any]) -> TransferProblem:
    """Raises ValueError if a field is missing, unknown or out of range."""
    if body.get("format") != FORMAT:
        raise ValueError(f"format: {body.get('format')!r} is not {FORMAT}")
    try:
        return TransferProblem(
            hospitals=tuple(_hospital(row) for row in body["hospitals"]),
            patients=tuple(Patient(**_tuples(row)) for row in body["patients"]),
            points=tuple(Site(**row) for row in body["points"]),
            travel=tuple(Travel(**row) for row in body["travel"]),
            need_source=body["need_source"],
            rules=TransferRuleSet(**_tuples(body["rules"])),
        )
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"problem: {wrong}") from wrong


def problem_hash(problem: TransferProblem) -> str:
    """SHA-256, in hex, of the canonical bytes."""
    return sha256(canonical_json(to_canonical(problem))).hexdigest()


def _hospital(row: Mapping[str, Any]) -> Hospital:
    units = tuple(Unit(**unit) for unit in row["units"])
    return Hospital(**{**_tuples(row), "units": units})


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
