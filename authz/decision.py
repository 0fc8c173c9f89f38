"""Decisions: Casbin's answers, compiled into a table that is swapped as a whole."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from authz.classes import DataClass, seeing, seeing_assigned, seeing_in_emergency
from authz.judge import allowed
from authz.rights import Rights, next_change
from authz.rules import (
    ANYONE,
    PROGRAM,
    SIGNED_IN,
    Binding,
    Emergency,
    PolicyBroken,
    PolicySnapshot,
    Rule,
)
from kit.clock import Clock
from kit.errors import Denied, NotFound
from kit.work import NETWORK, Actor, ActorKind, Scope

Alarm = Callable[[str], None]
Golden = tuple[tuple[str, str, bool], ...]

GOLDEN_FILE = Path(__file__).with_name("golden.csv")


def golden_decisions() -> Golden:
    """(role, action, allowed) that every policy must agree with."""
    lines = GOLDEN_FILE.read_text("utf-8").splitlines()
    rows = [line.split(", ") for line in lines if not line.startswith("#")]
    return tuple((role, action, eft == "allow") for role, action, eft in rows)


class _Table:
    """One policy, compiled. Never changed; people's rights are worked out when first asked."""

    def __init__(self, snapshot: PolicySnapshot, epoch: int, at: datetime) -> None:
        self.epoch, self.snapshot, self.revision = epoch, snapshot, snapshot.revision
        self.rights: dict[tuple[int, bool, bool], Rights] = {}
        self.changes_at = next_change(snapshot.bindings, at)
        self.purposes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for role, action, purpose in snapshot.purposes:
            self.purposes[role, action].add(purpose)
        self._rules: defaultdict[str, set[Rule]] = defaultdict(set)
        for rule in snapshot.rules:
            self._rules[rule.role].add(rule)
        self._denying = frozenset(rule.role for rule in snapshot.rules if rule.eft == "deny")
        self._bindings: defaultdict[UUID, list[Binding]] = defaultdict(list)
        for binding in snapshot.bindings:
            self._bindings[binding.user_id].append(binding)

    def bindings(self, user: UUID) -> tuple[Binding, ...]:
        return tuple(self._bindings.get(user, ()))

    def compile_roles(self, here: frozenset[str], everywhere: frozenset[str]) -> frozenset[str]:
        """The actions of someone with these roles; of `everywhere` only the denies count."""
        elsewhere = (everywhere & self._denying) - here
        rules = frozenset(rule for role in here | elsewhere for rule in self._rules.get(role, ()))
        return allowed(rules, here, elsewhere)

    def grants(self, role: str, action: str) -> bool:
        return Rule(role, action, "allow") in self.snapshot.rules

    def self_test(self, golden: Golden) -> None:
        for role, action, expected in golden:
            alone = frozenset((role,))
            if (action in self.compile_roles(alone, alone)) is not expected:
                raise PolicyBroken(f"{role} and {action}: expected {expected}")


class Decisions:
    """Who may do what, where. Default deny. Safe to ask from any thread."""

    def __init__(
        self,
        load: Callable[[], PolicySnapshot],
        clock: Clock,
        *,
        alarm: Alarm = lambda _what: None,
        golden: Golden | None = None,
    ) -> None:
        """Raises PolicyBroken: without a sound policy nothing starts."""
        self._load, self._clock, self._alarm = load, clock, alarm
        self._golden = golden_decisions() if golden is None else golden
        self._reloading = threading.Lock()
        self._table = self._built(1)

    @property
    def epoch(self) -> int:
        """Grows with every change of rules or bindings, and when one begins or runs out."""
        changes_at = self._table.changes_at
        if changes_at is not None and self._clock() >= changes_at:
            self._turn_the_page()
        return self._table.epoch

    @property
    def revision(self) -> str:
        """SHA-256 of the rules in force."""
        return self._table.revision

    def reload(self) -> bool:
        """Swap in the stored policy; False, the old one and an alarm if that failed."""
        with self._reloading:
            try:
                fresh = self._built(self._table.epoch + 1)
            except Exception as failure:  # whatever it was: the old table is the safe one
                self._alarm(f"policy reload failed: {type(failure).__name__}")
                return False
            if fresh.snapshot != self._table.snapshot:
                self._table = fresh
            return True

    def allows(self, actor: Actor, action: str, scope: Scope) -> bool:
        return action in self._rights(actor).actions(scope)

    def require(self, actor: Actor, action: str, scope: Scope) -> None:
        """Raises NotFound to a stranger of the scope, Denied to one who merely lacks the right."""
        rights = self._rights(actor)
        if action in rights.actions(scope):
            return
        if self.reaches(actor, scope):
            raise Denied(f"you may not {action} in {scope.path}", reason="NO_RIGHT")
        raise NotFound("no such record that you may see")

    def reaches(self, actor: Actor, scope: Scope) -> bool:
        """True where the actor may know that the place exists: the program, or by a grant there."""
        granted = self.granted(actor)
        return actor.kind is ActorKind.SYSTEM or any(_touches(at, scope) for _, at in granted)

    def granted(self, actor: Actor) -> frozenset[tuple[str, Scope]]:
        """Roles that somebody gave the actor, and where; built-in ones left out."""
        return self._rights(actor).held - {(role, NETWORK) for role in _built_in(actor)}

    def scopes(self, actor: Actor, action: str) -> tuple[Scope, ...]:
        """The fewest places that together cover everywhere the actor may do it."""
        rights = self._rights(actor)
        held = {at for _, at in rights.held if action in rights.actions(at)}
        widest = (s for s in held if not any(o.covers(s) for o in held if o != s))
        return tuple(sorted(widest, key=lambda scope: scope.path))

    def hospitals(self, actor: Actor) -> frozenset[UUID] | None:
        """Where the actor holds anything at all; None: in the network, and so everywhere."""
        held = {at.hospital for _, at in self.granted(actor)}
        everywhere = actor.kind is ActorKind.SYSTEM or None in held
        return None if everywhere else frozenset(filter(None, held))

    def classes(self, actor: Actor, scope: Scope) -> frozenset[str]:
        """Letters of the data classes the actor sees in the scope."""
        return self._shown(actor, scope, seeing)

    def assigned_classes(self, actor: Actor, scope: Scope) -> frozenset[str]:
        """Letters of the classes the actor sees of patients assigned to them."""
        return self._shown(actor, scope, seeing_assigned)

    def purposes(self, actor: Actor, action: str) -> frozenset[str]:
        """Purposes of use of which the actor has to state one; none: nothing has to be stated.

        Who also holds the action by a role that asks for none is not asked, and nobody is who
        has broken the glass: that is a purpose.
        """
        table, rights = self._table, self._rights(actor)
        roles = {role for role, _ in rights.held if table.grants(role, action)}
        asked = [table.purposes.get((role, action)) for role in roles]
        if rights.emergencies or not all(asked):
            return frozenset()
        return frozenset().union(*(one for one in asked if one))

    def emergencies(self, actor: Actor) -> tuple[Emergency, ...]:
        """The break-glass grants that the actor holds at this moment."""
        return self._rights(actor).emergencies

    def emergency_classes(self, actor: Actor, scope: Scope) -> frozenset[str]:
        """Letters of the classes the actor sees of the patients of their break-glass grants."""
        return self._shown(actor, scope, seeing_in_emergency)

    def roles(self, actor: Actor) -> tuple[str, ...]:
        """Every role in force now, built-in ones included."""
        return tuple(sorted({role for role, _ in self._rights(actor).held}))

    def acting_role(self, actor: Actor, action: str, scope: Scope) -> str:
        """The narrowest role that gives the right, for the record; empty without one."""
        rights = self._rights(actor)
        if action not in rights.actions(scope):
            return ""
        around = rights.roles_around(scope)
        return next((role for role in around if self._table.grants(role, action)), "")

    def fingerprint(self, actor: Actor) -> str:
        """Equal for actors with equal roles in equal places at this moment."""
        return self._rights(actor).fingerprint

    def _shown(
        self, actor: Actor, scope: Scope, action: Callable[[DataClass], str]
    ) -> frozenset[str]:
        actions = self._rights(actor).actions(scope)
        return frozenset(shown.value for shown in DataClass if action(shown) in actions)

    def _built(self, epoch: int) -> _Table:
        table = _Table(self._load(), epoch, self._clock())
        table.self_test(self._golden)
        return table

    def _turn_the_page(self) -> None:
        with self._reloading:
            old, now = self._table, self._clock()
            if old.changes_at is not None and now >= old.changes_at:
                self._table = _Table(old.snapshot, old.epoch + 1, now)

    def _rights(self, actor: Actor) -> Rights:
        table = self._table
        key = (actor.id.int, actor.session is None, actor.kind is ActorKind.SYSTEM)
        rights = table.rights.get(key)
        if rights is None or (rights.changes_at is not None and self._clock() >= rights.changes_at):
            rights = Rights(
                table.bindings(actor.id), _built_in(actor), self._clock(), table.compile_roles
            )
            table.rights[key] = rights
        return rights


def _built_in(actor: Actor) -> Iterable[str]:
    yield ANYONE
    if actor.session is not None:
        yield SIGNED_IN
    if actor.kind is ActorKind.SYSTEM:
        yield PROGRAM


def _touches(one: Scope, other: Scope) -> bool:
    return one.covers(other) or other.covers(one)
