"""Real databases for tests: each test gets its own copy of one that was migrated once."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import URL, make_url

from app.migrate import upgrade
from tests.postgres_server import driver_address

Kind = Literal["sqlite", "postgresql"]
KINDS: tuple[Kind, ...] = ("sqlite", "postgresql")
_PREFIX = "wardgrid_test"
AS_PROGRAM = "WARDGRID_TEST_AS_PROGRAM"  # set: sessions are no superuser's, row policies hold
PROGRAM_ROLE = "wardgrid_test_program"


class Databases:
    """Makes and drops databases; one object per test worker."""

    def __init__(self, folder: Path, server: Callable[[], str]) -> None:
        self._folder = folder
        self._server = server
        self._numbers = itertools.count(1)
        self._mine: set[str] = set()

    @contextmanager
    def migrated(self, kind: Kind) -> Iterator[str]:
        """The address of a database at the newest revision, without rows."""
        if kind == "postgresql":
            with self._postgres_copy(self._postgres_template) as url:
                yield url
        else:
            file = self._folder / f"{next(self._numbers)}.db"
            shutil.copyfile(self._sqlite_template, file)
            file.chmod(0o600)
            yield from self._sqlite(file)

    @contextmanager
    def empty(self, kind: Kind) -> Iterator[str]:
        """The address of a database without tables."""
        if kind == "postgresql":
            with self._postgres_copy("template0") as url:
                yield url
        else:
            yield from self._sqlite(self._folder / f"{next(self._numbers)}.db")

    def close(self) -> None:
        """Drop what is left, the template too."""
        if "_admin" in self.__dict__:
            for name in tuple(self._mine):
                self._drop(name)
            self._admin.close()
        shutil.rmtree(self._folder)

    def _sqlite(self, file: Path) -> Iterator[str]:
        yield f"sqlite:///{file}"
        for part in ("", "-wal", "-shm"):
            file.with_name(file.name + part).unlink(missing_ok=True)

    @contextmanager
    def _postgres_copy(self, template: str) -> Iterator[str]:
        name = f"{_PREFIX}_{os.getpid()}_{next(self._numbers)}"
        self._create(name, template)
        yield self._address(name)
        self._drop(name)

    def _create(self, name: str, template: str) -> None:
        self._do("CREATE DATABASE {} TEMPLATE {}", name, template)
        self._mine.add(name)
        if template != "template0" and os.environ.get(AS_PROGRAM):
            self._do("ALTER DATABASE {} SET role = {}", name, PROGRAM_ROLE)

    def _drop(self, name: str) -> None:
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._mine.discard(name)

    def _do(self, statement: Any, *names: str) -> None:
        self._admin.execute(SQL(statement).format(*map(Identifier, names)))

    def _address(self, name: str) -> str:
        return self._server_url.set(database=name).render_as_string(hide_password=False)

    @cached_property
    def _server_url(self) -> URL:
        return make_url(self._server())

    @cached_property
    def _admin(self) -> psycopg.Connection[Any]:
        address = driver_address(self._server_url.render_as_string(hide_password=False))
        admin = psycopg.connect(address, autocommit=True)
        admin.execute("SET synchronous_commit = off")
        self._drop_leftovers(admin)
        return admin

    def _drop_leftovers(self, admin: psycopg.Connection[Any]) -> None:
        """Databases of test runs that were killed."""
        names = admin.execute(
            "SELECT datname FROM pg_database d WHERE datname LIKE %s"
            " AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid)",
            (f"{_PREFIX}_%",),
        ).fetchall()
        for (name,) in names:
            if not Path("/proc", name.split("_")[2]).exists():
                admin.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name)))

    @cached_property
    def _sqlite_template(self) -> Path:
        file = self._folder / "template.db"
        upgrade(f"sqlite:///{file}")
        return file

    @cached_property
    def _postgres_template(self) -> str:
        name = f"{_PREFIX}_{os.getpid()}_template"
        self._create(name, "template0")
        upgrade(self._address(name))
        if os.environ.get(AS_PROGRAM):
            self._grant(name)
        return name

    def _grant(self, name: str) -> None:
        """As docs/postgres.md says; but one role signs too, and drops triggers where tests do."""
        with psycopg.connect(driver_address(self._address(name)), autocommit=True) as owner:
            owner.execute(
                SQL("DO $$ BEGIN CREATE ROLE {0} NOLOGIN; EXCEPTION WHEN duplicate_object THEN"
                    " NULL; END $$").format(Identifier(PROGRAM_ROLE))
            )  # fmt: skip
            for statement in (
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
                "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
                "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}",
            ):
                owner.execute(SQL(statement).format(Identifier(PROGRAM_ROLE)))
