"""The sequencer: takes committed entries in a safe order, links them, and signs the log's head.

There is one. On PostgreSQL an advisory lock sees to that, on SQLite it lives beside the one
writer; the tables refuse a second leaf of the same number in any case.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from audit import log_rows
from audit.chains import Chains, Place
from audit.checkpoint import Checkpoint
from audit.epoch import new_epoch, read_epoch
from audit.guard import (
    LedgerRefused,
    State,
    held_alone,
    load_guard,
    save_guard,
)
from audit.intake import Alarm, Intake, Leaf
from audit.recall import recall
from audit.signer import Signer
from audit.tree import leaf_hash
from kit.db import mark_ledgered

T = TypeVar("T")

LOCK = 0x6C6564676572  # "ledger"
STEP_ROWS = 2000
PAUSE_S = 1.0  # after a step that failed
STREAMS_IN_MEMORY = 256
_UNLOCK = text("SELECT pg_advisory_unlock_all()")  # else the server frees it a moment later
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:key)")
_MAY_SIGN = text("SELECT has_table_privilege('ledger_leaf', 'INSERT')")


class AnotherSequencer(RuntimeError):
    """One is running already, or another one wrote to the log."""


class CheckpointLate(TimeoutError):
    """The entry is recorded, but no checkpoint covers it yet."""


class Write(Protocol):
    """Runs a function in a transaction of its own: on SQLite in the one writer thread."""

    def __call__(self, fn: Callable[[Connection], T]) -> T: ...


class Sequencer:
    """`open` it, then `run` it in a thread, or `step` it by hand."""

    def __init__(
        self,
        engine: Engine,
        signer: Signer,
        secrets: Sequence[bytes],
        guard_file: Path,
        write: Write | None = None,
        alarm: Callable[[Alarm], None] = lambda _alarm: None,
        *,
        interval_s: float = 0.1,
    ) -> None:
        """`secrets` are the MAC secrets that may have written entries, the newest first."""
        self._engine = engine
        self._signer = signer
        self._guard_file = guard_file
        self._write = write or self._write_here
        self._alarm = alarm
        self._interval_s = interval_s
        self._intake = Intake(signer.name, secrets)
        self._state: State | None = None
        self._reader: Connection | None = None
        self._held = ExitStack()
        self._guard_behind = False
        self._one_step = threading.Lock()
        self._wake = threading.Event()
        self._stepped = threading.Condition()

    @property
    def checkpoint(self) -> str:
        """The newest signed note; empty before `open`."""
        return self._state.note if self._state else ""

    @property
    def signing(self) -> bool:
        """Whether this is the one that holds the log."""
        return self._state is not None

    def open(self, *, adopt: bool = False) -> None:
        """Take the log over. Raises AnotherSequencer, or LedgerRefused where the database is not
        the one that the guard file remembers. `adopt` makes a new guard for a log without one.
        """
        with self._one_step:
            self._open(adopt)

    def recover(
        self, approved: tuple[str, ...], at: datetime, lost: Checkpoint | None
    ) -> Checkpoint:
        """Begin a new epoch of a restored log, in place of `open`; the checkpoint over it.

        `lost` is the newest checkpoint that was signed before the disaster, where one is known.
        Raises LedgerRefused where there is a guard file: then nothing was lost.
        """
        with self._one_step:
            if self._guard_file.exists():
                raise LedgerRefused("the guard file is there: this log needs no new epoch")
            self._open(adopt=True)
            assert self._state is not None and self._reader is not None  # noqa: S101, PT018 - open
            before = log_rows.last_epoch(self._reader)
            if self._engine.dialect.name == "sqlite":
                self._reader.rollback()
            state = self._state.copy()
            epoch = new_epoch(
                None if before is None else read_epoch(before)[1], state.frontier.size, at,
                approved, lost,
            )  # fmt: skip
            body = epoch.body(self._signer.name)
            checkpoint = self._link(state, [Leaf(log_rows.NO_ENTRY, leaf_hash(body), body)])
            self._state, self._guard_behind = state, True
            self._keep_guard(state)
            return checkpoint

    def close(self) -> None:
        """Give the log to the next one."""
        with self._one_step:
            self._forget()

    def step(self) -> Checkpoint | None:
        """Link what was committed since; the checkpoint over it, or None if there was nothing."""
        with self._one_step:
            if self._state is None:
                self._open(adopt=False)
            try:
                return self._step()
            except BaseException:
                self._forget()  # nobody knows what was stored: read it again
                raise

    def run(self, stop: threading.Event) -> None:
        """Step until told to stop, then once more. A failing step is reported and tried again."""
        while not stop.is_set():
            if self._try_step():
                self._wake.wait(self._interval_s)
                self._wake.clear()
            else:
                stop.wait(PAUSE_S)
        self._try_step()

    def wake(self) -> None:
        """There is something to link: do not wait for the next turn."""
        self._wake.set()

    def wait_for(self, entry: int, timeout_s: float) -> None:
        """Return once a checkpoint covers the entry. Raises CheckpointLate."""
        deadline = time.monotonic() + timeout_s
        while not self._covered(entry):
            left = deadline - time.monotonic()
            if left <= 0:
                raise CheckpointLate("recorded; the signed checkpoint is late")
            self._wake.set()
            with self._stepped:  # another process may be the sequencer: look again in a moment
                self._stepped.wait(min(left, self._interval_s / 2))

    def _covered(self, entry: int) -> bool:
        with self._engine.connect().execution_options(**_reading(self._engine)) as connection:
            covered = log_rows.is_linked(connection, entry)
            connection.rollback()
        return covered

    def _try_step(self) -> bool:
        try:
            while self.step():
                pass
        except Exception as problem:  # the log must go on; the alarm tells a person
            self._alarm(Alarm((f"sequencer: {type(problem).__name__}",)))
            return False
        return True

    def _step(self) -> Checkpoint | None:
        assert self._state is not None and self._reader is not None  # noqa: S101, PT018 - open
        rows = log_rows.committed_after(self._reader, self._state.position, STEP_ROWS)
        if self._engine.dialect.name == "sqlite":
            self._reader.rollback()
        if not rows:
            self._keep_guard(self._state)
            return None
        state, first = self._state.copy(), self._state.frontier.size
        leaves: list[Leaf] = []
        alarms: list[Alarm] = []
        for row in rows:
            linked, faults = self._intake.judge(row, state.chains)
            if faults:
                alarms.append(Alarm(faults, row.id, first + len(leaves)))
            leaves += linked
        state.position = (rows[-1].xid, rows[-1].id)
        checkpoint = self._link(state, leaves)
        self._state, self._guard_behind = state, True
        self._keep_guard(state)
        with self._stepped:
            self._stepped.notify_all()
        for alarm in alarms:
            self._alarm(alarm)
        return checkpoint

    def _link(self, state: State, leaves: list[Leaf]) -> Checkpoint:
        first = state.frontier.size
        tiles = state.frontier.extend([leaf.hash for leaf in leaves])
        state.last = leaves[-1].hash
        checkpoint = Checkpoint(self._signer.name, state.frontier.size, state.frontier.root())
        state.note = self._signer.sign(checkpoint)

        def store(connection: Connection) -> None:
            if log_rows.size_of(connection) != first:
                raise AnotherSequencer("somebody else wrote to the log")
            log_rows.store(connection, first, leaves, tiles, (checkpoint.size, state.note))
            mark_ledgered(connection)

        self._write(store)
        return checkpoint

    def _keep_guard(self, state: State) -> None:
        if self._guard_behind:
            save_guard(self._guard_file, self._signer.name, state)
            self._guard_behind = False

    def _write_here(self, fn: Callable[[Connection], T]) -> T:
        with self._engine.connect() as connection, connection.begin():
            return fn(connection)

    def _forget(self) -> None:
        self._state = None
        if self._reader is not None:
            with suppress(SQLAlchemyError):  # cut off, it may still hold a dead transaction
                if self._engine.dialect.name != "sqlite":
                    self._reader.execute(_UNLOCK)
            self._reader.invalidate()  # ends the session, and with it whatever it still held
            self._reader.close()
            self._reader = None
        self._held.close()

    def _open(self, adopt: bool) -> None:
        self._forget()
        # on PostgreSQL this session holds the lock, and every step reads through it: a
        # sequencer that lost the lock cannot go on
        try:
            self._held.enter_context(held_alone(self._guard_file))
        except BlockingIOError:
            raise AnotherSequencer("a sequencer is running already") from None
        reader = self._engine.connect().execution_options(**_reading(self._engine))
        self._reader = reader
        try:
            if self._engine.dialect.name != "sqlite":
                _take_lock(reader)
            chains = Chains(STREAMS_IN_MEMORY, self._linked_head)
            state = load_guard(self._guard_file, self._signer.name, chains)
            self._state = recall(reader, self._signer, chains, state, adopt=adopt)
            if self._engine.dialect.name == "sqlite":
                reader.rollback()
            self._guard_behind = True
            self._keep_guard(self._state)
        except BaseException:
            self._forget()
            raise

    def _linked_head(self, stream: str) -> Place | None:
        with self._engine.connect().execution_options(**_reading(self._engine)) as connection:
            place = log_rows.linked_head(connection, stream)
            connection.rollback()
        return place


def _take_lock(reader: Connection) -> None:
    if not reader.execute(_MAY_SIGN).scalar_one():
        raise AnotherSequencer("this role may not sign; another one's process does")
    if not reader.execute(_TRY_LOCK, {"key": LOCK}).scalar_one():
        raise AnotherSequencer("a sequencer is running already")


def _reading(engine: Engine) -> dict[str, object]:
    """Serializable reads would make writers fail; each statement sees its own snapshot."""
    if engine.dialect.name == "sqlite":
        return {"readonly": True}
    return {"isolation_level": "AUTOCOMMIT"}
