"""Bring a database to a revision of the schema, and tell which one it is at."""

from dataclasses import dataclass
from pathlib import Path

import stamina
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from app import row_security
from authz.policy import adopt
from kit.db import open_engine

_STEPS = Path(__file__).resolve().parent.parent / "migrations"
_IN_THE_WAY = ("55P03", "40P01")  # a lock that writers hold: not had in time, or a deadlock


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the schema. `online`: on PostgreSQL the program may go on meanwhile.

    `what` is its first line. An online step takes the same time whatever rows there are, and what
    it adds is nothing that the release before must know of.
    """

    revision: str
    what: str
    online: bool


def upgrade(url: str, revision: str = "head") -> None:
    """Apply each step up to `revision`; a step that fails leaves the database as it was.

    At the newest revision the database also takes over the policy of this release, and every row
    of a hospital stands under its row policy. A step that writers keep from its locks gives way
    and comes again (migrations/env.py), for half a minute.
    """
    for attempt in stamina.retry_context(
        on=_in_the_way, attempts=100, timeout=30, wait_initial=0.1, wait_max=1, wait_jitter=0.2
    ):
        with attempt:
            command.upgrade(_config(url), revision)
            if revision == "head":
                _settle(url)


def steps_ahead(url: str, revision: str = "head") -> list[Step]:
    """What `upgrade` would do, in its order; nothing for an empty database, where nobody works."""
    engine = open_engine(url)
    at = revision_of(engine)
    engine.dispose()
    if at is None:
        return []
    scripts = ScriptDirectory.from_config(_config(""))
    found = scripts.iterate_revisions(scripts.get_revision(revision).revision, at)
    return [
        Step(one.revision, one.doc.rstrip("."), getattr(one.module, "online", False))
        for one in reversed([*found])
    ]


def downgrade(url: str, revision: str = "-1") -> None:
    """Undo steps down to `revision`, by default one."""
    command.downgrade(_config(url), revision)


def newest_revision() -> str | None:
    """The revision that this release of the program needs."""
    return ScriptDirectory.from_config(_config("")).get_current_head()


def knows(revision: str) -> bool:
    """True where this release has the steps of that revision."""
    known = ScriptDirectory.from_config(_config("")).walk_revisions()
    return revision in {step.revision for step in known}


def revision_of(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one."""
    with engine.connect().execution_options(readonly=True) as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    return revision


def _in_the_way(problem: Exception) -> bool:
    return (
        isinstance(problem, OperationalError)
        and getattr(problem.orig, "sqlstate", None) in _IN_THE_WAY
    )


def _settle(url: str) -> None:
    engine = open_engine(url, guarded=False)
    with engine.begin() as connection:
        adopt(connection)
        if engine.dialect.name == "postgresql":
            row_security.protect(connection)
    engine.dispose()


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["url"] = url
    config.attributes["steps_only"] = True  # the tables in the code do not matter here
    return config
