"""A solver's answer as plain JSON: what every kind of plan says in the same words."""

import hashlib
from math import isfinite
from typing import Any

from domain.plans.solving import RunLimits, Say
from kit.canonical import canonical_json
from solvers.engine import Limits, Outcome, Progress

MILLION = 1_000_000


def limits_of(limits: RunLimits) -> Limits:
    """The run's limits in the solver's words."""
    return Limits(limits.time_limit_s, limits.gap_ppm / MILLION, limits.seed)


def told(say: Say) -> Progress:
    """Passes a solver's progress on: incumbent and bound as integers, the gap in millionths."""

    def progress(incumbent: float, bound: float, gap: float) -> None:
        say(
            {
                "incumbent": _whole(incumbent),
                "bound": _whole(bound),
                "gap_ppm": _whole(gap * MILLION),
            }
        )

    return progress


def answered(outcome: Outcome, decided: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """The answer of a kind. `decided` is what its hash covers: never how long it took."""
    return {
        "outcome": {
            "status": outcome.status.value,
            "objective": outcome.objective,
            "bound": outcome.bound,
            "gap_ppm": None if outcome.gap is None else round(outcome.gap * MILLION),
            "cut_short": outcome.cut_short,
            "build_ms": outcome.build_ms,
            "wall_ms": outcome.wall_ms,
            "solver": outcome.solver,
            "solver_version": outcome.solver_version,
        },
        **parts,
        "hash": hashlib.sha256(canonical_json(decided)).hexdigest(),
    }


def solver_name(outcome: dict[str, Any]) -> str:
    return f"{outcome['solver']} {outcome['solver_version']}"


def _whole(value: float) -> int | None:
    """None while the solver knows nothing better than infinity."""
    return round(value) if isfinite(value) else None
