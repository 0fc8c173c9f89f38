"""What waits for compliance, told to /metrics: counts only, of the whole house."""

from typing import TYPE_CHECKING

from domain.break_glass.queries import Desk, desk
from domain.reviews.queries import Backlog, backlog
from kit.db import reading
from kit.work import NETWORK

if TYPE_CHECKING:
    from app.wiring import App


def tell_of_reviews(app: "App") -> None:
    """Name the gauges; each is counted when it is scraped."""

    def flagged() -> Backlog:
        with reading(app.engine) as session:
            return backlog(session, [NETWORK], app.clock())

    def opened() -> Desk:
        with reading(app.engine) as session:
            return desk(session, [NETWORK], app.clock())

    watch = app.metrics.watch
    watch("reviews_open", "Flagged reads that nobody signed off", lambda: flagged().open)
    watch("reviews_overdue", "Of these, past their time", lambda: flagged().overdue)
    watch("break_glass_open", "Records open in an emergency", lambda: opened().active)
    watch("break_glass_to_judge", "Break-glass that awaits its verdict", lambda: opened().due)
    watch("break_glass_overdue", "Of these, past their time", lambda: opened().overdue)
