"""Questions about plans: answered by a solver in a process of its own, few at a time.

Nobody's transaction is open meanwhile, and a question that takes too long is ended with its
process.
"""

import threading
from typing import Any

from app.solver_process import SolverFailed, SolverLimits, run_solver
from domain.plans.kinds import kind_of
from kit.errors import Conflict, Retry

AT_ONCE = 2
WAIT_S = 5.0  # for a place
LIMIT_S = 10.0


class Questions:
    """`answer` may be called from any thread."""

    def __init__(self, limits: SolverLimits | None = None) -> None:
        self._limits = limits or SolverLimits(time_limit_s=LIMIT_S)
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._stop = threading.Event()

    def answer(self, kind: str, problem: bytes, question: dict[str, Any]) -> dict[str, Any]:
        """Raises Retry while others ask, Conflict where there is no answer."""
        if not self._places.acquire(timeout=WAIT_S):
            raise Retry("the solvers are busy; ask again", reason="SOLVERS_BUSY")
        try:
            return run_solver(
                kind_of(kind).solving,
                problem,
                self._limits,
                cancelled=self._stop,
                question=question,
            )
        except SolverFailed as failed:
            raise Conflict("there is no answer to this question", reason="NO_ANSWER") from failed
        finally:
            self._places.release()

    def stop(self) -> None:
        """End what is being answered."""
        self._stop.set()
