"""Live views that nobody closed: their process died. The next one to start says so on record.

A view is open from its `view.start` to the `view.stop` that names it. On SQLite there is one
process; on PostgreSQL each holds a lock as long as it lives, and only the dead are spoken for.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Engine, text
from sqlmodel import select

from app.drafts import Drafts, Operation
from app.pipeline import Pipeline
from audit.entry import Draft
from audit.tables import LEDGER_ENTRY
from kit.clock import Clock
from kit.db import reading
from kit.ids import new_id
from kit.work import Actor, Scope

START, MORE, STOP = "view.start", "view.more", "view.stop"
LONGEST = timedelta(hours=24)  # a session or a screen's token ends after twelve
_LOCK = text("SELECT pg_try_advisory_lock(:key)")
_FREE = text("SELECT pg_advisory_unlock(:key)")


class OpenViews:
    """`begin` before the first socket, `end` after the last."""

    def __init__(self, engine: Engine, pipeline: Pipeline, drafts: Drafts, clock: Clock) -> None:
        self.process = new_id()
        self._engine, self._pipeline, self._drafts = engine, pipeline, drafts
        self._clock = clock
        self._held: Connection | None = None

    def begin(self) -> int:
        """Say that this process lives, and close what dead ones left open; how many views."""
        if self._engine.dialect.name == "postgresql":
            self._held = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._held.execute(_LOCK, {"key": _key(self.process)})
        left = [told for told in self._unclosed() if self._dead(_noted(told[0], "process"))]
        for told in left:
            self._pipeline.record(self._stopped(told))
        return len(left)

    def end(self) -> None:
        if self._held is not None:
            self._held.execute(_FREE, {"key": _key(self.process)})
            self._held.close()

    def _unclosed(self) -> Iterator[list[dict[str, Any]]]:
        """Per open view its entries, the start first."""
        entry = LEDGER_ENTRY.c
        asked = select(entry.action, entry.body).where(
            entry.action.in_((START, MORE, STOP)), entry.at >= self._clock() - LONGEST
        )
        found: dict[str, list[dict[str, Any]]] = {}
        with reading(self._engine) as session:
            for action, body in session.execute(asked.order_by(entry.id)):
                told = orjson.loads(bytes(body))
                view = _noted(told, "view")
                if action == STOP:
                    found.pop(view, None)
                elif view and action == START:
                    found[view] = [told]
                elif view in found:
                    found[view].append(told)
        yield from found.values()

    def _dead(self, process: str) -> bool:
        if process == str(self.process):
            return False
        if self._held is None:
            return True
        key = {"key": _key(UUID(process))}
        free = bool(self._held.execute(_LOCK, key).scalar_one())
        if free:
            self._held.execute(_FREE, key)
        return free

    def _stopped(self, told: list[dict[str, Any]]) -> Draft:
        start = told[0]
        session = start["actor"]["session"]
        actor = Actor(UUID(start["actor"]["id"]), session=UUID(session) if session else None)
        notes = {name: _noted(start, name) for name in ("view", "process")}
        return self._drafts.read(
            self._clock(), actor, STOP, Scope.parse(start["scope"]),
            Operation(start["op"]["name"], start["op"]["document"], UUID(start["op"]["request"])),
            {UUID(subject) for one in told for subject in one["subjects"]},
            {name for one in told for name in one["fields"]},
            {**notes, "how": "CRASHED"},
        )  # fmt: skip


def _noted(body: dict[str, Any], name: str) -> str:
    return str(dict(body["notes"]).get(name, ""))


def _key(process: UUID) -> int:
    return process.int & (2**63 - 1)
