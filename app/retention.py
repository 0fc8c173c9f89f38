"""What the program keeps only for a while: first answers and events that everyone has heard."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session

from app.outbox import FIRST_ANSWER, OUTBOX
from kit.command import Command
from kit.work import NETWORK, Scope, Work

ANSWERS = timedelta(days=7)  # a sender that repeats itself later than that starts anew
EVENTS = timedelta(days=2)  # an older cursor is told to read the whole state again
SLACK = timedelta(hours=1)  # so that it happens once an hour, not once a second


@dataclass(frozen=True, kw_only=True)
class ForgetOld(Command[int]):
    """Delete first answers of a week ago and events of two days ago; answers how many."""

    action = "retention.forget"

    def scope(self, work: Work) -> Scope:
        return NETWORK

    def apply(self, work: Work) -> int:
        connection = work.session.connection()
        gone = [
            connection.execute(delete(table).where(table.c.at < work.now - kept)).rowcount
            for table, kept in ((FIRST_ANSWER, ANSWERS), (OUTBOX, EVENTS))
        ]
        work.note(answers=gone[0], events=gone[1])
        return sum(gone)


def old_rows(session: Session, now: datetime) -> list[Command[Any]]:
    """The command, once something is an hour older than it is kept."""
    oldest = (
        session.execute(select(FIRST_ANSWER.c.at).order_by(FIRST_ANSWER.c.at).limit(1)).scalar(),
        session.execute(select(OUTBOX.c.at).order_by(OUTBOX.c.id).limit(1)).scalar(),
    )
    due = [
        at is not None and at < now - kept - SLACK
        for at, kept in zip(oldest, (ANSWERS, EVENTS), strict=True)
    ]
    return [ForgetOld()] if any(due) else []
