"""The CBC that PuLP brings, in its own process and a folder only this account can read."""

import re
import tempfile
from math import inf
from pathlib import Path

import pulp
from pulp.apis.coin_api import pulp_cbc_path

from solvers.engine_run import Limits, Raw


def run_cbc(lp: pulp.LpProblem, limits: Limits) -> Raw:
    """Solve; the values are left in the model's variables."""
    with tempfile.TemporaryDirectory(prefix="plan-") as folder:
        log = Path(folder) / "log"
        solver = pulp.COIN_CMD(
            path=pulp_cbc_path,
            msg=False,
            timeLimit=limits.time_limit_s,
            gapRel=limits.gap,
            gapAbs=0.999,
            threads=None if limits.threads == 1 else limits.threads,
            options=[f"randomSeed {limits.seed}", f"randomCbcSeed {limits.seed}"],
            logPath=str(log),
        )
        solver.tmpDir = folder
        lp.solve(solver)
        text = log.read_text(errors="replace")
    has_values = lp.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    version = re.search(r"Version:\s*(\S+)", text)
    return Raw(
        has_values=has_values,
        infeasible=lp.sol_status == pulp.LpSolutionInfeasible,
        cut_short="Stopped on time" in text,
        bound=_bound(text),
        solver="CBC",
        version=version[1] if version else "?",
    )


def _bound(log: str) -> float:
    """CBC prints a lower bound only when it stopped early; otherwise its objective is the bound."""
    for label in ("Lower bound", "Objective value"):
        found = re.search(rf"^{label}:\s*(-?[\d.e+]+)", log, re.MULTILINE)
        if found:
            return float(found[1])
    return -inf
