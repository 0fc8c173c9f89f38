"""The locks of the write path, each tried with a violation made for it."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import strawberry
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from strawberry.types import get_object_definition
from strawberry.types.union import StrawberryUnion

from api.classification import Unclassified, refuse_unclassified
from api.mutation import COMMAND, mutation
from api.places import WardView
from api.problems import Problem
from api.query import ACTION, Reader, query
from api.schema import Mutation, Query, Subscription, build_schema
from api.sight import View, classified, shows
from authz.classes import DataClass
from authz.shipped import shipped_policy
from domain.places.model import Hospital
from kit.command import Command
from kit.db import UnledgeredCommit, reading
from kit.work import Scope, Work

ROOT = Path(__file__).parents[2]
FIELDS = get_object_definition(Mutation, strict=True).fields
ACTIONS = shipped_policy().actions


# 1. A translator makes a command, and has nothing else to work with.


@pytest.mark.parametrize("answer", [None, str, WardView, object])
def test_a_mutation_that_returns_no_command_is_refused(answer: object) -> None:
    def open_ward(code: str) -> object:
        return code

    open_ward.__annotations__["return"] = answer
    with pytest.raises(TypeError, match="must be annotated to return a Command"):
        mutation(returns=WardView)(open_ward)  # type: ignore[arg-type]  # this is the violation


def test_a_mutation_without_a_return_annotation_is_refused() -> None:
    def open_ward(code):  # type: ignore[no-untyped-def]  # this is the violation
        return code

    with pytest.raises(TypeError, match="must be annotated to return a Command"):
        mutation(returns=WardView)(open_ward)


def test_no_translator_asks_for_the_context() -> None:
    known = {"self", "root", "info"}
    asked = {
        field.name: known & set(field.base_resolver.signature.parameters)
        for field in FIELDS
        if field.base_resolver
    }
    assert len(asked) == len(FIELDS)
    assert {name: found - {"self"} for name, found in asked.items() if found - {"self"}} == {}


# 2. Nobody else makes mutations and subscriptions.


@pytest.mark.parametrize(
    "line",
    [
        "import strawberry\n\nfield = strawberry.mutation(print)\n",
        "import strawberry\n\nfield = strawberry.subscription(print)\n",
        "from strawberry import mutation\n\nfield = mutation(print)\n",
        "from strawberry import subscription as live\n\nfield = live(print)\n",
        "import strawberry as s\n\nfield = s.mutation(print)\n",
    ],
)
@pytest.mark.parametrize("place", ["api/smuggled.py", "domain/beds/smuggled.py"])
def test_ruff_refuses_a_mutation_made_elsewhere(line: str, place: str) -> None:
    assert "TID251" in ruff_on(f'"""Smuggled."""\n\n{line}', place)


@pytest.mark.parametrize("maker", ["mutation", "subscription"])
def test_one_file_alone_is_excused(maker: str) -> None:
    makers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "api").rglob("*.py")
        if f"strawberry.{maker}(" in path.read_text()
    }
    assert makers == {f"api/{maker}.py"}
    assert ruff_on((ROOT / f"api/{maker}.py").read_text(), f"api/{maker}.py") == ""


def ruff_on(source: str, name: str) -> str:
    """What ruff says about the ban, as if the file lay at `name`."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--select", "TID251", "--output-format", "concise",
         "--quiet", "--stdin-filename", name, "-"],
        input=source, capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


# 3. What the schema holds is classified, and start-up sees to it.


def test_every_mutation_carries_a_command_and_can_refuse() -> None:
    assert FIELDS
    carried = {field.name: field.metadata.get(COMMAND, object) for field in FIELDS}
    assert [name for name, command in carried.items() if not issubclass(command, Command)] == []
    assert [
        field.name
        for field in FIELDS
        if not (isinstance(field.type, StrawberryUnion) and Problem in field.type.types)
    ] == []


def test_every_read_names_an_action_of_the_policy() -> None:
    for root in (Query, Subscription):
        fields = get_object_definition(root, strict=True).fields
        assert fields
        assert [field.name for field in fields if field.metadata.get(ACTION) not in ACTIONS] == []


def test_the_schema_as_it_is_starts() -> None:
    build_schema()


@strawberry.type
class Known:
    """A root that is as it should be."""

    @query("place.read")
    def anything(self, reader: Reader) -> int:
        return len(reader.scopes)


def test_start_up_refuses_a_query_without_an_action() -> None:
    @strawberry.type(name="Query")
    class Planted(Known):
        @strawberry.field
        def everything(self) -> int:
            return 1

    with pytest.raises(Unclassified, match=r"Query\.everything names no action of the policy"):
        refuse_unclassified(strawberry.Schema(Planted), ACTIONS)


def test_start_up_refuses_an_action_that_no_role_has() -> None:
    @strawberry.type(name="Query")
    class Planted:
        @query("bed.smuggle")
        def everything(self, reader: Reader) -> int:
            return len(reader.scopes)

    with pytest.raises(Unclassified, match=r"Query\.everything names no action of the policy"):
        refuse_unclassified(strawberry.Schema(Planted), ACTIONS)


def test_start_up_refuses_a_mutation_without_a_command() -> None:
    @strawberry.type(name="Mutation")
    class Planted:
        @strawberry.field
        def smuggle(self) -> int:
            return 1

    with pytest.raises(Unclassified) as refused:
        refuse_unclassified(strawberry.Schema(_named_query(), mutation=Planted), ACTIONS)
    assert str(refused.value) == (
        "Mutation.smuggle cannot answer with a Problem; Mutation.smuggle carries no command"
    )


def test_start_up_refuses_a_command_that_no_role_may_do() -> None:
    command = next(f.metadata[COMMAND] for f in FIELDS if f.python_name == "block_bed")
    with pytest.raises(Unclassified, match=rf"{command.__name__}: no role may {command.action}"):
        refuse_unclassified(build_schema(), ACTIONS - {command.action})


def test_start_up_refuses_an_output_field_without_a_class() -> None:
    @classified(DataClass.GENERAL)
    @strawberry.type
    class Fine(View):
        code: str

    @strawberry.type
    class Bare(View):
        diagnosis: str | None

    @strawberry.type(name="Query")
    class Planted:
        @query("place.read")
        def fine(self, reader: Reader) -> Fine:
            raise NotImplementedError

        @query("place.read")
        def bare(self, reader: Reader) -> Bare:
            raise NotImplementedError

    with pytest.raises(Unclassified) as refused:
        refuse_unclassified(strawberry.Schema(Planted), ACTIONS)
    assert str(refused.value) == "Bare.diagnosis has no class of data"


def test_start_up_refuses_a_field_that_could_not_hide() -> None:
    @strawberry.type
    class Loud(View):
        diagnosis: str = shows(DataClass.CLINICAL)

    @strawberry.type(name="Query")
    class Planted:
        @query("place.read")
        def loud(self, reader: Reader) -> Loud:
            raise NotImplementedError

    with pytest.raises(Unclassified, match=r"Loud.diagnosis \(CLINICAL\) must be able to answer"):
        refuse_unclassified(strawberry.Schema(Planted), ACTIONS)


def _named_query() -> type:
    @strawberry.type(name="Query")
    class Named(Known): ...

    return Named


# 4. A command cannot go without an action (tests/architecture/test_commands.py has the rest).


def test_a_command_without_an_action_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="must declare its own action"):

        @dataclass(frozen=True)
        class Smuggle(Command[None]):
            def scope(self, work: Work) -> Scope:
                raise NotImplementedError

            def apply(self, work: Work) -> None:
                raise NotImplementedError


# 5. The database refuses what the ledger does not know.


def test_a_row_without_an_entry_cannot_commit(engine: Engine) -> None:
    with pytest.raises(UnledgeredCommit), Session(engine) as session, session.begin():
        session.add(Hospital(code="X", name_zh="X", name_en="X", time_zone="UTC"))
    assert hospitals(engine) == 0


@pytest.mark.parametrize("statement", [
    "INSERT INTO outbox (name, ids, at) VALUES ('Smuggled', '{}', '2026-11-22T12:00:00.000000Z')",
    "DELETE FROM policy_rule",
    "UPDATE access_role SET totp = false",
])  # fmt: skip
def test_raw_sql_without_an_entry_cannot_commit(engine: Engine, statement: str) -> None:
    before = counted(engine)
    with pytest.raises(UnledgeredCommit), engine.begin() as connection:
        connection.exec_driver_sql(statement)
    assert counted(engine) == before


def test_an_entry_does_not_pay_for_the_next_transaction(engine: Engine) -> None:
    """The mark of one transaction is gone when its connection begins another."""
    with engine.connect() as connection:
        with connection.begin():
            connection.info["ledgered"] = True  # as audit/stream.py leaves it
        with pytest.raises(UnledgeredCommit), connection.begin():
            connection.exec_driver_sql("DELETE FROM policy_rule")
    assert counted(engine)["policy_rule"] > 0


def test_a_reader_cannot_write(engine: Engine) -> None:
    before = counted(engine)
    for statement in ("DELETE FROM policy_rule", "UPDATE access_role SET totp = false"):
        with reading(engine) as session, pytest.raises(DBAPIError, match=r"(?i)read.?only"):
            session.execute(text(statement))
    assert counted(engine) == before


def test_a_writer_is_no_reader_afterwards(engine: Engine) -> None:
    """A connection that has read can write again, and the other way round."""
    with reading(engine) as session:
        session.execute(text("SELECT 1"))
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM policy_rule")
        connection.info["ledgered"] = True
    assert counted(engine)["policy_rule"] == 0


def hospitals(engine: Engine) -> int:
    with reading(engine) as session:
        return int(session.execute(text("SELECT count(*) FROM hospital")).scalar_one())


def counted(engine: Engine) -> dict[str, int]:
    tables = ("policy_rule", "access_role", "outbox")
    with reading(engine) as session:
        return {
            table: int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())
            for table in tables
        }
