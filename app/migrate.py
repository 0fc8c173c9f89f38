"""Bring a database to a revision of the schema, and tell which one it is at."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from app import row_security
from authz.policy import adopt
from kit.db import open_engine

_STEPS = Path(__file__).resolve().parent.parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Apply each step up to `revision`; a step that fails leaves the database as it was.

    At the newest revision the database also takes over the policy of this release, and every row
    of a hospital stands under its row policy.
    """
    command.upgrade(_config(url), revision)
    if revision == "head":
        _settle(url)


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
