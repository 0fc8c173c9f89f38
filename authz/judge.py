"""Casbin answers here, once per set of roles; the decision table keeps its answers.

`enforce` walks every rule (about 8 µs each), so it is asked with the rules of the
roles at hand only, and never per field or row.
"""

import threading
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import casbin

from authz.rules import Binding, Rule
from kit.work import NETWORK, Scope

MODEL_FILE = Path(__file__).with_name("model.conf")
ANYWHERE = "anywhere"
# Casbin parses its matcher for each question, and two threads that parse Python at once fail
# with SystemError in CPython 3.11 ("AST constructor recursion depth mismatch").
_ONE_AT_A_TIME = threading.Lock()


@cache
def _model_text() -> str:
    return MODEL_FILE.read_text("utf-8")


class RowAdapter(casbin.persist.Adapter):  # type: ignore[misc] # casbin has no types
    """Hands rows to Casbin as they are: no text is parsed, so no newline grants a role."""

    def __init__(self, rules: Iterable[Rule], links: Iterable[tuple[str, str, str]]) -> None:
        self._rules, self._links = sorted(rules), sorted(set(links))

    def load_policy(self, model: Any) -> None:
        for rule in self._rules:
            model.add_policy("p", "p", [f"role:{rule.role}", rule.action, rule.eft])
        for subject, role, place in self._links:
            model.add_policy("g", "g", [subject, f"role:{role}", place])


def links(bindings: Iterable[Binding]) -> Iterable[tuple[str, str, str]]:
    """Casbin's role links: one where the role is held, one for its denies."""
    for binding in bindings:
        yield f"user:{binding.user_id}", binding.role, binding.scope.path
        yield f"user:{binding.user_id}", binding.role, ANYWHERE


def enforcer(rules: Iterable[Rule], role_links: Iterable[tuple[str, str, str]]) -> Any:
    model = casbin.Model()
    model.load_model_from_text(_model_text())
    return casbin.Enforcer(model, RowAdapter(rules, role_links))


def asked(subject: str, action: str, scope: Scope) -> tuple[str, str, str, str, str]:
    """The request for one decision: the scope and the places around it, by name."""
    paths = [place.path for place in scope.upward()]
    ward, hospital, network = paths[0], paths[min(1, len(paths) - 1)], paths[-1]
    return subject, ward, hospital, network, action


@lru_cache(maxsize=4096)
def allowed(
    rules: frozenset[Rule], here: frozenset[str], elsewhere: frozenset[str]
) -> frozenset[str]:
    """The actions of someone who holds the roles `here`, and others `elsewhere`.

    `rules` are those of the named roles; an action they do not name is denied by default.
    """
    held = [("someone", role, NETWORK.path) for role in here]
    held += [("someone", role, ANYWHERE) for role in here | elsewhere]
    actions = {rule.action for rule in rules}
    with _ONE_AT_A_TIME:
        judge = enforcer(rules, held)
        return frozenset(a for a in actions if judge.enforce(*asked("someone", a, NETWORK)))
