"""The forecaster's own process: histories on standard input, forecasts on standard output."""

import json
import os
import sys

from app.solver_process import SolverLimits
from app.solver_worker import confine


def main(_kind: str, limits_json: str) -> None:
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not spoil the answer
    confine(SolverLimits(**json.loads(limits_json)))
    from domain.forecasts.making import solve_many

    answer.write(json.dumps({"plan": solve_many(sys.stdin.buffer.read())}) + "\n")
    answer.flush()


if __name__ == "__main__":
    main(*sys.argv[1:3])
