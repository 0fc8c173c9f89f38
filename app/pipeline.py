"""The one way to change anything.

    command → open transaction → scope → policy → idempotency → apply → flush
            → outbox and ledger entry → commit → publish

A refusal or fault rolls the change back and is itself recorded.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, Literal, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from app.answers import Answers, result_type
from app.drafts import Drafts, Operation
from app.outbox import FIRST_ANSWER
from app.read_only import DiskRoom, refusal
from app.traces import Traces
from app.writer import Attempt, Landed, Writer
from audit.changes import Changes
from audit.entry import Draft
from authz.decision import Decisions
from kit.clock import Clock
from kit.command import Command
from kit.errors import Conflict, Invalid, NotFound, ReadOnly, Refusal, Retry
from kit.sealed import Vault
from kit.work import NETWORK, Actor, ActorKind, Scope, Work

T = TypeVar("T")

KEY_LENGTH = 64
_FIRST = select(FIRST_ANSWER.c.payload, FIRST_ANSWER.c.answer).where(
    FIRST_ANSWER.c.actor_id == bindparam("actor"), FIRST_ANSWER.c.key == bindparam("name")
)
_KEEP = insert(FIRST_ANSWER)


class SessionVault(Protocol):
    def bind(self, session: Session) -> Vault: ...


class Checkpoints(Protocol):
    """Lets privileged actions wait until the log that outsiders see covers them."""

    def wait_for(self, entry: int, timeout_s: float) -> None: ...


class Witnesses(Protocol):
    """Lets privileged actions wait until enough witnesses cosigned such a checkpoint."""

    def wait_for(self, entry: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A command's result, where it landed, and whether it is the answer of an earlier send."""

    result: T
    scope: Scope
    replayed: bool = False
    subjects: frozenset[UUID] = frozenset()
    pending: bool = False  # done and signed, but not cosigned by enough witnesses yet


@dataclass(slots=True)
class _Try:
    """What is known about one attempt so far: the refusal's record needs it too."""

    actor: Actor
    command: Command[Any]
    key: str | None
    operation: Operation
    scope: Scope | None = None
    role: str = ""
    subjects: set[UUID] = field(default_factory=set)


class Pipeline:
    def __init__(
        self,
        *,
        writer: Writer,
        decisions: Decisions,
        vault: SessionVault,
        answers: Answers,
        drafts: Drafts,
        checkpoints: Checkpoints,
        witnesses: Witnesses,
        clock: Clock,
        room: DiskRoom,
        traces: Traces | None = None,
    ) -> None:
        self._writer = writer
        self._decisions = decisions
        self._vault = vault
        self._answers = answers
        self._drafts = drafts
        self._checkpoints = checkpoints
        self._witnesses = witnesses
        self._clock = clock
        self._room = room
        self._traces = traces or Traces()

    def run(
        self,
        actor: Actor,
        command: Command[T],
        *,
        key: str | None = None,
        operation: Operation | None = None,
    ) -> Done[T]:
        """Do the command or raise its Refusal; either way the ledger has an entry.

        With a `key` (≤ 64 characters, chosen by the sender) a repeated send is answered like
        the first and changes nothing. Raises Conflict if the key came with another payload.
        """
        if key is not None and not 0 < len(key) <= KEY_LENGTH:
            raise Invalid(f"an idempotency key has 1 to {KEY_LENGTH} characters",
                          field="idempotencyKey")  # fmt: skip
        this = _Try(actor, command, key, operation or Operation())
        with self._traces.span("command", command=type(command).__name__):
            landed = self._land(this)
            done: Done[T] = landed.result
            if command.privileged and landed.entry is not None:
                with self._traces.span("ledger wait"):
                    self._checkpoints.wait_for(landed.entry, timeout_s=10.0)
                    if not self._witnesses.wait_for(landed.entry):
                        return _pending(command, done)
        return done

    def record(self, draft: Draft) -> None:
        """Make one entry durable, e.g. of a read: returns once it is. Raises ReadOnly."""
        for last in (False, True):  # the reserve is given up in between
            try:
                with self._traces.span("record"):
                    self._writer.run(Attempt(lambda _c: Landed(None, draft), lambda _why: draft))
                return
            except Exception as why:
                if not self._room.caught(why):
                    raise
                if last:
                    raise refusal() from why

    def _land(self, this: _Try) -> Landed:
        try:
            self._room.require_room(this.command.action)
            with self._traces.span("transaction"):
                return self._writer.run(
                    Attempt(
                        lambda connection: self._do(connection, this),
                        lambda why: self._refused(this, why),
                        serial=this.command.serializable,
                    )
                )
        except ReadOnly as why:
            self._turned_away(this, why)
            raise
        except Exception as why:
            if not self._room.caught(why):
                raise
            told = refusal()
            self._turned_away(this, told)
            raise told from why

    def _turned_away(self, this: _Try, why: ReadOnly) -> None:
        """On record while there is room for it. What the program wants every second would use
        that up; nothing was changed or shown, so nobody is misled where the entry is missing."""
        if this.actor.kind is ActorKind.PERSON:
            with suppress(ReadOnly):
                self.record(self._refused(this, why))

    def _do(self, connection: Connection, this: _Try) -> Landed:
        try:
            # On SQLite the transaction is shared with others: a savepoint is ours to roll back.
            mode: Literal["create_savepoint", "rollback_only"] = (
                "create_savepoint" if connection.dialect.name == "sqlite" else "rollback_only"
            )
            with Session(connection, expire_on_commit=False, join_transaction_mode=mode) as session:
                landed = self._apply(session, this)
                session.commit()  # of the session only; the writer commits the transaction
                session.expunge_all()  # detached rows: nothing loads or writes after this
                return landed
        except IntegrityError as clash:
            raise _judged(clash) from clash
        except StaleDataError as clash:
            raise Retry("another change came first; read again, then retry",
                        reason="STALE_VERSION") from clash  # fmt: skip

    def _apply(self, session: Session, this: _Try) -> Landed:
        command = this.command
        work = Work(
            session, self._clock(), this.actor, self._vault.bind(session), self._part,
            reaches=partial(self._decisions.reaches, this.actor),
        )  # fmt: skip
        this.subjects = work.subjects
        this.scope = self._place(work, command)
        this.role = self._decisions.acting_role(this.actor, command.action, this.scope)
        if this.key and (known := self._known(session, this)):
            return Landed(known, None)
        changes = Changes.watch(session)
        result = command.apply(work)
        session.flush()  # a broken constraint shows before the ledger says done
        if this.key:
            self._keep(session, this, result, work)
        draft = self._drafts.done(this.actor, command, this.scope, this.role, this.operation,
                                  work, changes.collected())  # fmt: skip
        done = Done(result, this.scope, subjects=frozenset(work.subjects))
        return Landed(done, draft, work.events)

    def _place(self, work: Work, command: Command[Any]) -> Scope:
        """Where the change lands, once the policy allows it there."""
        scope = command.scope(work)
        try:
            self._decisions.require(work.actor, command.action, scope)
        except NotFound as foreign:
            raise _as_unknown(work, command) or foreign from None
        return scope

    def _part(self, work: Work, command: Command[Any]) -> Any:
        self._place(work, command)
        work.session.flush()
        return command.apply(work)

    def _refused(self, this: _Try, why: Exception) -> Draft:
        return self._drafts.refused(
            self._clock(), this.actor, this.command, this.scope or NETWORK, this.role,
            this.operation, this.subjects, why,
        )  # fmt: skip

    def _known(self, session: Session, this: _Try) -> Done[Any] | None:
        named = {"actor": this.actor.id, "name": this.key}
        first = session.connection().execute(_FIRST, named).one_or_none()
        if first is None:
            return None
        if first.payload != self._answers.fingerprint(this.command):
            raise Conflict("this idempotency key was used with another payload; choose a new key",
                           reason="KEY_REUSED", field="idempotencyKey")  # fmt: skip
        kind = result_type(type(this.command))
        result = self._answers.thaw(first.answer, _bound(this), kind)
        return Done(result, this.scope or NETWORK, replayed=True)

    def _keep(self, session: Session, this: _Try, result: Any, work: Work) -> None:
        row = {
            "actor_id": this.actor.id,
            "key": this.key,
            "payload": self._answers.fingerprint(this.command),
            "answer": self._answers.freeze(result, _bound(this)),
            "at": work.now,
        }
        session.connection().execute(_KEEP, row)


def _pending(command: Command[T], done: Done[T]) -> Done[T]:
    """It is done, and the answer says what is missing. Raises Retry where something would leave."""
    if command.discloses:
        raise Retry("recorded, but not cosigned by enough witnesses yet, so nothing was given out;"
                    " try again", reason="PUBLICATION_PENDING")  # fmt: skip
    return replace(done, pending=True)


def _bound(this: _Try) -> bytes:
    return f"{this.actor.id}\n{this.key}".encode()


def _as_unknown(work: Work, command: Command[Any]) -> NotFound | None:
    """What the sender would hear if the record did not exist: its kind and the id as sent."""
    sent = {value for value in command.payload().values() if isinstance(value, str)}
    named = (NotFound.of(kind, key) for kind, key in reversed(work.got) if str(key) in sent)
    return next(named, None)


def _judged(clash: IntegrityError) -> Refusal:
    """Constraints judge races: two people acted on the same thing and this one came second."""
    known = str(clash.orig)
    if "first_answer" in known:
        return Retry("the same request is under way; send it again", reason="IN_FLIGHT")
    return Retry("another change came first; read again, then retry", reason="LOST_A_RACE")
