"""Every command has a policy row, and a stranger who sends it gets nothing but a ledger entry."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from audit.tables import LEDGER_ENTRY
from authz.shipped import shipped_policy
from domain.accounts.logins import RefuseLogin, StartSession
from kit.command import Command
from kit.db import reading
from kit.errors import Denied, NotFound
from kit.ids import new_id
from kit.work import Actor
from tests.architecture.examples import every_command, example
from tests.databases import KINDS, Databases
from tests.house import house
from tests.matrix.city import fill
from tests.matrix.corner import City

COMMANDS = every_command()
# A log-in begins as a stranger's, after the door has checked the password: who sends these two
# is known by it, and no translator takes their fields from a client (tests/accounts/test_api.py).
FOR_STRANGERS = {RefuseLogin, StartSession}


@pytest.fixture(scope="module", params=KINDS)
def city(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    with (
        databases.migrated(request.param) as url,
        house(url, tmp_path_factory.mktemp("city")) as app,
    ):
        yield fill(app, url)


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 80


def test_every_command_has_a_policy_row() -> None:
    actions = shipped_policy().actions
    assert [one.__name__ for one in COMMANDS if one.action not in actions] == []


@pytest.mark.parametrize(
    "kind", [one for one in COMMANDS if one not in FOR_STRANGERS], ids=lambda one: one.__name__
)
def test_a_stranger_changes_nothing_and_leaves_one_entry(
    city: City, kind: type[Command[Any]]
) -> None:
    stranger = Actor(new_id())
    rows, entries = everything(city), ledger(city)
    with pytest.raises((Denied, NotFound)):
        city.app.pipeline.run(stranger, example(kind, city, city.corners["EAST/A"]), key="k")
    assert everything(city) == rows
    *before, last = ledger(city)
    assert before == entries
    assert (last.actor_id, last.action, last.outcome) == (stranger.id, kind.action, "denied")


def everything(city: City) -> dict[str, list[str]]:
    """Every row but the ledger's: outbox and first answers too."""
    kept = [t for t in SQLModel.metadata.sorted_tables if not t.name.startswith("ledger")]
    with reading(city.app.engine) as session:
        return {t.name: sorted(map(repr, session.execute(t.select()).all())) for t in kept}


def ledger(city: City) -> list[Any]:
    asked = select(
        LEDGER_ENTRY.c.id, LEDGER_ENTRY.c.actor_id, LEDGER_ENTRY.c.action, LEDGER_ENTRY.c.outcome
    ).order_by(LEDGER_ENTRY.c.id)
    with reading(city.app.engine) as session:
        return list(session.execute(asked).all())
