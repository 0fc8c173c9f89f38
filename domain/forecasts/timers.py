"""What time alone brings about: forecasts are asked for after every step, and scored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from domain.forecasts.asking import due, unkept
from domain.forecasts.commands import KeepForecasts
from domain.forecasts.model import StoredForecast
from domain.forecasts.scores import GRACE, ScoreForecasts
from domain.places.model import Hospital
from kit.command import Command

EVERY_S = 60


@dataclass(slots=True)
class ForecastTimer:
    """Asked once a second, looks once a minute; a restart looks at once."""

    looked: datetime | None = None

    def __call__(self, session: Session, now: datetime) -> Sequence[Command[Any]]:
        if self.looked is not None and 0 <= (now - self.looked).total_seconds() < EVERY_S:
            return []
        self.looked = now
        return due_commands(session, now)


def due_commands(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """For each hospital that has forecasts to ask for, or outcomes to compare."""
    commands: list[Command[Any]] = []
    come_true = select(StoredForecast.hospital_id).where(
        col(StoredForecast.truth_due_at) <= now - GRACE
    )
    commands += [
        ScoreForecasts(hospital_id=one) for one in sorted(session.exec(come_true.distinct()))
    ]
    for hospital in session.exec(select(Hospital).order_by(col(Hospital.id))):
        if unkept(session, hospital.id, now) or due(session, hospital.id, now, hospital.time_zone):
            commands.append(KeepForecasts(hospital_id=hospital.id))
    return commands
