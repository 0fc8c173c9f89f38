"""What the steps of the schema say to PostgreSQL, and what of it hinders nobody for long.

A step may run beside the program where each statement is done in the same time whatever rows there
are: new tables with all that is theirs, and new columns that may be empty. Anything else reads or
rewrites a table while nobody may write to it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

_MADE = re.compile(r"CREATE TABLE (\w+)")
_ON = re.compile(
    r"(?:CREATE (?:UNIQUE )?INDEX \w+ ON|CREATE (?:CONSTRAINT )?TRIGGER .*? ON|INSERT INTO"
    r"|ALTER TABLE|UPDATE|DELETE FROM) (\w+)", re.DOTALL,
)  # fmt: skip
_COLUMN = re.compile(r"ALTER TABLE \w+ ADD COLUMN \w+ [^,]+")
_CHECKED = re.compile(r"NOT NULL|REFERENCES|CHECK|UNIQUE|DEFAULT")
_STEP = re.compile(r"(?:UPDATE|INSERT INTO) alembic_version .*?'(\w+)'")
_HARMLESS = ("SELECT", "SET ", "SHOW", "UPDATE alembic_version", "INSERT INTO alembic_version",
             "CREATE OR REPLACE FUNCTION", "CREATE FUNCTION", "COMMENT ON")  # fmt: skip


@contextmanager
def said() -> Iterator[list[str]]:
    """Every statement of every engine meanwhile."""
    heard: list[str] = []

    def hear(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def by_step(statements: list[str]) -> dict[str, list[str]]:
    """Cut where a step writes down that it is done."""
    steps: dict[str, list[str]] = {}
    since = 0
    for number, one in enumerate(statements):
        if done := _STEP.match(one):
            steps[done[1]] = statements[since:number]
            since = number + 1
    return steps


def hindering(statements: list[str]) -> list[str]:
    """Those that take longer the more rows there are, while writers wait."""
    made = {found[1] for one in statements if (found := _MADE.match(one))}
    return [one for one in statements if not _harmless(one, made)]


def _harmless(statement: str, made: set[str]) -> bool:
    if statement.startswith(_HARMLESS) or _MADE.match(statement):
        return True
    table = _ON.match(statement)
    if table is not None and table[1] in made:
        return True
    return bool(_COLUMN.fullmatch(statement)) and not _CHECKED.search(statement)
