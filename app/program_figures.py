"""How the program itself is: told to /metrics, to the objectives and to the alarm rules."""

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import Session

from app.circuits import Circuits
from app.compliance_figures import tell_of_reviews
from app.jobs import PROGRAM
from app.objectives import Source, objectives
from audit.checkpoint import read_unchecked
from audit.export import ExportRefused, newest_checkpoint
from domain.alarms.rule_measures import (
    BACKUP_AGE,
    BURN,
    CIRCUITS_OPEN,
    DISK_FREE,
    LEDGER_LAG,
    READ_ONLY,
    WRITER_WAITING,
)
from domain.alarms.timing import ReportService, service_reports

if TYPE_CHECKING:
    from app.wiring import App

EVERY_S = 15
Figure = Callable[[], float]


@dataclass(slots=True)
class ProgramFigures:
    """A timer. A report is sent only where it changes something about a rule."""

    figures: dict[str, Figure] = field(default_factory=dict)
    samples: dict[Source, Figure] = field(default_factory=dict)
    sampled: Callable[[Source, float], None] = lambda _source, _value: None
    looked: datetime | None = None

    def __call__(self, session: Session, now: datetime) -> Sequence[ReportService]:
        """What is to be reported of every figure."""
        if self.looked is not None and 0 <= (now - self.looked).total_seconds() < EVERY_S:
            return ()
        self.looked = now
        for source, sample in self.samples.items():
            self.sampled(source, sample())
        return [
            report
            for name, figure in self.figures.items()
            for report in service_reports(session, name, figure(), now)
        ]


def tell_of(app: "App", figures: ProgramFigures) -> None:
    """Name what is looked at, and who is told of it."""
    app.room.record = partial(_record_room, app)
    metrics, levels = app.metrics, app.metrics.levels
    checkpoint_age = partial(checkpoint_age_s, app)
    metrics.watch("writer_waiting", "Changes waiting for the writer", lambda: app.writer.waiting)
    metrics.watch("ledger_lag_seconds", "Age of the oldest unsigned entry", app.ledger_lag_s)
    metrics.watch("ledger_signing", "1 where this process signs the ledger",
                  lambda: float(app.sequencer.signing))  # fmt: skip
    metrics.watch("checkpoint_age_seconds", "Age of the checkpoint kept outside", checkpoint_age)
    metrics.watch("backup_age_seconds", "Age of the newest backup", app.backups.age_s)
    metrics.watch("read_only", "1 while the disk is full", lambda: app.room.on)
    for outward, circuits in app.breakers.of.items():
        metrics.watch(f"circuits_open_{outward.lower()}", "Receivers not tried for a while",
                      partial(_open, circuits))  # fmt: skip
    metrics.watch("spans_lost", "Spans that no receiver got", lambda: float(app.traces.dropped))
    tell_of_reviews(app)
    figures.sampled = levels.note
    figures.samples |= {
        Source.LEDGER: app.ledger_lag_s,
        Source.CHECKPOINT: checkpoint_age,
        Source.BACKUP: app.backups.age_s,
    }
    figures.figures |= {
        LEDGER_LAG: app.ledger_lag_s,
        WRITER_WAITING: lambda: float(app.writer.waiting),
        BACKUP_AGE: app.backups.age_s,
        DISK_FREE: disk_free(app.settings.data_folder),
        CIRCUITS_OPEN: lambda: float(app.breakers.open()),
        READ_ONLY: lambda: float(app.room.on),
        **{BURN + one.name: partial(levels.recent_burn, one.name) for one in objectives()},
    }


def _record_room(app: "App", began: bool) -> None:
    notes: dict[str, int | str] = {"state": "began" if began else "ended",
                                   "refused": app.room.refused}  # fmt: skip
    app.pipeline.record(app.drafts.told(app.clock(), PROGRAM, "program.read_only", notes))


def _open(circuits: Circuits) -> float:
    return circuits.standing()[1]


def disk_free(folder: Path) -> Figure:
    """How much of the disk under the folder is free, in %."""

    def percent() -> float:
        usage = shutil.disk_usage(folder)
        return 100.0 * usage.free / usage.total

    return percent


def checkpoint_age_s(app: "App") -> float:
    """Since the newest checkpoint outside the database was written, while it covers not all.

    Outside: with its witnesses' cosignatures where there are any, else the guard file. Where this
    process does not sign, the file of another one on the same disk is looked at, or none is.
    """
    witnessed = bool(app.witnessing.witnesses)
    if not (_uncosigned(app) if witnessed else app.ledger_lag_s() > 0):
        return 0.0
    file = app.settings.witnessed_file if witnessed else app.settings.guard_file
    try:
        return max(0.0, time.time() - file.stat().st_mtime)
    except FileNotFoundError:
        return inf if witnessed else 0.0


def _uncosigned(app: "App") -> bool:
    try:
        newest = read_unchecked(newest_checkpoint(app.engine))
    except ExportRefused:
        return False  # nothing is signed yet
    return newest.size != app.witnessing.cosigned
