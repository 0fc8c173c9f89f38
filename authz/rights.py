"""What one person may do, looked up in dictionaries."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime

from authz.rules import Binding, Emergency
from kit.work import NETWORK, Scope

Compile = Callable[[frozenset[str], frozenset[str]], frozenset[str]]
_REMEMBERED = 4096  # scopes; more than the wards of any network


class Rights:
    """Valid from its making until `changes_at`, when a binding begins or ends."""

    __slots__ = (
        "_by_scope", "_compile", "_elsewhere", "changes_at", "emergencies", "fingerprint", "held",
    )  # fmt: skip

    def __init__(
        self,
        bindings: Iterable[Binding],
        built_in: Iterable[str],
        at: datetime,
        compile_roles: Compile,
    ) -> None:
        bindings = tuple(bindings)
        valid = [binding for binding in bindings if binding.valid(at)]
        granted = {(binding.role, binding.scope) for binding in valid}
        self.emergencies = _emergencies(valid)
        self.held = frozenset(granted | {(role, NETWORK) for role in built_in})
        self.changes_at = next_change(bindings, at)
        self.fingerprint = _fingerprint(self.held, self.emergencies)
        self._elsewhere = frozenset(role for role, _ in self.held)
        self._compile = compile_roles
        self._by_scope: dict[Scope, frozenset[str]] = {}

    def actions(self, scope: Scope) -> frozenset[str]:
        """Everything allowed in the scope."""
        known = self._by_scope.get(scope)
        return self._learned(scope) if known is None else known

    def roles_around(self, scope: Scope) -> tuple[str, ...]:
        """The roles that count in the scope, narrowest first."""
        around = scope.upward()
        counting = [(around.index(at), role) for role, at in self.held if at in around]
        return tuple(role for _, role in sorted(counting))

    def _learned(self, scope: Scope) -> frozenset[str]:
        if len(self._by_scope) >= _REMEMBERED:
            self._by_scope.clear()
        found = self._compile(frozenset(self.roles_around(scope)), self._elsewhere)
        self._by_scope[scope] = found
        return found


def next_change(bindings: Iterable[Binding], at: datetime) -> datetime | None:
    """When the next binding begins or runs out."""
    moments = [m for b in bindings for m in (b.valid_from, b.valid_until) if m and m > at]
    return min(moments, default=None)


def _emergencies(valid: Iterable[Binding]) -> tuple[Emergency, ...]:
    return tuple(sorted({one.emergency for one in valid if one.emergency is not None},
                        key=lambda one: one.grant))  # fmt: skip


def _fingerprint(held: Iterable[tuple[str, Scope]], emergencies: Iterable[Emergency]) -> str:
    lines = sorted(f"{role} {scope.path}\n" for role, scope in held)
    lines += [f"{one.grant}\n" for one in emergencies]  # nobody shares what one of these opens
    return hashlib.sha256("".join(lines).encode()).hexdigest()
