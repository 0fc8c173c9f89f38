"""What a resolver can reach: who is asking, and the running program. No session to write with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import anyio
from sqlmodel import Session
from strawberry.types.info import Info as StrawberryInfo

from api.sight import Disclosures, Sight
from app.drafts import BREAK_GLASS, Operation, marks_of
from app.wiring import App
from app.withholding import Withheld, cares, withheld_from
from audit.entry import Draft
from kit.db import reading
from kit.work import NETWORK, Actor, Scope


@dataclass(slots=True)
class Context:
    """One request. `language` is `zh` or `en`, for messages to people."""

    app: App
    actor: Actor | None  # None: not logged in
    language: str = "en"
    address: str = ""  # of the client, for throttling only
    operation: Operation = field(default_factory=Operation)
    disclosures: Disclosures = field(default_factory=Disclosures)
    actions: set[str] = field(default_factory=set)  # of the root fields that were read
    noted: set[str] = field(default_factory=set)  # fields on record though about no patient
    pending: bool = False  # something was done that is not cosigned by enough witnesses yet
    notes: dict[str, str] = field(default_factory=dict)  # codes on record with the read: a reason
    _sights: dict[tuple[Scope, bool, bool], Sight] = field(default_factory=dict)
    _assigned: frozenset[UUID] | None = None
    _opened: frozenset[UUID] | None = None
    _withheld: Withheld | None = None
    _asked_directives: bool = False

    def sight(self, scope: Scope, session: Session, subject: UUID | None = None) -> Sight:
        """What the viewer may see of a row in `scope` that is about `subject`."""
        actor = self.viewer()
        mine = subject is not None and subject in self._assigned_to(actor, session)
        opened = subject is not None and subject in self._opened_to(actor, session)
        known = self._sights.get((scope, mine, opened))
        if known is None:
            decisions = self.app.decisions
            classes = decisions.classes(actor, scope)
            if mine:
                classes |= decisions.assigned_classes(actor, scope)
            if opened:
                classes |= decisions.emergency_classes(actor, scope)
            known = Sight(
                scope, classes, self.disclosures, self.app.late_vault, self._kept(actor, session),
                cares(decisions, actor, scope, treats=mine, opened=opened),
            )  # fmt: skip
            self._sights[scope, mine, opened] = known
        return known

    def viewer(self) -> Actor:
        """The actor; a field that gets here has refused strangers before."""
        if self.actor is None:
            raise LookupError("not logged in")
        return self.actor

    async def seal_reads(self) -> None:
        """Make the record of what was shown durable; the response waits for it."""
        told = self.disclosures.shown or self.disclosures.withheld or self.noted
        if told and self.actor is not None:
            await anyio.to_thread.run_sync(self.record_reads)

    def note_read(self, field_name: str) -> None:
        """Record this read although it shows no patient, as the ledger's own reads are."""
        self.noted.add(field_name)

    def record_reads(self) -> None:
        """One entry for the whole operation."""
        action = next(iter(self.actions)) if len(self.actions) == 1 else "data.read"
        shown = frozenset(self.disclosures.shown)
        draft = read_draft(self.app, self.viewer(), action, self.operation, shown, self.disclosures,
                           self.noted, self.notes)  # fmt: skip
        self.app.pipeline.record(draft)

    def _assigned_to(self, actor: Actor, session: Session) -> frozenset[UUID]:
        if self._assigned is None:
            self._assigned = self.app.assigned_subjects(session, actor.id)
        return self._assigned

    def _kept(self, actor: Actor, session: Session) -> Withheld | None:
        """Whom the actor is not shown because they said so; looked up once for each request."""
        if not self._asked_directives:
            app, self._asked_directives = self.app, True
            self._withheld = withheld_from(app.decisions, session, actor, app.clock())
        return self._withheld

    def _opened_to(self, actor: Actor, session: Session) -> frozenset[UUID]:
        """The subjects whom the actor's break-glass grants open."""
        if self._opened is None:
            grants = self.app.decisions.emergencies(actor)
            wards = [one.ward for one in grants if one.subject is None and one.ward is not None]
            people = frozenset(one.subject for one in grants if one.subject is not None)
            self._opened = people | self.app.lying_in(session, wards) if wards else people
            if grants:  # on record even if they run out before the entry is written
                self.notes[BREAK_GLASS] = marks_of(grants)
        return self._opened


def read_draft(
    app: App,
    viewer: Actor,
    action: str,
    operation: Operation,
    shown: frozenset[tuple[UUID, str]],
    disclosures: Disclosures,
    noted: Collection[str] = (),
    notes: Mapping[str, str] | None = None,
) -> Draft:
    """What the ledger says about a disclosure: fields and subjects, never their values."""
    return app.drafts.read(
        app.clock(),
        viewer,
        action,
        _around(disclosures.scopes),
        operation,
        {subject for subject, _ in shown},
        {name for _, name in shown} | set(noted),
        disclosures.counts() | dict(notes or {}),
    )


def _around(scopes: set[Scope]) -> Scope:
    """The narrowest place that covers all of them."""
    hospitals = {scope.hospital for scope in scopes}
    if len(hospitals) != 1:
        return NETWORK
    wards = {scope.ward for scope in scopes}
    return Scope(hospitals.pop(), wards.pop() if len(wards) == 1 else None)


Info = StrawberryInfo[Context, None]


def snapshot(context: Context) -> Any:
    """A read-only session of the context's database, in the hospitals of whoever asks."""
    actor = context.actor  # nobody yet: a log-in, which looks accounts up
    within = None if actor is None else context.app.decisions.hospitals(actor)
    return reading(context.app.read_engine, within)
