"""A house with its three first administrators and a clock to turn; no ledger is signed here."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, select

from app.answers import Answers
from app.drafts import Drafts
from app.outbox import write_events
from app.parallel_writer import ParallelWriter
from app.pipeline import Pipeline
from app.read_only import DiskRoom
from app.writer import EmbeddedWriter, Writer
from audit.keys import KeyKind, development_keys
from audit.seal import FieldVault
from audit.stream import Streams
from authz.decision import Decisions
from authz.policy import loader
from authz.sessions import Gate
from authz.tokens import AccessTokens
from authz.watch import Watch
from domain.accounts.founding import FOUNDING_ROLES, FoundAdministrators, Founder
from domain.accounts.model import Account
from domain.places.model import CareLevel, Hospital, Ward
from kit.command import Command
from kit.db import open_engine, reading
from kit.ids import new_id
from kit.work import Actor, ActorKind

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEYS = development_keys("a test knows every key of the house it builds")
OPERATOR = Actor(UUID(int=2), ActorKind.SYSTEM)
T = TypeVar("T")


class NoCheckpoints:
    def wait_for(self, entry: int, timeout_s: float) -> None:
        """Covered at once: what signs checkpoints is tested elsewhere."""


class NoWitnesses:
    def wait_for(self, entry: int) -> bool:
        """Nobody waits for them here."""
        return True


@dataclass
class House:
    engine: Engine
    pipeline: Pipeline
    decisions: Decisions
    gate: Gate
    watch: Watch
    tokens: AccessTokens
    vault: FieldVault
    now: datetime = NOON
    people: dict[str, Actor] = field(default_factory=dict)
    ward: Ward | None = None
    other_ward: Ward | None = None

    @property
    def system(self) -> Actor:
        return self.people["system-administrator"]

    @property
    def security(self) -> Actor:
        return self.people["security-administrator"]

    def do(self, actor: Actor, command: Command[T], key: str | None = None) -> T:
        """Run it, then notice what it changed, as the program does within a second."""
        try:
            return self.pipeline.run(actor, command, key=key).result
        finally:
            self.watch.step()

    def rows(self, model: type[Any]) -> list[Any]:
        with reading(self.engine) as session:
            found = list(session.exec(select(model)))
            session.expunge_all()
            return found

    def row(self, model: type[Any], key: UUID) -> Any:
        with reading(self.engine) as session:
            found = session.get(model, key)
            session.expunge_all()
            return found

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def everything(self) -> dict[str, list[Any]]:
        """Every row but the ledger's."""
        kept = [t for t in SQLModel.metadata.sorted_tables if not t.name.startswith("ledger")]
        with reading(self.engine) as session:
            return {t.name: sorted(map(repr, session.execute(t.select()).all())) for t in kept}


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    wards = _places(database_url)
    engine = open_engine(database_url)
    made: list[House] = []

    def clock() -> datetime:
        return made[0].now if made else NOON

    streams = Streams("test.example/log", KEYS.secret(KeyKind.MAC))

    def outbox(connection: Any, events: Any) -> None:
        write_events(connection, list(events), clock())

    writer: Writer = (
        EmbeddedWriter(engine, streams.new(), outbox, lambda: None)
        if engine.dialect.name == "sqlite"
        else ParallelWriter(engine, streams.new, outbox, lambda: None)
    )
    decisions = Decisions(loader(engine, clock), clock)
    vault = FieldVault(KEYS, clock)
    pipeline = Pipeline(
        writer=writer, decisions=decisions, vault=vault, drafts=Drafts(decisions),
        answers=Answers(KEYS.secret(KeyKind.ANSWER)), checkpoints=NoCheckpoints(), clock=clock,
        room=DiskRoom(tmp_path, 0, 0, clock), witnesses=NoWitnesses(),
    )  # fmt: skip
    tokens = AccessTokens("test.example", "wardgrid", {"token-1": KEYS.signer(KeyKind.TOKEN)})
    gate = Gate(engine, tokens, clock)
    made.append(
        House(engine, pipeline, decisions, gate, Watch(engine, decisions, gate), tokens, vault)
    )
    made[0].ward, made[0].other_ward = wards
    _found(made[0])
    yield made[0]
    writer.stop()
    engine.dispose()


def _found(house: House) -> None:
    founders = tuple(
        Founder(role, role.split("-")[0] + ".one", f"hash of {role}", "GEZDGNBVGY3TQOJQ")
        for role in FOUNDING_ROLES
    )
    accounts: tuple[Account, ...] = house.do(OPERATOR, FoundAdministrators(founders=founders))
    for role, account in zip(FOUNDING_ROLES, accounts, strict=True):
        house.people[role] = Actor(account.id, session=new_id())


def _places(url: str) -> tuple[Ward, Ward]:
    engine = open_engine(url, guarded=False)
    hospital = Hospital(code="H1", name_zh="一院", name_en="First", time_zone="Asia/Shanghai")
    wards = tuple(
        Ward(hospital_id=hospital.id, code=code, name_zh=code, name_en=code,
             care_level=CareLevel.WARD, opened_at=NOON)
        for code in ("W1", "W2")
    )  # fmt: skip
    with Session(engine, expire_on_commit=False) as session:
        session.add(hospital)
        session.flush()
        session.add_all(wards)
        session.commit()
    engine.dispose()
    return wards[0], wards[1]
