"""The solver's own process: a problem on standard input, progress and a plan on standard output."""

import ctypes
import json
import os
import resource
import signal
import sys
from typing import Any

from app.solver_process import SolverLimits
from domain.plans.solving import answer, solve

PR_SET_PDEATHSIG = 1


def main(module: str, limits_json: str, asked: str = "") -> None:
    """With `asked`, the first line of the input is a question about the problem behind it."""
    limits = SolverLimits(**json.loads(limits_json))
    # Anything a solver prints to the real standard output would spoil the conversation.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    confine(limits)

    def say(message: dict[str, Any]) -> None:
        told.write(json.dumps(message, separators=(",", ":")) + "\n")
        told.flush()

    try:
        body = sys.stdin.buffer
        question = json.loads(body.readline()) if asked else None
        if question is None:
            say({"plan": solve(module, body.read(), limits, say)})
        else:
            say({"plan": answer(module, body.read(), question, limits)})
    except ValueError as refused:
        say({"refused": type(refused).__name__})


def confine(limits: SolverLimits) -> None:
    """Die with the parent; no more memory or processor time than allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    memory = limits.memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cpu_s = int(limits.time_limit_s) + 20
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    os.nice(5)


if __name__ == "__main__":
    main(*sys.argv[1:4])
