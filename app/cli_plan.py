"""`wardgrid plan`: solve a stored problem again and see that the answer is the same."""

import hashlib
from typing import Annotated, Any
from uuid import UUID

import typer

from app.cli_house import house
from app.cli_options import DataFolder, Token, actor_of, group, stop

app = group("Look back at plans of every kind.")


@app.command()
def replay(
    data: DataFolder,
    token: Token,
    plan: Annotated[UUID, typer.Argument(help="The plan's id.")],
) -> None:
    """Solve the plan's frozen problem again: 0 if the result is the same, 1 if it is not."""
    with house(data) as running:
        run = _run_of(running, actor_of(running, token), plan)
    if hashlib.sha256(run.problem).hexdigest() != run.problem_hash:
        stop("the stored problem is not the one whose hash was recorded")
    if run.answer_hash is None:
        stop(f"the solver gave no answer to this plan ({run.status or 'not solved yet'})")
    again = _solve(run)
    if again["hash"] != run.answer_hash:
        why = "; the clock cut a run short" if again["outcome"]["cut_short"] else ""
        stop(f"another result: {again['hash']}, recorded {run.answer_hash}{why}")
    outcome = again["outcome"]
    typer.echo(
        f"the same result: {again['hash']}\n"
        f"status {outcome['status']}, objective {outcome['objective']}, bound {outcome['bound']},"
        f" solver {outcome['solver']} {outcome['solver_version']}, {outcome['wall_ms']} ms"
    )


def _run_of(running: Any, actor: Any, plan_id: UUID) -> Any:
    """The run, if the holder of the token may read plans of its kind there."""
    import app.plan_kinds  # noqa: F401 - every kind registers itself
    from domain.plans.queries import plan_in_reach, reading_action, run_of
    from kit.db import reading

    with reading(running.read_engine) as session:
        action = reading_action(session, plan_id)
        scopes = running.decisions.scopes(actor, action)
        run = run_of(session, plan_in_reach(session, scopes, plan_id, action))
        session.expunge_all()
    return run


def _solve(run: Any) -> dict[str, Any]:
    from app.solver_process import SolverFailed, SolverLimits, run_solver
    from domain.plans.kinds import kind_of

    limits = SolverLimits(run.time_limit_ms / 1000, run.gap_limit_ppm, run.seed)
    try:
        return run_solver(kind_of(run.kind).solving, run.problem, limits)
    except SolverFailed as failed:
        stop(f"the solver failed: {failed}")
