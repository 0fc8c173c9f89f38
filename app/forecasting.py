"""Makes the forecasts that were asked for: claim, read, compute in a process, record.

The history is read in one snapshot and no change waits for it. Rows are the truth: what a
process claimed and did not finish is claimed again when its lease is over.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from app.solver_process import SolverFailed, SolverLimits, run_solver
from domain.forecasts.commands import ClaimForecasts, Made, RecordForecasts
from domain.forecasts.freezing import Claimed, freeze
from domain.forecasts.making import Problem
from domain.forecasts.queries import hospitals_to_forecast
from kit.clock import Clock
from kit.command import Command
from kit.db import reading
from kit.errors import Refusal

log = logging.getLogger("wardgrid.forecasts")

LIMITS = SolverLimits(time_limit_s=120.0, memory_mb=2048)
Do = Callable[[Command[Any]], Any]


class Forecasting:
    """One thread; a hospital's forecasts are made some at a time."""

    def __init__(self, engine: Engine, clock: Clock, do: Do) -> None:
        self._engine = engine
        self._clock = clock
        self._do = do
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="forecasts")
        self._busy = threading.Lock()

    def look(self) -> None:
        """Begin with what waits, unless some are being made; they ask again when they are done."""
        if self._stop.is_set() or not self._busy.acquire(blocking=False):
            return
        with reading(self._engine) as session:
            waiting = hospitals_to_forecast(session, self._clock())
        if not waiting:
            self._busy.release()
            return
        self._pool.submit(self._work, waiting[0])

    def stop(self) -> None:
        self._stop.set()
        self._pool.shutdown(cancel_futures=True)

    def make(self, hospital_id: UUID) -> None:
        """Some forecasts of a hospital, from claim to record. Called by the thread, and by tests.

        Raises Refusal where nothing waits.
        """
        claimed: tuple[Claimed, ...] = self._do(ClaimForecasts(hospital_id=hospital_id))
        read = self._read(claimed)
        answers = self._solve([one.problem for one in read if one.problem is not None])
        if answers is not None:
            self._do(RecordForecasts(hospital_id=hospital_id, made=_matched(read, answers)))

    def _work(self, hospital_id: UUID) -> None:
        try:
            self.make(hospital_id)
        except Refusal as refusal:
            log.info("forecasts refused", extra={"reason": refusal.reason})
        except Exception as fault:  # a fault in one batch must not end the thread
            log.error("forecasts failed", extra={"fault": type(fault).__name__})
        finally:
            self._busy.release()

    def _read(self, claimed: Sequence[Claimed]) -> list[Made]:
        """The histories, all of one snapshot."""
        found = []
        with reading(self._engine) as session:
            for one in claimed:
                try:
                    problem = freeze(session, one, self._clock())
                    found.append(Made(forecast_id=one.forecast_id, problem=problem))
                except Refusal as refusal:
                    found.append(Made(forecast_id=one.forecast_id, refused=refusal.reason))
        return found

    def _solve(self, problems: Sequence[Problem]) -> list[dict[str, Any]] | None:
        """None where the program is stopping: the claim runs out by itself."""
        if not problems:
            return []
        given = b"[" + b",".join(one.to_json() for one in problems) + b"]"
        try:
            found = run_solver("forecasts", given, LIMITS, cancelled=self._stop,
                               worker="app.forecast_worker")  # fmt: skip
        except SolverFailed:
            log.warning("forecaster failed", extra={"count": len(problems)})
            if self._stop.is_set():
                return None
            return [{"refused": "FORECASTER_FAILED"}] * len(problems)
        answers: list[dict[str, Any]] = found["answers"]
        return answers


def _matched(read: Sequence[Made], answers: Sequence[dict[str, Any]]) -> tuple[Made, ...]:
    rest = iter(answers)
    made = []
    for one in read:
        answer = next(rest) if one.problem is not None else {"refused": one.refused}
        made.append(Made(forecast_id=one.forecast_id, problem=one.problem, answer=answer,
                         refused=answer.get("refused")))  # fmt: skip
    return tuple(made)
