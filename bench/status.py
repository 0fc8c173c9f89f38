"""A hospital's status, a year of its history, its measures and anomalies, through GraphQL.

    python -m bench.status

Processor time of one whole operation, parsed, checked and completed, the median of several; and
the statements that it sent. The same for a hospital of a month shows what grows with the past.
"""

import statistics
import tempfile
import time
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import anyio
from graphql import DocumentNode, execute, parse
from sqlalchemy import event
from strawberry.execution import optimized_is_awaitable

from api.context import Context
from api.schema import build_schema
from app.wiring import App, build
from bench.status_house import BEDS, WARDS, Year, a_year
from bench.ward import Load, show
from kit.clock import utc_now
from kit.work import Actor
from tests.house import KEYS, enrol, settings_for

RUNS = 7
ASKED = {
    "hospitalStatus": """query ($h: UUID!) { hospitalStatus(hospitalId: $h) { code
        capacity { asOf source occupied open readyNow waiting beds { state beds } }
        devices { state devices } alarms { severity open }
        wards { code capacity { asOf source occupied open readyNow waiting } } } }""",
    "occupancyHistory hospital": """query ($h: UUID!, $since: DateTime!, $until: DateTime!) {
        occupancyHistory(hospitalId: $h, since: $since, until: $until) {
        asOf source stepSeconds points { since percent occupied open complete } } }""",
    "occupancyHistory ward": """query ($w: UUID!, $since: DateTime!, $until: DateTime!) {
        occupancyHistory(wardId: $w, since: $since, until: $until) {
        asOf source stepSeconds points { since percent occupied open complete } } }""",
    "measures hospital": """query ($h: UUID!, $since: DateTime!, $until: DateTime!) {
        measures(hospitalId: $h, since: $since, until: $until) {
        measure value unit formula asOf source lack } }""",
    "anomalies hospital, a day": """query ($h: UUID!, $day: DateTime!, $until: DateTime!) {
        anomalies(hospitalId: $h, series: OCCUPANCY, since: $day, until: $until) {
        threshold points { since value baseline score flagged } } }""",
}


class Asking:
    """The program without its server, and somebody who may see the whole network."""

    def __init__(self, year: Year, folder: Path) -> None:
        self.year = year
        self.viewer: Actor = enrol(year.url, "house-supervisor")
        self.app: App = build(settings_for(year.url, folder), keys=KEYS)
        self.schema = build_schema()
        self.statements = 0
        event.listen(self.app.engine, "before_cursor_execute", self._count)

    def measure(self, text: str) -> dict[str, float]:
        document = parse(text)
        given = {
            "h": str(self.year.hospital), "w": str(self.year.wards[0]),
            "since": self.year.since.isoformat(), "until": self.year.until.isoformat(),
            "day": (self.year.until - timedelta(days=1)).isoformat(),
        }  # fmt: skip
        anyio.run(self._run, document, given)
        spent, counted = [], []
        for _ in range(RUNS):
            self.statements = 0
            began = time.process_time()
            anyio.run(self._run, document, given)
            spent.append(1000 * (time.process_time() - began))
            counted.append(self.statements)
        return {"processor_ms": round(statistics.median(spent), 1), "statements": counted[-1]}

    async def _run(self, document: DocumentNode, given: dict[str, Any]) -> None:
        result = execute(
            self.schema._schema, document, context_value=Context(self.app, self.viewer),
            variable_values=given, is_awaitable=cast("Any", optimized_is_awaitable),
            executor_class=self.schema.execution_context_class,
        )  # fmt: skip
        done = await result if isinstance(result, Awaitable) else result
        if done.errors:
            raise RuntimeError(str(done.errors[0]))

    def _count(self, *call: Any) -> None:
        self.statements += str(call[2]).startswith("SELECT")


def of_days(days: int) -> dict[str, Any]:
    """Figures of a hospital with that much of a past."""
    with tempfile.TemporaryDirectory() as folder:
        year = a_year(Path(folder), utc_now(), days=days)
        asking = Asking(year, Path(folder))
        asking.app.decisions.reload()
        found = {name: asking.measure(text) for name, text in ASKED.items()}
        asking.app.engine.dispose()
        return {"days": days, "stays": year.stays, **found}


def main() -> None:
    load = Load.now()
    past = [of_days(days) for days in (60, 365)]
    show({"wards": WARDS, "beds": WARDS * BEDS, "database": "sqlite", "past": past,
          "load": load.minute})  # fmt: skip


if __name__ == "__main__":
    main()
