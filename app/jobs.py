"""Work that nobody waits for: solver runs, forecasts, approved plans, and what time brings about.

Rows are the truth: every round asks the database what is due, so a restart loses nothing.
Each step is an ordinary command of the program's own actor.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from app.forecasting import Forecasting
from app.pipeline import Pipeline
from app.solver_process import SolverFailed, SolverLimits, run_solver, sweep
from app.traces import Traces
from domain.plans.cancelling import no_longer_wanted
from domain.plans.commands import ExecuteItem, FinishPlan, MarkStale
from domain.plans.kinds import Lane, kind_of
from domain.plans.queries import (
    DueRun,
    approved_items,
    partly_decided,
    plans_to_execute,
    runs_to_solve,
)
from domain.plans.runs import ClaimRun, FailPlan, RecordPlan
from kit.clock import Clock
from kit.command import Command
from kit.db import reading
from kit.errors import ReadOnly, Refusal
from kit.work import Actor, ActorKind

log = logging.getLogger("wardgrid.jobs")

PROGRAM = Actor(UUID(int=1), ActorKind.SYSTEM, purpose="HOPERAT")
SOLVERS = 1  # at a time in one process and lane; the machine's other cores serve people


class Jobs:
    """One thread that looks for due work every `period_s` and whenever something was committed."""

    def __init__(
        self,
        *,
        engine: Engine,
        pipeline: Pipeline,
        clock: Clock,
        timers: Sequence[Callable[..., Sequence[Command[Any]]]] = (),
        on_progress: Callable[[DueRun, dict[str, Any]], None] = lambda _run, _progress: None,
        period_s: float = 1.0,
        traces: Traces | None = None,
    ) -> None:
        self._traces = traces or Traces()
        self._engine = engine
        self._pipeline = pipeline
        self._clock = clock
        self._timers = timers
        self.on_progress = on_progress
        self._period_s = period_s
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._solvers = {
            lane: ThreadPoolExecutor(SOLVERS, thread_name_prefix=f"solver-{lane.lower()}")
            for lane in Lane
        }
        self._solving: dict[UUID, threading.Event] = {}  # set: its process is to end
        self.forecasting = Forecasting(engine, clock, lambda one: pipeline.run(PROGRAM, one).result)
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        sweep()
        self._thread.start()

    def wake(self) -> None:
        """Look now: something was committed."""
        self._wake.set()

    def stop(self) -> None:
        """End running solvers; their runs are claimed again after the next start."""
        self._stop.set()
        self._wake.set()
        for end in list(self._solving.values()):
            end.set()
        if self._thread.is_alive():
            self._thread.join()
        for solvers in self._solvers.values():
            solvers.shutdown(cancel_futures=True)
        self.forecasting.stop()

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(self._period_s)
            self._wake.clear()
            try:
                self.round()
            except (
                Exception
            ) as fault:  # the runner outlives any job; the fault is counted, not lost
                log.error("job round failed", extra={"fault": type(fault).__name__})

    def round(self) -> None:
        """Do everything that is due. Called by the thread, and by tests."""
        for timer in self._timers:
            with reading(self._engine) as session:
                due = timer(session, self._clock())
            for command in due:
                self._try(command)
        with reading(self._engine) as session:
            runs = runs_to_solve(session, self._clock())
            plans = plans_to_execute(session)
            begun = partly_decided(session)
            unwanted = no_longer_wanted(session, list(self._solving))
        for plan_id in unwanted:
            if end := self._solving.get(plan_id):
                end.set()
        for run in runs:
            self._begin(run)
        for plan_id in begun:
            self._execute(plan_id, finish=False)
        for plan_id in plans:
            self._execute(plan_id)
        self.forecasting.look()

    def _begin(self, run: DueRun) -> None:
        if run.proposal_id in self._solving or self._stop.is_set():
            return
        if self._try(ClaimRun(proposal_id=run.proposal_id)) is None:
            self._solving[run.proposal_id] = threading.Event()
            self._solvers[run.lane].submit(self._solve, run)

    def _solve(self, run: DueRun) -> None:
        limits = SolverLimits(run.time_limit_ms / 1000, run.gap_limit_ppm, run.seed)
        end = self._solving[run.proposal_id]
        try:
            if end.is_set() or self._stop.is_set():
                return
            with self._traces.span("solver run", plan=run.proposal_id, kind=run.kind):
                plan = run_solver(
                    kind_of(run.kind).solving, run.problem, limits,
                    lambda progress: self.on_progress(run, progress), end,
                )  # fmt: skip
            self._try(RecordPlan(proposal_id=run.proposal_id, answer=plan))
        except SolverFailed as failure:
            log.warning("solver failed", extra={"job": str(run.proposal_id)})
            if not end.is_set():
                self._try(FailPlan(proposal_id=run.proposal_id, reason=str(failure)))
        except Exception as fault:  # a fault in one run must not end the runner
            log.error("solver run failed", extra={"fault": type(fault).__name__})
        finally:
            self._solving.pop(run.proposal_id, None)

    def _execute(self, plan_id: UUID, *, finish: bool = True) -> None:
        """Item by item, each in its own transaction, in the name of the person who approved it, or
        of the program where the hospital's policy did."""
        with reading(self._engine) as session:
            items = approved_items(session, plan_id)
        waits = fell_out = False
        for item in items:
            if not item.now or (waits and item.in_order):
                waits = True
                continue
            if fell_out and item.in_order:
                self._try(MarkStale(item_id=item.id, reason="EARLIER_STEP_FELL_OUT"))
                continue
            by_policy = item.approved_by == PROGRAM.id
            approver = PROGRAM if by_policy else Actor(item.approved_by, ActorKind.PERSON)
            refusal = self._try(ExecuteItem(item_id=item.id), approver)
            if isinstance(refusal, ReadOnly):
                return  # nothing is wrong with the item: it is done when there is room
            if refusal:  # the world changed since the plan: this item alone falls out, with why
                fell_out = True
                self._try(MarkStale(item_id=item.id, reason=refusal.reason))
        if finish and not waits:
            self._try(FinishPlan(proposal_id=plan_id))

    def _try(self, command: Command[Any], actor: Actor = PROGRAM) -> Refusal | None:
        try:
            self._pipeline.run(actor, command)
        except Refusal as refusal:
            log.info("job refused", extra={"command": type(command).__name__,
                                           "reason": refusal.reason})  # fmt: skip
            return refusal
        return None
