"""When things happened: spells with a beginning and an end, and the rules for naming a time."""

from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, CheckConstraint, ColumnElement, and_, bindparam, or_
from sqlmodel import Field, SQLModel, col

from kit.errors import Invalid, Retry
from kit.rows import Row, UtcTime
from kit.work import Work

CLOCK_DIFFERENCE = timedelta(minutes=2)  # between the sender's clock and ours
SpellT = TypeVar("SpellT", bound="Spell")
RowT = TypeVar("RowT", bound=SQLModel)


class Spell(Row):
    """Something that began and may have ended. Half-open: at `until` it is over.

    `since` and `until` tell when it happened; the recorded ones when we were told, and by whom.
    """

    since: datetime = Field(sa_type=UtcTime)
    until: datetime | None = Field(default=None, sa_type=UtcTime)
    recorded_at: datetime = Field(sa_type=UtcTime)
    recorded_by: UUID


def in_order(*, strictly: bool = False) -> CheckConstraint:
    """The CHECK that a spell does not end before it began."""
    return CheckConstraint(f"since {'<' if strictly else '<='} until", name="since_before_until")


def sometime(name: str) -> BindParameter[datetime]:
    """A time that a statement is given each time it runs."""
    return bindparam(name, type_=UtcTime)


def during(
    spell: type[Spell], at: datetime | BindParameter[datetime] | None
) -> ColumnElement[bool]:
    """Which spells were under way at `at`; None means now.

    Nothing is ever recorded ahead of its time, so what has not ended is under way, and the
    indexes over unended rows answer.
    """
    if at is None:
        return col(spell.until).is_(None)
    return and_(col(spell.since) <= at, or_(col(spell.until).is_(None), col(spell.until) > at))


def happened(work: Work, at: datetime | None) -> datetime:
    """The time of an event: as given, else now. Raises Invalid for the future."""
    if at is None:
        return work.now
    if at.tzinfo is None:
        raise Invalid("a time needs a zone; send it with an offset", field="at")
    if at > work.now + CLOCK_DIFFERENCE:
        raise Invalid("this time is in the future; record what has happened", reason="FUTURE",
                      field="at")  # fmt: skip
    return min(at, work.now)


def recorded(work: Work) -> dict[str, Any]:
    """Who tells us, and when: the other half of every spell."""
    return {"recorded_at": work.now, "recorded_by": work.actor.id}


def store(work: Work, row: RowT) -> RowT:
    """Add a row and send it to the database now, so that its constraints and keys hold."""
    work.add(row)
    work.session.flush()
    return row


def succeed(work: Work, before: SpellT | None, after: SpellT) -> SpellT:
    """Let `after` begin where `before` ends.

    Raises Invalid if `before` began later than that: history is told in order.
    """
    if before is not None:
        if after.since < before.since:
            raise Invalid(
                f"the last change was at {before.since.isoformat()}; give a later time",
                reason="BEFORE_LAST_CHANGE", field="at", blocking=before.id,
            )  # fmt: skip
        if after.since == before.since:
            work.session.delete(before)  # lasted for no time at all
        else:
            before.until = after.since
        work.session.flush()
    return store(work, after)


def expect_version(row: Row, version: int | None) -> None:
    """Raise Retry with the present version if the sender saw another one."""
    if version is not None and version != row.version:
        raise Retry(
            f"this is version {row.version} by now; read it again, then repeat",
            reason="STALE_VERSION", field="version", blocking=row.id,
            allowed=(str(row.version),),
        )  # fmt: skip
