"""How the program itself is, told to the alarm rules: ledger lag, waiting changes, free disk."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from domain.alarms.timing import ReportService, service_reports

EVERY_S = 15


@dataclass(slots=True)
class ProgramFigures:
    """A timer. A report is sent only where it changes something about a rule."""

    figures: dict[str, Callable[[], float]] = field(default_factory=dict)
    looked: datetime | None = None

    def __call__(self, session: Session, now: datetime) -> Sequence[ReportService]:
        """What is to be reported of every figure."""
        if self.looked is not None and 0 <= (now - self.looked).total_seconds() < EVERY_S:
            return ()
        self.looked = now
        return [
            report
            for name, figure in self.figures.items()
            for report in service_reports(session, name, figure(), now)
        ]


def disk_free(folder: Path) -> Callable[[], float]:
    """How much of the disk under the folder is free, in %."""

    def percent() -> float:
        usage = shutil.disk_usage(folder)
        return 100.0 * usage.free / usage.total

    return percent
