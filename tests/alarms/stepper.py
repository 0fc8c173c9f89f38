"""The program's timers in a process of their own, stepping alarms until it is killed."""

from datetime import datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.house import house

# forked from a process without threads that has imported the program: a restart is quick
_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def start(url: str, folder: Path, now: datetime) -> BaseProcess:
    """Step whatever is due at `now`, again and again."""
    process = _PROCESSES.Process(target=_step, args=(url, folder, now), daemon=True)
    process.start()
    return process


def _step(url: str, folder: Path, now: datetime) -> None:
    with house(url, folder, clock=lambda: now) as app:
        while True:
            app.jobs.round()
