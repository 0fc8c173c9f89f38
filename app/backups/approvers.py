"""The two people who stand for a restore, proved against what the backup knows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Engine

from app.backups.container import BackupRefused
from app.late_vault import late_vault
from audit.keys import KeyKind, Keys
from audit.seal import FieldVault
from authz.decision import Decisions
from authz.logins import logins
from authz.policy import loader
from authz.totp import matching_step
from domain.accounts.queries import credentials
from domain.accounts.rules import folded_name
from kit.clock import Clock
from kit.db import reading
from kit.errors import Refusal
from kit.work import NETWORK, Actor, ActorKind

RECOVER = "ledger.recover"


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """What somebody types."""

    login_name: str
    password: str
    code: str | None = None


def approved_by(
    engine: Engine, keys: Keys, clock: Clock, first: Person, second: Person, *,
    actions: Sequence[str] = (RECOVER, RECOVER),
) -> tuple[str, str]:  # fmt: skip
    """The accounts of both. Raises BackupRefused unless they are two people of whom the first may
    do the first action, the second the other."""
    decisions = Decisions(loader(engine, clock), clock)
    found = logins(keys.secret(KeyKind.BLIND), clock)
    vault = late_vault(FieldVault(keys, clock), engine)
    people = []
    try:
        for person in (first, second):
            name = folded_name(person.login_name[:200])
            with reading(engine) as session:
                account = credentials(session, name, found.name_key(name)).account
                session.expunge_all()
            stored = account.password_hash if account else None
            right = found.passwords.verify_here(person.password, stored).right
            if account is None or not right:
                _refuse()
            if account.totp_confirmed and account.totp_secret is not None:
                secret = vault.open(account.totp_secret, account.totp_place())
                if matching_step(secret or "", person.code or "", clock()) is None:
                    _refuse()
            people.append(account.id)
    finally:
        found.passwords.close()
    for key, action in zip(people, actions, strict=True):
        try:
            decisions.require(Actor(key, ActorKind.PERSON), action, NETWORK)
        except Refusal:
            raise BackupRefused(f"one of the two may not {action}") from None
    if people[0] == people[1]:
        raise BackupRefused("this takes two different people")
    return str(people[0]), str(people[1])


def _refuse() -> NoReturn:
    raise BackupRefused("a login name, password or one-time code is wrong")
