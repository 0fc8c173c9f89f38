"""How long an alarm may be shelved and stays acknowledged: the hospital's own, else limits.csv."""

import csv
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from uuid import UUID

from sqlmodel import Session, select

from domain.alarms.model import AlarmLimit, Severity

FILE = Path(__file__).with_name("limits.csv")


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for alarms of one severity, in seconds."""

    longest_shelf_s: int
    ack_timeout_s: int


def limits_of(session: Session, hospital_id: UUID, severity: Severity) -> Limits:
    """What holds in the hospital now."""
    own = own_limit(session, hospital_id, severity)
    if own is None:
        return shipped_limits()[severity]
    return Limits(own.longest_shelf_s, own.ack_timeout_s)


def own_limit(session: Session, hospital_id: UUID, severity: Severity) -> AlarmLimit | None:
    """What the hospital itself has said."""
    return session.exec(
        select(AlarmLimit).where(
            AlarmLimit.hospital_id == hospital_id, AlarmLimit.severity == severity
        )
    ).one_or_none()


def present_limits(session: Session, hospital_id: UUID) -> list[AlarmLimit]:
    """What holds in the hospital, by severity; rows of its own or made up from limits.csv."""
    return [
        own_limit(session, hospital_id, one)
        or AlarmLimit(hospital_id=hospital_id, severity=one, **asdict(shipped_limits()[one]))
        for one in Severity
    ]


@cache
def shipped_limits() -> dict[Severity, Limits]:
    """What holds where a hospital has said nothing."""
    with FILE.open(encoding="utf-8", newline="") as rows:
        return {
            Severity(row["severity"]): Limits(
                int(row["longest_shelf_s"]), int(row["ack_timeout_s"])
            )
            for row in csv.DictReader(rows)
        }
