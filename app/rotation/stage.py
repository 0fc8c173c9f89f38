"""One stage of a rotation: it walks a table by id and changes what is left to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, SQLModel

from audit.keys import Keys
from audit.seal import BoundVault
from domain.keys.model import KeyRotation
from kit.work import Work

GRACE = timedelta(minutes=5)  # no request, transaction or memory of an old key lives longer
AT_ONCE = timedelta(0)


class Damaged(Exception):
    """The row does not open; it is counted and left as it is."""


@dataclass(frozen=True, slots=True)
class Turning:
    """One batch: the transaction, the keys, and the rotation that it belongs to."""

    work: Work
    vault: BoundVault
    keys: Keys
    rotation: KeyRotation
    seals: dict[UUID, UUID | None] = field(default_factory=dict)  # each person's newest key

    @property
    def session(self) -> Session:
        return self.work.session


@dataclass(frozen=True, slots=True)
class Stage:
    """`turn` answers how many things of the row it changed; `wait` passes before the stage."""

    name: str
    table: type[SQLModel]
    turn: Callable[[Turning, Any], int]
    clean: bool = False
    wait: timedelta = AT_ONCE
    decides: bool = False  # begins the passes whose count of damaged rows decides what follows


def name_of(table: type[SQLModel]) -> str:
    return str(table.__tablename__)


def after_grace(
    name: str, tables: Sequence[type[SQLModel]], turn: Callable[[Turning, Any], int], *,
    decides: bool = False,
) -> list[Stage]:  # fmt: skip
    """Table after table until nothing is left; GRACE passes before the first."""
    return [
        Stage(f"{name} {name_of(table)}", table, turn, clean=True,
              wait=AT_ONCE if number else GRACE, decides=decides and not number)
        for number, table in enumerate(tables)
    ]  # fmt: skip


def replace(
    turning: Turning, table: type[SQLModel], key: UUID, values: dict[str, tuple[Any, Any]],
    **also: Any,
) -> int:  # fmt: skip
    """Compare and set: a writer who came first wins, and the next pass looks at the row again."""
    stored = cast(Any, table).__table__
    unchanged = [stored.c[name] == old for name, (old, _) in values.items()]
    new = {name: value for name, (_, value) in values.items()} | also
    changed = update(stored).where(stored.c.id == key, *unchanged).values(new)
    return int(turning.session.connection().execute(changed).rowcount)
