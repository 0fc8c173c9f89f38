"""On PostgreSQL four roles: the program serves and cannot sign, the sequencer signs and sees no
patient, the auditor reads the ledger alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from app.database_roles import grant
from app.wiring import ledger_signer
from audit.keys import KeyKind
from audit.sequencer import AnotherSequencer, Sequencer
from authz.policy import loader
from domain.places.commands import OpenHospital
from kit.clock import utc_now
from kit.db import open_engine
from tests.house import KEYS, enrol, house, settings_for
from tests.postgres_server import driver_address

WHO = ("program", "auditor", "sequencer")


class Roles:
    """Three roles of this test's own; `take` makes every later session one of theirs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.named = {who: f"wardgrid_test_{os.getpid()}_{who}" for who in WHO}
        self._owner = psycopg.connect(driver_address(url), autocommit=True)
        for role in self.named.values():
            self._do("CREATE ROLE {}", role)
        engine = open_engine(url, guarded=False)
        with engine.begin() as connection:
            grant(connection, *(self.named[who] for who in WHO))
        engine.dispose()

    def take(self, who: str | None) -> None:
        name = self.url.rsplit("/", 1)[-1].partition("?")[0]
        if who is None:
            self._do("ALTER DATABASE {} RESET role", name)
        else:
            self._do("ALTER DATABASE {} SET role = {}", name, self.named[who])

    def close(self) -> None:
        for role in self.named.values():
            self._do("DROP OWNED BY {}", role)
            self._do("DROP ROLE {}", role)
        self._owner.close()

    def _do(self, statement: str, *names: str) -> None:
        self._owner.execute(SQL(statement).format(*map(Identifier, names)))


@pytest.fixture
def roles(postgres_url: str) -> Iterator[Roles]:
    made = Roles(postgres_url)
    yield made
    made.take(None)
    made.close()


def refused(url: str, *statements: str) -> list[str]:
    """Those that the role of the session may not run."""
    found = []
    for statement in statements:
        with psycopg.connect(driver_address(url)) as session:
            try:
                session.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                found.append(statement)
    return found


def test_who_serves_cannot_sign_and_who_signs_sees_no_patient(roles: Roles, tmp_path: Path) -> None:
    url, settings = roles.url, settings_for(roles.url, tmp_path)
    actor = enrol(url, "system-administrator")
    roles.take("program")
    with house(url, tmp_path) as app:
        app.pipeline.run(actor, OpenHospital(code="EAST", name_zh="EAST", name_en="EAST"))
        with pytest.raises(AnotherSequencer, match="may not sign"):
            app.sequencer.open()
    signs = ("INSERT INTO ledger_leaf (idx, entry_id, hash) VALUES (0, 1, '')",
             "INSERT INTO ledger_checkpoint (size, note) VALUES (1, '')",
             "UPDATE ledger_entry SET action = ''", "DELETE FROM ledger_person",
             "CREATE TABLE mine ()", "UPDATE alembic_version SET version_num = ''")  # fmt: skip
    assert refused(url, *signs) == list(signs)
    roles.take("sequencer")
    engine = open_engine(url)
    assert loader(engine, utc_now)().rules  # what its process needs to begin
    sequencer = Sequencer(engine, ledger_signer(settings, KEYS), [KEYS.secret(KeyKind.MAC)],
                          settings.guard_file)  # fmt: skip
    sequencer.open()
    assert sequencer.step() is not None
    sequencer.close()
    engine.dispose()
    sees = ("SELECT name_zh FROM hospital", "SELECT * FROM patient", "SELECT * FROM account",
            "SELECT * FROM subject_key", "DELETE FROM ledger_leaf")  # fmt: skip
    assert refused(url, *sees) == list(sees)
    roles.take("auditor")
    reads = ("SELECT * FROM ledger_entry", "SELECT * FROM ledger_leaf")
    assert refused(url, *reads, *sees) == list(sees)
