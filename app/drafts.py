"""What the ledger says about a command or a read: ids, codes and times, never personal data."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from audit.entry import Change, Draft, OperationRef, PolicyRef, ResourceRef
from authz.decision import Decisions
from authz.rules import Emergency
from kit.command import Command
from kit.errors import Conflict, Denied, Infeasible, Invalid, NotFound, Refusal
from kit.ids import new_id
from kit.work import NETWORK, Actor, Scope, Work

BREAK_GLASS = "break_glass"  # the note that marks whatever is done under a grant
EMERGENCY_PURPOSE = "ETREAT"  # HL7 v3 PurposeOfUse

OUTCOMES: dict[type[Refusal], str] = {
    Denied: "denied",
    NotFound: "denied",
    Conflict: "conflict",
    Invalid: "conflict",
    Infeasible: "conflict",
}


def marks_of(grants: Iterable[Emergency]) -> str:
    """How an entry names the grants that were in force."""
    return ",".join(str(one.grant) for one in grants)


@dataclass(frozen=True, slots=True)
class Operation:
    """The request that a command came in: its name, the document's SHA-256 and an id."""

    name: str = ""
    document: str = ""
    request: UUID = field(default_factory=new_id)


@dataclass(slots=True)
class Drafts:
    """Builds drafts under the policy in force."""

    decisions: Decisions

    def done(
        self,
        actor: Actor,
        command: Command[Any],
        scope: Scope,
        role: str,
        operation: Operation,
        work: Work,
        changes: tuple[Change, ...],
    ) -> Draft:
        first = changes[0] if changes else None
        return self._draft(
            work.now, actor, command.action, "done", scope, role, operation,
            resource=ResourceRef(first.table, str(first.id), first.version) if first else None,
            subjects=work.subjects,
            fields={name for _, name in work.opened},
            changes=changes,
            notes={"command": type(command).__name__, **work.notes},
        )  # fmt: skip

    def refused(
        self,
        at: datetime,
        actor: Actor,
        command: Command[Any],
        scope: Scope,
        role: str,
        operation: Operation,
        subjects: Iterable[UUID],
        why: Exception,
    ) -> Draft:
        outcome = next((word for kind, word in OUTCOMES.items() if isinstance(why, kind)), "fault")
        reason = why.reason if isinstance(why, Refusal) else type(why).__name__
        return self._draft(
            at, actor, command.action, outcome, scope, role, operation,
            subjects=subjects,
            notes={"command": type(command).__name__, "reason": reason},
        )  # fmt: skip

    def turned_away(
        self, at: datetime, actor: Actor, action: str, operation: Operation, why: Refusal
    ) -> Draft:
        """Somebody without the right anywhere, refused before any work was done for them."""
        return self._draft(
            at, actor, action, "denied", NETWORK, "", operation, notes={"reason": why.reason}
        )

    def told(self, at: datetime, actor: Actor, action: str, notes: dict[str, int | str]) -> Draft:
        """What the program says of itself."""
        return self._draft(at, actor, action, "done", NETWORK, "", Operation(), notes=notes)

    def read(
        self,
        at: datetime,
        actor: Actor,
        action: str,
        scope: Scope,
        operation: Operation,
        subjects: Iterable[UUID],
        fields: Iterable[str],
        notes: dict[str, int | str] | None = None,
    ) -> Draft:
        """A disclosure: the fields shown and the subjects they were about."""
        role = self.decisions.acting_role(actor, action, scope)
        return self._draft(at, actor, action, "done", scope, role, operation,
                           subjects=subjects, fields=fields, notes=notes or {})  # fmt: skip

    def _draft(
        self,
        at: datetime,
        actor: Actor,
        action: str,
        outcome: str,
        scope: Scope,
        role: str,
        operation: Operation,
        *,
        resource: ResourceRef | None = None,
        subjects: Iterable[UUID] = (),
        fields: Iterable[str] = (),
        changes: tuple[Change, ...] = (),
        notes: dict[str, int | str] | None = None,
    ) -> Draft:
        decision = "deny" if outcome == "denied" else "allow"
        rule = f"{role}:{action}" if role else ""
        grants = self.decisions.emergencies(actor)
        marks = {BREAK_GLASS: marks_of(grants)} if grants else {}
        return Draft(
            at=at,
            actor_id=actor.id,
            role=role,
            session=actor.session,
            action=action,
            outcome=outcome,
            purpose=EMERGENCY_PURPOSE if grants else actor.purpose,
            scope=scope.path,
            operation=OperationRef(operation.name, operation.document, str(operation.request)),
            resource=resource,
            subjects=tuple(sorted(subjects)),
            fields=tuple(sorted(fields)),
            changes=changes,
            notes={**marks, **(notes or {})},
            policy=PolicyRef(self.decisions.revision, rule, decision),
        )
