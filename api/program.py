"""The running program behind its doors: what `wardgrid serve` hands to the web server."""

import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import anyio
from starlette.types import ASGIApp

from api.asgi import application, backstage
from api.context import Context
from api.documents import Documents
from api.door import Asking, Door, Visitor
from api.limits import FREE, Limits
from api.live import LiveDoor
from api.live_reading import LiveReader
from api.schema import build_schema
from api.trusted import trusted_operations
from app.doors import exchanges
from app.drafts import Operation
from app.health import (
    LEDGER_LAG_LIMIT_S,
    WRITER_QUEUE_LIMIT,
    Readiness,
    below,
    database_answers,
    readiness,
    schema_is,
)
from app.migrate import newest_revision
from app.open_views import OpenViews
from app.parts import EVERY, Part
from app.settings import Settings
from app.wiring import App, build
from audit.guard import LedgerRefused
from authz.sessions import Pass
from authz.tokens import NotAuthentic
from kit.errors import Denied
from kit.work import Actor, ActorKind

log = logging.getLogger("wardgrid.app")

REFUSED = "the ledger refuses, wardgrid ledger checkpoint says why"
THREADS = 64  # of reads and waiting mutations; the writer itself is one, or the pool's size
FOREVER = timedelta(days=36500)


def create_app(settings: Settings, parts: Collection[Part] = EVERY) -> ASGIApp:
    """The ASGI application of an installation. Raises KeyTrouble, PolicyBroken, Unclassified."""
    app = build(settings)
    if Part.API in parts:
        return serve(app, parts=parts)
    return backstage(
        app.metrics,
        ready=_ready(app),
        metrics_token=_metrics_token(settings),
        lifespan=lambda: _running(app, None, parts),
    )


def serve(
    app: App, *, beside: Callable[[], None] | None = None, parts: Collection[Part] = EVERY
) -> ASGIApp:
    """The ASGI application of a program. `beside` runs once everything has started."""
    schema = build_schema()
    settings = app.settings
    limits = Limits(introspection=True) if settings.development else FREE
    operations = trusted_operations()
    app.metrics.know(operations)
    door = Door(
        schema=schema,
        documents=Documents(schema._schema, limits, operations),
        authenticate=_authenticate(app),
        free_form=lambda actor: actor.kind is not ActorKind.SCREEN,
        context=_context(app),
        ended=_ended(app),
        clock=app.clock,
        metrics=app.metrics,
        development=settings.development,
        traces=app.traces,
        behind_proxy=settings.behind_proxy,
    )
    views = OpenViews(app.engine, app.pipeline, app.drafts, app.clock)
    live = LiveDoor(
        door, LiveReader(app, views.process), app.feed, lambda: app.decisions.epoch,
        origins=settings.origins,
    )  # fmt: skip
    return application(
        door,
        live,
        screens=settings.screens or _screens(),
        ready=_ready(app),
        metrics_token=_metrics_token(settings),
        lifespan=lambda: _running(app, beside, parts, views),
        exchanges=exchanges(app),
    )


def _metrics_token(settings: Settings) -> str | None:
    return settings.metrics_token.get_secret_value() if settings.metrics_token else None


def _screens() -> Path:
    """As an installed program has them, else as the work tree builds them."""
    here = Path(__file__).parent
    packed = here / "screens"
    return packed if packed.is_dir() else here.parent / "web" / "dist"


@asynccontextmanager
async def _running(
    app: App,
    beside: Callable[[], None] | None,
    parts: Collection[Part],
    views: OpenViews | None = None,
) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    begin = partial(
        app.start, serves=Part.API in parts, jobs=Part.WORKER in parts,
        signs=Part.SEQUENCER in parts,
    )  # fmt: skip
    try:
        await anyio.to_thread.run_sync(begin)
    except LedgerRefused as refused:  # the server would only say that it did not start
        log.error(REFUSED, extra={"fault": type(refused).__name__})
        raise
    except Exception:
        log.exception("could not start")  # fault and place; the server's own words are withheld
        raise
    try:
        if views:
            await anyio.to_thread.run_sync(views.begin)
        if beside:
            beside()
        yield
    finally:
        if views:
            await anyio.to_thread.run_sync(views.end)
        await anyio.to_thread.run_sync(app.stop)


def _authenticate(app: App) -> Callable[[str], Visitor]:
    def authenticate(token: str) -> Visitor:
        try:
            known = app.gate.admit(token)
        except NotAuthentic:
            raise Denied("the token is not valid", reason="UNAUTHENTICATED") from None
        return Visitor(known.actor, known.expires_at)

    return authenticate


def _context(app: App) -> Callable[[Asking], Context]:
    def context(asking: Asking) -> Context:
        return Context(
            app=app,
            actor=asking.actor,
            language=asking.language,
            address=asking.address,
            operation=Operation(asking.operation_name, asking.document, asking.request),
        )

    return context


def _ended(app: App) -> Callable[[Collection[Actor]], Collection[Actor]]:
    def ended(actors: Collection[Actor]) -> Collection[Actor]:
        later = app.clock() + FOREVER
        return [actor for actor in actors if not app.gate.holds(Pass(actor, later))]

    return ended


def _ready(app: App) -> Callable[[], Readiness]:
    probes = {
        "database": database_answers(app.engine),
        "keys": app.keys.kek.answers,
        "schema": schema_is(app.engine, newest_revision()),
        "writer": below(lambda: app.writer.waiting, WRITER_QUEUE_LIMIT),
        "ledger": below(app.ledger_lag_s, LEDGER_LAG_LIMIT_S),
    }
    return lambda: readiness(probes, read_only=app.room.on)
