"""How far the solver's runs are, for the screens: kept in memory and told as it comes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from domain.plans.queries import DueRun

if TYPE_CHECKING:
    from app.wiring import App


def keep_progress(app: "App") -> Callable[[DueRun, dict[str, Any]], None]:
    def keep(run: DueRun, progress: dict[str, Any]) -> None:
        app.progress[run.proposal_id] = progress
        app.feed.tell(run.scope, "PlanProgress", {"plan": str(run.proposal_id)}, app.clock())
        while len(app.progress) > 100:
            app.progress.pop(next(iter(app.progress)))

    return keep
