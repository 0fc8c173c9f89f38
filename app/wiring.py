"""The composition root: settings in, the running program out. Nothing else knows everybody."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import OperationalError

import app.plan_kinds  # noqa: F401 - every kind of plan registers itself
import domain.forecasts.coverage  # noqa: F401 - the measure registers itself
from app.answers import Answers
from app.archiving import Archiving, archiving_of
from app.backups.runner import Backups
from app.bell import Bell
from app.circuits import Breakers, Outward
from app.cursors import cursors_of
from app.doors import Door, doors
from app.drafts import Drafts
from app.erasing import Erasing, erasing_of
from app.feed import Feed
from app.fleet_levels import FleetLevels, counting
from app.jobs import PROGRAM, Jobs
from app.key_settings import keys_of
from app.late_vault import late_vault
from app.metrics import Metrics
from app.outbox import write_events
from app.own_timers import own_timers
from app.parallel_writer import ParallelWriter
from app.password_settings import unwanted_of
from app.pipeline import Pipeline
from app.plan_progress import keep_progress
from app.program_figures import ProgramFigures, tell_of
from app.publication import Publication
from app.questions import Questions
from app.read_only import DiskRoom, room_of
from app.settings import Settings
from app.timers import TIMERS
from app.trace_export import TraceExport
from app.traces import Traces
from app.witnessing import Witnessing, witnessing_of
from app.writer import EmbeddedWriter, Writer
from audit.intake import Alarm
from audit.keys import KeyKind, Keys
from audit.seal import FieldVault
from audit.sequencer import AnotherSequencer, Sequencer
from audit.signer import Signer
from audit.stream import Streams
from audit.tables import LEDGER_ENTRY, LEDGER_LEAF
from authz.decision import Decisions
from authz.logins import Logins, logins
from authz.policy import loader
from authz.sessions import Gate
from authz.tokens import AccessTokens
from authz.watch import Watch
from domain.break_glass.queries import lying_in
from domain.patients.queries import treats
from kit.clock import Clock, utc_now
from kit.db import open_engine
from kit.sealed import Vault
from kit.work import Event

log = logging.getLogger("wardgrid.app")

AUDIENCE = "wardgrid"
SIGNING_S = 10.0  # how long a stop waits for the checkpoint that covers everything
_OLDEST_UNCOVERED = select(func.min(LEDGER_ENTRY.c.at)).where(
    LEDGER_ENTRY.c.id > select(func.coalesce(func.max(LEDGER_LEAF.c.entry_id), 0)).scalar_subquery()
)
ANOTHER = "sequencer: AnotherSequencer"


@dataclass(slots=True)
class App:
    """Everything that runs. `start` before the first request, `stop` after the last."""

    settings: Settings
    keys: Keys
    engine: Engine
    pipeline: Pipeline
    writer: Writer
    decisions: Decisions
    drafts: Drafts
    vault: FieldVault
    late_vault: Vault
    tokens: AccessTokens
    gate: Gate
    logins: Logins
    feed: Feed
    jobs: Jobs
    questions: Questions
    backups: Backups
    erasing: Erasing
    archiving: Archiving
    witnessing: Witnessing
    sequencer: Sequencer
    watch: Watch
    metrics: Metrics
    fleet: FleetLevels
    traces: Traces
    room: DiskRoom
    breakers: Breakers
    clock: Clock
    on_commit: list[Callable[[], None]]  # called after each commit; must return at once
    progress: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _doors: tuple[Door, ...] = ()
    _signs: bool = True

    @property
    def read_engine(self) -> Engine:
        return self.engine

    assigned_subjects = staticmethod(treats)
    lying_in = staticmethod(lying_in)

    def start(self, *, serves: bool = True, jobs: bool = True, signs: bool = True) -> None:
        """Take the ledger over, begin feed and work; others may do a part (app/parts.py)."""
        self._signs = signs
        if signs:
            self._take_the_ledger()
            self._begin("sequencer", self.sequencer.run)
        self.room.start()
        self.archiving.begin(self._begin, signs=signs, jobs=jobs)
        if serves or jobs:
            self.erasing.replay()  # before anything is served
            self.watch.step()
            self._begin("rights", self.watch.run)
            self._begin("levels", self.fleet.run)
            if self.settings.otlp_endpoint:
                self._begin("traces", TraceExport(self.settings.otlp_endpoint, self.traces).run)
            self.feed.start()
        if jobs:
            self._begin("erasing", self.erasing.run)
            self.jobs.start()
            self.backups.start()
            self.witnessing.start()
            self._doors = doors(self)
            for door in self._doors:
                door.start()

    def stop(self) -> None:
        """Finish what was accepted: doors, jobs, the writer's queue, the last checkpoint."""
        for door in self._doors:
            door.stop()
        for stop in (self.jobs.stop, self.backups.stop, self.witnessing.stop):
            stop()
        self.questions.stop()
        self.feed.stop()
        self._stopping.set()
        self.sequencer.wake()
        for thread in self._threads:
            thread.join()
        if self._signs:
            self._sign_the_rest()
        self.room.stop()
        self.sequencer.close()
        self.writer.stop()
        self.logins.passwords.close()
        self.engine.dispose()

    def ledger_lag_s(self) -> float:
        """Age of the oldest entry that no checkpoint covers yet."""
        with self.engine.connect().execution_options(**_snapshot(self.engine)) as connection:
            oldest = connection.execute(_OLDEST_UNCOVERED).scalar()
            connection.rollback()
        return 0.0 if oldest is None else max(0.0, (self.clock() - oldest).total_seconds())

    def _take_the_ledger(self) -> None:
        try:
            self.sequencer.open()
        except AnotherSequencer:
            if self.engine.dialect.name == "sqlite":
                raise  # a file has one writer, and its ledger one stream
            log.info("another process signs the ledger")  # the others wait

    def _sign_the_rest(self) -> None:
        """On PostgreSQL a transaction under way, even of another database, delays the signing."""
        deadline = monotonic() + SIGNING_S
        while self.ledger_lag_s() > 0 and monotonic() < deadline:
            try:
                self.sequencer.step()
            except AnotherSequencer:
                return  # it goes on after us
            except OperationalError as away:  # no room, or no database: the next start signs it
                log.warning("not all is signed", extra={"fault": type(away).__name__})
                return
            sleep(0.02)

    def _begin(self, name: str, run: Callable[[threading.Event], None]) -> None:
        thread = threading.Thread(target=run, args=(self._stopping,), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)


def build(
    settings: Settings,
    *,
    keys: Keys | None = None,
    clock: Clock = utc_now,
    alarm: Callable[[str], None] | None = None,
) -> App:
    """Put the program together; nothing runs yet but the writer."""
    keys = keys or keys_of(settings)
    tell = alarm or (lambda what: log.error("alarm", extra={"reason": what.replace(" ", "_")}))
    engine = open_engine(settings.database, pool_size=settings.database_pool)
    decisions = Decisions(loader(engine, clock), clock, alarm=tell)
    vault, drafts = FieldVault(keys, clock), Drafts(decisions)
    feed = Feed(engine, cursors_of(keys))
    bell = Bell([feed.wake])
    writer = _writer(settings, engine, keys, clock, bell)
    sequencer = _sequencer(settings, engine, keys, writer, tell)
    room, traces = room_of(settings, clock, tell), Traces.of(settings)
    breakers = Breakers()
    witnessing = witnessing_of(settings, engine, tell, breakers.of[Outward.WITNESSES])
    publication = Publication(witnessing, settings.log_origin, settings.witness_wait_s)
    pipeline = Pipeline(
        writer=writer, decisions=decisions, vault=vault, drafts=drafts, checkpoints=sequencer,
        answers=Answers(keys.secret(KeyKind.ANSWER)), clock=clock, room=room, witnesses=publication,
        traces=traces,
    )  # fmt: skip
    gate = Gate(engine, tokens := access_tokens(settings, keys), clock)
    figures, metrics = ProgramFigures(), Metrics()
    app = App(
        settings=settings, keys=keys, engine=engine, pipeline=pipeline, writer=writer,
        decisions=decisions, drafts=drafts, vault=vault, late_vault=late_vault(vault, engine),
        tokens=tokens, gate=gate, feed=feed,
        logins=logins(keys.secret(KeyKind.BLIND), clock, unwanted=unwanted_of(settings)),
        jobs=Jobs(engine=engine, pipeline=pipeline, clock=clock,
                  timers=(*TIMERS, *own_timers(keys, vault), figures), traces=traces),
        questions=Questions(), sequencer=sequencer,
        backups=Backups(settings, keys, engine, clock,
                        lambda command: pipeline.run(PROGRAM, command).result, lambda: room.on),
        archiving=archiving_of(settings, keys, engine, pipeline, writer, tell, clock),
        witnessing=witnessing,
        erasing=erasing_of(settings, keys, engine, lambda one: pipeline.run(PROGRAM, one), tell,
                           publication.known),
        watch=Watch(engine, decisions, gate, tell, vault.erased.refresh), metrics=metrics,
        fleet=FleetLevels(engine, metrics.levels, counting(engine, writer.raw), lambda: room.on),
        traces=traces, room=room, breakers=breakers, clock=clock, on_commit=bell.ring,
    )  # fmt: skip
    _listen(app, bell, figures)
    return app


def _listen(app: App, bell: Bell, figures: ProgramFigures) -> None:
    bell.ring.append(app.jobs.wake)
    app.feed.listen(app.watch.heard)
    app.jobs.on_progress = keep_progress(app)
    tell_of(app, figures)


def access_tokens(settings: Settings, keys: Keys) -> AccessTokens:
    """Signs and checks log-ins of this installation."""
    signers = {
        f"token-{version}": keys.signer(KeyKind.TOKEN, version)
        for version in keys.versions(KeyKind.TOKEN)
    }
    return AccessTokens(settings.log_origin, AUDIENCE, signers)


def ledger_signer(settings: Settings, keys: Keys) -> Signer:
    """Signs the checkpoints of this installation's ledger."""
    return Signer(settings.log_origin, keys.secret(KeyKind.LEDGER))


def _writer(settings: Settings, engine: Engine, keys: Keys, clock: Clock, bell: Bell) -> Writer:
    streams = Streams.resume(engine, settings.log_origin, keys.secret(KeyKind.MAC))

    def outbox(connection: Connection, events: Sequence[Event]) -> None:
        write_events(connection, list(events), clock())

    if engine.dialect.name == "sqlite":
        return EmbeddedWriter(engine, streams.new(), outbox, bell)
    return ParallelWriter(engine, streams.new, outbox, bell)


def _sequencer(
    settings: Settings, engine: Engine, keys: Keys, writer: Writer, tell: Callable[[str], None]
) -> Sequencer:
    secrets = [keys.secret(KeyKind.MAC, v) for v in reversed(keys.versions(KeyKind.MAC))]

    def alarm(found: Alarm) -> None:
        if found.faults != (ANOTHER,):  # that one is as it should be where several processes run
            tell("ledger: " + ", ".join(found.faults))

    return Sequencer(
        engine, ledger_signer(settings, keys), secrets, settings.guard_file, writer.raw, alarm
    )


def _snapshot(engine: Engine) -> dict[str, object]:
    sqlite = engine.dialect.name == "sqlite"
    return {"readonly": True} if sqlite else {"isolation_level": "AUTOCOMMIT"}
