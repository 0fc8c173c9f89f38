"""Solver runs in a process of their own: own group, limits, private temporary folder.

A solver that leaks, hangs or crashes takes nothing of the service with it, and dies with it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

GRACE_S = 10.0  # beyond the solver's own limit: start-up, model building, the answer
FOLDER = "wardgrid-solver-"  # then the number of the process that runs it
ROOM = 64 * 1024 * 1024  # bytes of one answer


@dataclass(frozen=True, slots=True)
class SolverLimits:
    """What one run may use. The seed makes it repeatable."""

    time_limit_s: float = 10.0
    gap_ppm: int = 0  # millionths of the objective
    seed: int = 0
    memory_mb: int = 4096


class SolverFailed(RuntimeError):
    """The process ended without an answer; the message says how, never with what."""


def run_solver(
    module: str,
    problem: bytes,
    limits: SolverLimits,
    on_progress: Callable[[dict[str, Any]], None] = lambda _progress: None,
    cancelled: threading.Event | None = None,
    question: dict[str, Any] | None = None,
    worker: str = "app.solver_worker",
) -> dict[str, Any]:
    """Solve and return the plan as plain JSON, or answer a question about the problem.

    Raises SolverFailed; ends the process always.
    """
    asked = b"" if question is None else json.dumps(question).encode() + b"\n"
    said = [module, json.dumps(asdict(limits)), *(["asked"] if asked else [])]
    with tempfile.TemporaryDirectory(prefix=f"{FOLDER}{os.getpid()}-") as folder:
        process = _started([sys.executable, "-m", worker, *said], folder)
        over = threading.Timer(limits.time_limit_s + GRACE_S, _end, [process])
        over.start()
        watcher = _watch(process, cancelled)
        try:
            return _converse(process, asked + problem, on_progress)
        finally:
            over.cancel()
            _end(process)
            process.wait()
            if watcher:
                watcher.join()


def sweep() -> int:
    """Remove what runs of a program left that was killed: a model is of no use without it."""
    left = [
        folder for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*")
        if not Path("/proc", folder.name.removeprefix(FOLDER).partition("-")[0]).exists()
        and not folder.is_symlink() and folder.stat().st_uid == os.getuid()
    ]  # fmt: skip
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _started(command: list[str], folder: str) -> "subprocess.Popen[bytes]":
    """In a group of its own, with a temporary folder of its own."""
    return subprocess.Popen(  # noqa: S603 - fixed command, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**_environment(), "TMPDIR": folder},
    )


def _environment() -> dict[str, str]:
    kept = ("PATH", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inherited = {name: os.environ[name] for name in kept if name in os.environ}
    inherited["PYTHONPATH"] = os.pathsep.join(filter(None, [here, inherited.get("PYTHONPATH")]))
    return inherited


def _watch(
    process: "subprocess.Popen[bytes]", cancelled: threading.Event | None
) -> threading.Thread | None:
    if cancelled is None:
        return None

    def wait() -> None:
        while process.poll() is None:
            if cancelled.wait(0.1):
                _end(process)
                return

    watcher = threading.Thread(target=wait, name="solver-watch", daemon=True)
    watcher.start()
    return watcher


def _converse(
    process: "subprocess.Popen[bytes]",
    problem: bytes,
    on_progress: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise AssertionError("both are pipes")
    with suppress(BrokenPipeError), stdin:
        stdin.write(problem)
    with stdout:
        for line in iter(lambda: stdout.readline(ROOM), b""):
            try:
                said = json.loads(line)
            except ValueError as broken:
                raise SolverFailed("the solver's answer cannot be read") from broken
            if "plan" in said:
                plan: dict[str, Any] = said["plan"]
                return plan
            if "refused" in said:
                raise SolverFailed(f"the solver refused the problem: {said['refused']}")
            on_progress(said)
    raise SolverFailed(f"the solver ended without an answer (exit {process.wait()})")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
