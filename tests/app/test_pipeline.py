"""The pipeline: one effect per key, refusals and faults on record, neighbours kept apart."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg.errors import SerializationFailure
from sqlalchemy import Connection, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app.outbox import FIRST_ANSWER
from app.wiring import App
from app.writer import Attempt, Landed
from audit.keys import KeyKind
from audit.tables import LEDGER_ENTRY, LEDGER_LEAF
from authz.sessions import BEARER, new_secret
from domain.accounts.commands import CreateAccount, DisableAccount
from domain.accounts.devices import IssueServiceToken
from domain.places.commands import OpenHospital
from kit.db import reading
from kit.errors import Conflict, Invalid, NotFound, Retry
from kit.ids import new_id
from kit.work import Actor, ActorKind
from tests.house import enrol, house


@dataclass
class Desk:
    """A running house and somebody who may open hospitals and make accounts."""

    app: App
    actor: Actor
    url: str

    def open(self, code: str, key: str | None = None) -> Any:
        command = OpenHospital(code=code, name_zh=code, name_en=code)
        return self.app.pipeline.run(self.actor, command, key=key)

    def hospitals(self) -> list[str]:
        return [row[0] for row in self.rows(text("SELECT code FROM hospital ORDER BY code"))]

    def outcomes(self) -> list[tuple[str, str]]:
        asked = select(LEDGER_ENTRY.c.action, LEDGER_ENTRY.c.outcome).order_by(LEDGER_ENTRY.c.id)
        return [tuple(row) for row in self.rows(asked)]

    def rows(self, asked: Any) -> list[Any]:
        with reading(self.app.engine) as session:
            return list(session.execute(asked).all())


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    actor = enrol(database_url, "system-administrator")
    with house(database_url, tmp_path) as app:
        yield Desk(app, actor, database_url)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Results or exceptions of calls that begin at the same moment."""
    gate = threading.Barrier(len(calls))

    def call(one: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return one()
        except Exception as problem:
            return problem

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, calls))


def test_a_repeated_send_gets_the_first_answer_and_has_one_effect(desk: Desk) -> None:
    first, second = desk.open("EAST", "k1"), desk.open("EAST", "k1")
    assert (first.replayed, second.replayed) == (False, True)
    assert second.result == first.result
    assert second.scope == first.scope
    assert desk.hospitals() == ["EAST"]
    assert desk.outcomes() == [("place.manage", "done")]


def test_a_key_with_another_payload_is_a_conflict_on_record(desk: Desk) -> None:
    desk.open("EAST", "k1")
    with pytest.raises(Conflict) as refused:
        desk.open("WEST", "k1")
    assert refused.value.reason == "KEY_REUSED"
    assert desk.hospitals() == ["EAST"]
    assert desk.outcomes() == [("place.manage", "done"), ("place.manage", "conflict")]


def test_a_key_belongs_to_one_sender(desk: Desk) -> None:
    other = enrol(desk.url, "system-administrator")
    desk.app.decisions.reload()
    desk.open("EAST", "k1")
    done = Desk(desk.app, other, desk.url).open("WEST", "k1")
    assert done.replayed is False
    assert desk.hospitals() == ["EAST", "WEST"]


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_key_has_a_length(desk: Desk, key: str) -> None:
    with pytest.raises(Invalid):
        desk.open("EAST", key)
    assert desk.hospitals() == []


def test_two_sends_at_once_have_one_effect(desk: Desk) -> None:
    for number in range(5):
        code, key = f"H{number}", f"k{number}"
        results = at_once(*[lambda code=code, key=key: desk.open(code, key)] * 2)
        answers = [one for one in results if not isinstance(one, Exception)]
        assert all(isinstance(one, Retry) for one in results if one not in answers)
        assert len({one.result.id for one in answers}) == 1
        assert desk.open(code, key).result.id == answers[0].result.id
    assert desk.hospitals() == [f"H{number}" for number in range(5)]
    assert [outcome for _, outcome in desk.outcomes()].count("done") == 5


def test_a_refused_command_leaves_no_first_answer(desk: Desk) -> None:
    unknown = new_id()
    for _ in range(2):
        with pytest.raises(NotFound):
            desk.app.pipeline.run(desk.actor, DisableAccount(account_id=unknown), key="k1")
    assert desk.rows(select(FIRST_ANSWER.c.key)) == []
    assert desk.outcomes() == [("account.disable", "denied")] * 2
    assert desk.open("EAST", "k1").replayed is False  # the key is still free


def test_an_answer_with_a_secret_is_stored_encrypted(desk: Desk) -> None:
    run = desk.app.pipeline.run
    service = run(desk.actor, CreateAccount(kind=ActorKind.SERVICE, title="Interface")).result
    secret = new_secret(BEARER)
    command = IssueServiceToken(account_id=service.id, secret=secret)
    first = run(desk.actor, command, key="k1").result
    again = IssueServiceToken(account_id=service.id, secret=new_secret(BEARER))
    assert run(desk.actor, again, key="k1").result == first
    assert first.secret == secret
    (stored,) = desk.rows(select(FIRST_ANSWER.c.answer, FIRST_ANSWER.c.payload))
    assert not any(secret.encode() in bytes(part) for part in stored)
    if desk.app.engine.dialect.name == "sqlite":
        file = Path(make_url(desk.url).database or "")
        written = b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))
        assert str(service.id).replace("-", "").encode() in written
        assert secret.encode() not in written


def test_a_fault_changes_nothing_and_is_on_record(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = OpenHospital.apply

    def broken(self: OpenHospital, work: Any) -> Any:
        opened(self, work)
        work.session.flush()
        raise ZeroDivisionError

    with monkeypatch.context() as planted:
        planted.setattr(OpenHospital, "apply", broken)
        with pytest.raises(ZeroDivisionError):
            desk.open("EAST", "k1")
    assert desk.hospitals() == []
    assert desk.outcomes() == [("place.manage", "fault")]
    assert desk.rows(select(FIRST_ANSWER.c.key)) == []


def test_a_failing_command_leaves_its_neighbours_alone(desk: Desk) -> None:
    desk.open("H3")
    codes = [f"H{number}" for number in range(8)]
    results = at_once(*[lambda code=code: desk.open(code) for code in codes])
    failed = [codes[i] for i, one in enumerate(results) if isinstance(one, Exception)]
    assert failed == ["H3"]
    assert desk.hospitals() == codes
    outcomes = [outcome for _, outcome in desk.outcomes()]
    assert (outcomes.count("done"), outcomes.count("conflict")) == (8, 1)


def test_a_privileged_command_is_in_the_signed_log_when_it_returns(desk: Desk) -> None:
    command = CreateAccount(kind=ActorKind.SERVICE, title="Interface")
    assert command.privileged
    desk.app.pipeline.run(desk.actor, command)
    (entry,) = desk.rows(select(LEDGER_ENTRY.c.id))
    assert entry.id in [row.entry_id for row in desk.rows(select(LEDGER_LEAF.c.entry_id))]


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_lost_race_is_run_again(desk: Desk) -> None:
    tries = []

    def twice(connection: Connection) -> Landed:
        tries.append(connection)
        if len(tries) < 3:
            raise DBAPIError("UPDATE", {}, SerializationFailure("could not serialize"))
        return Landed("done", None)

    def refused(_why: Exception) -> Any:
        raise AssertionError("a lost race is no refusal")

    assert desk.app.writer.run(Attempt(twice, refused)).result == "done"
    assert len(tries) == 3


def test_answers_have_a_key_of_their_own(desk: Desk) -> None:
    secrets = {desk.app.keys.secret(kind) for kind in (KeyKind.ANSWER, KeyKind.MAC, KeyKind.BLIND)}
    assert len(secrets) == 3
