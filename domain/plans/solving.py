"""The solver's half of a kind of plan: what runs in the solver's process, where no database is.

A module each, named by `PlanKind.solving`, with `solve(problem, limits, say)` and, where questions
are answered, `answer(problem, question, limits)`; both raise ValueError for bytes that are no
problem of the kind. Such a module imports no ORM, because its process would spend longer loading
that than solving.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

Say = Callable[[dict[str, Any]], None]  # progress: incumbent, bound, gap_ppm


class RunLimits(Protocol):
    """app.solver_process.SolverLimits, seen from below."""

    @property
    def time_limit_s(self) -> float: ...
    @property
    def gap_ppm(self) -> int: ...
    @property
    def seed(self) -> int: ...


def solve(module: str, problem: bytes, limits: RunLimits, say: Say) -> dict[str, Any]:
    """Solve a stored problem: `answers.answered(…)`."""
    answered: dict[str, Any] = import_module(module).solve(problem, limits, say)
    return answered


def answer(
    module: str, problem: bytes, question: dict[str, Any], limits: RunLimits
) -> dict[str, Any]:
    """Answer a question about a stored problem. Raises ValueError where none can be answered."""
    asked = getattr(import_module(module), "answer", None)
    if asked is None:
        raise ValueError(f"{module} answers no {question.get('ask')}")
    answered: dict[str, Any] = asked(problem, question, limits)
    return answered
