"""A program that is killed leaves no solver running, and its next start leaves no model lying."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.solver_process import FOLDER, sweep

# A worker that writes a model where solvers do, says so, and goes on for ever.
WORKER = """
import sys, tempfile, time
from app.solver_process import SolverLimits
from app.solver_worker import confine
confine(SolverLimits())
open(tempfile.gettempdir() + "/model.mps", "w").write("x1")
time.sleep(600)
"""
PROGRAM = """
from app.solver_process import SolverLimits, run_solver
run_solver("none", b"", SolverLimits(), worker="hygiene_worker")
"""


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_after_a_kill_no_solver_runs_and_no_model_lies_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hygiene_worker.py").write_text(WORKER)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    here = str(Path(__file__).parents[2])
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], "TMPDIR": str(temporary),
             "PYTHONPATH": os.pathsep.join((here, str(tmp_path)))},
    )  # fmt: skip
    until(lambda: bool(list(temporary.glob(f"{FOLDER}{program.pid}-*/model.mps"))))
    (worker,) = _children(program.pid)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert sweep() == 0  # the program lives: it is its folder
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    until(lambda: not _runs(worker))
    assert list(temporary.iterdir())  # left by the kill
    assert sweep() == 1
    assert list(temporary.iterdir()) == []


def _children(pid: int) -> list[int]:
    return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
