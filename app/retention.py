"""What the program keeps only for a while: first answers and events that everyone has heard."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session

from app.outbox import FIRST_ANSWER, OUTBOX
from domain.outbound.queries import slowest
from kit.command import Command
from kit.work import NETWORK, Scope, Work

ANSWERS = timedelta(days=7)  # a sender that repeats itself later than that starts anew
EVENTS = timedelta(days=2)  # an older cursor is told to read the whole state again
UNTOLD = timedelta(days=14)  # events that a peer system may not have been told of
SLACK = timedelta(hours=1)  # so that it happens once an hour, not once a second


@dataclass(frozen=True, kw_only=True)
class ForgetOld(Command[int]):
    """Delete first answers of a week ago and events of two days ago; answers how many."""

    action = "retention.forget"

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        connection = work.session.connection()
        ends = ((FIRST_ANSWER, work.now - ANSWERS), (OUTBOX, _told_by(work.session, work.now)))
        gone = [
            connection.execute(delete(table).where(table.c.at < end)).rowcount
            for table, end in ends
        ]
        work.note(answers=gone[0], events=gone[1])
        return sum(gone)


def old_rows(session: Session, now: datetime) -> list[Command[Any]]:
    """The command, once something is an hour older than it is kept."""
    oldest = (
        session.execute(select(FIRST_ANSWER.c.at).order_by(FIRST_ANSWER.c.at).limit(1)).scalar(),
        session.execute(select(OUTBOX.c.at).order_by(OUTBOX.c.id).limit(1)).scalar(),
    )
    ends = (now - ANSWERS, _told_by(session, now))
    due = [at is not None and at < end - SLACK for at, end in zip(oldest, ends, strict=True)]
    return [ForgetOld()] if any(due) else []


def _told_by(session: Session, now: datetime) -> datetime:
    """Events before it may go: two days old, and known to every peer that is told of changes."""
    untold = slowest(session)
    if untold is None:
        return now - EVENTS
    return min(now - EVENTS, max(untold - SLACK, now - UNTOLD))
