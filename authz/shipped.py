"""The policy that ships with the program: authz/policy.csv, read strictly."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from authz.rules import (
    Holder,
    PolicyBroken,
    Purpose,
    Rule,
    checked_purpose,
    checked_role,
    checked_rule,
    revision_of,
)

POLICY_FILE = Path(__file__).with_name("policy.csv")
MAX_DEPTH = 5  # roles above a role; a longer chain cannot be read by a person
_WIDTH = {"r": 3, "g": 3, "x": 3, "p": 4, "t": 2, "u": 4}


@dataclass(frozen=True, slots=True)
class ShippedPolicy:
    """Roles with their holders, pairs nobody may hold together, and rules with inheritance
    already written out."""

    roles: dict[str, Holder]
    exclusions: frozenset[tuple[str, str]]
    rules: frozenset[Rule]
    parents: dict[str, tuple[str, ...]]
    totp: frozenset[str]  # roles that need one-time codes
    purposes: frozenset[Purpose] = frozenset()  # of use, one of which has to be stated

    @property
    def revision(self) -> str:
        return revision_of(self.rules, self.purposes)

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(rule.action for rule in self.rules)


@cache
def shipped_policy() -> ShippedPolicy:
    return read_policy(POLICY_FILE.read_text("utf-8"))


def read_policy(text: str) -> ShippedPolicy:
    """Parse and check the whole file. Raises PolicyBroken with the line at fault."""
    lines = [_fields(number, line) for number, line in enumerate(text.split("\n"), 1)]
    kinds: dict[str, list[tuple[str, ...]]] = {kind: [] for kind in _WIDTH}
    for kind, *values in filter(None, lines):
        kinds[kind].append(tuple(values))
    roles = {checked_role(role): _holder(holder) for role, holder in kinds["r"]}
    named = {role for pair in (*kinds["g"], *kinds["x"]) for role in pair}
    named |= {role for role, *_ in (*kinds["p"], *kinds["t"])}
    if unknown := sorted(named - set(roles)):
        raise PolicyBroken(f"roles without an r line: {', '.join(unknown)}")
    parents = _parents(kinds["g"])
    own = frozenset(checked_rule(Rule(*fields)) for fields in kinds["p"])
    if not own or len(own) != len(kinds["p"]):
        raise PolicyBroken("the policy is empty or says something twice")
    exclusions = frozenset((min(pair), max(pair)) for pair in kinds["x"])
    needing_codes = frozenset(role for (role,) in kinds["t"])
    rules = _written_out(roles, parents, own)
    purposes = frozenset(checked_purpose(Purpose(*fields)) for fields in kinds["u"])
    if idle := [one for one in purposes if Rule(one.role, one.action, "allow") not in rules]:
        raise PolicyBroken(f"{idle[0].role} may not {idle[0].action}: no purpose to ask for")
    return ShippedPolicy(roles, exclusions, rules, parents, needing_codes, purposes)


def _fields(number: int, line: str) -> list[str]:
    if not line.strip() or line.startswith("#"):
        return []
    fields = [field.strip(" ") for field in line.split(",")]
    if _WIDTH.get(fields[0]) != len(fields) or not all(fields):
        raise PolicyBroken(f"line {number} is not a policy line")
    return fields


def _holder(word: str) -> Holder:
    try:
        return Holder(word)
    except ValueError as unknown:
        raise PolicyBroken(f"{word!r} is not a kind of holder") from unknown


def _parents(pairs: Iterable[tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    parents: dict[str, tuple[str, ...]] = {}
    for role, parent in pairs:
        parents[role] = (*parents.get(role, ()), parent)
    return parents


def _written_out(
    roles: Iterable[str], parents: dict[str, tuple[str, ...]], own: frozenset[Rule]
) -> frozenset[Rule]:
    """Every role with the rules of the roles it builds on."""
    return frozenset(
        Rule(role, rule.action, rule.eft)
        for role in roles
        for source in _lineage(role, parents)
        for rule in own
        if rule.role == source
    )


def _lineage(role: str, parents: dict[str, tuple[str, ...]], depth: int = 0) -> set[str]:
    if depth > MAX_DEPTH:
        raise PolicyBroken(f"roles build on each other deeper than {MAX_DEPTH}, or in a circle")
    above = (_lineage(parent, parents, depth + 1) for parent in parents.get(role, ()))
    return {role}.union(*above)
