"""Rules and bindings as values, and the closed grammar they must follow."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from authz.classes import DataClass
from kit.purpose import STATED
from kit.work import Scope

ANYONE = "anyone"  # also someone who is not logged in
SIGNED_IN = "signed-in"
EMERGENCY = "emergency-access"  # by a break-glass grant: its patients' data
EMERGENCY_REACH = "emergency-reach"  # and the place where they are
PROGRAM = "program"  # the house itself: timers and jobs

_ROLE = re.compile(r"[a-z]+(-[a-z]+)*")
_WORD = r"[a-z]+(_[a-z]+)*"
_SEEING = rf"see\.[{''.join(DataClass)}](\.assigned|\.emergency)?"
_ACTION = re.compile(rf"(?!see\.){_WORD}\.{_WORD}|{_SEEING}")


class PolicyBroken(RuntimeError):
    """The policy says something it cannot mean, or nothing; no decision may rest on it."""


class Eft(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


class Holder(StrEnum):
    """What kind of account may hold a role."""

    PERSON = "PERSON"
    SERVICE = "SERVICE"
    SCREEN = "SCREEN"
    BUILT_IN = "BUILT_IN"  # held without a grant
    PART = "PART"  # never held: other roles build on it


class Rule(NamedTuple):
    role: str
    action: str
    eft: str


class Purpose(NamedTuple):
    """Who holds the action by this role has to state a purpose of use: this one, or another of
    the same role and action."""

    role: str
    action: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """A break-glass grant: of one patient, or of whoever lies in the ward."""

    grant: UUID
    ward: UUID | None = None
    subject: UUID | None = None  # None: the ward's patients


@dataclass(frozen=True, slots=True)
class Binding:
    """A role that a person holds in a place, from `valid_from` until before `valid_until`."""

    user_id: UUID
    role: str
    scope: Scope
    valid_from: datetime
    valid_until: datetime | None = None
    emergency: Emergency | None = None  # held by a break-glass grant

    def valid(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class PolicySnapshot:
    """Everything a decision rests on, as it stood in one moment. Raises PolicyBroken."""

    rules: frozenset[Rule]
    bindings: tuple[Binding, ...] = ()
    purposes: frozenset[Purpose] = frozenset()

    def __post_init__(self) -> None:
        if not any(rule.eft == Eft.ALLOW for rule in self.rules):
            raise PolicyBroken("an empty policy would lock everybody out")
        for rule in self.rules:
            checked_rule(rule)
        for binding in self.bindings:
            checked_role(binding.role)
        for purpose in self.purposes:
            checked_purpose(purpose)

    @property
    def revision(self) -> str:
        """SHA-256 of rules and purposes, in hexadecimal; equal for equal ones."""
        return revision_of(self.rules, self.purposes)


def revision_of(rules: Iterable[Rule], purposes: Iterable[Purpose] = ()) -> str:
    lines = [", ".join(one) for one in (*sorted(rules), *sorted(purposes))]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def checked_role(role: str) -> str:
    """The slug itself; a newline or comma in one could smuggle in a second rule."""
    if not _ROLE.fullmatch(role):
        raise PolicyBroken(f"{role!r} is not the name of a role")
    return role


def checked_action(action: str) -> str:
    if not _ACTION.fullmatch(action):
        raise PolicyBroken(f"{action!r} is not an action: noun.verb or see.<class>")
    return action


def checked_purpose(purpose: Purpose) -> Purpose:
    """The same; a purpose that nobody may state would lock everybody out."""
    checked_role(purpose.role)
    checked_action(purpose.action)
    if purpose.purpose not in STATED:
        raise PolicyBroken(f"{purpose.purpose!r} is not a purpose of use that one may state")
    return purpose


def checked_rule(rule: Rule) -> Rule:
    checked_role(rule.role)
    checked_action(rule.action)
    if rule.eft not in (Eft.ALLOW, Eft.DENY):
        raise PolicyBroken(f"{rule.eft!r} is neither allow nor deny")
    return rule
