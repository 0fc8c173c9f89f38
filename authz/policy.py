"""The policy in the database: our own adapter, plain SQL in one snapshot."""

from collections.abc import Callable, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from authz.rules import (
    EMERGENCY,
    EMERGENCY_REACH,
    Binding,
    Emergency,
    PolicySnapshot,
    Purpose,
    Rule,
    checked_role,
)
from authz.shipped import ShippedPolicy, shipped_policy
from kit.db import reading
from kit.rows import UtcTime
from kit.work import Scope

RIGHTS = "rights"  # the row of authz_epoch that every change of rules or bindings bumps

RULE = sa.table("policy_rule", sa.column("role"), sa.column("action"), sa.column("eft"))
ROLE = sa.table(
    "access_role", sa.column("slug"), sa.column("holder"), sa.column("totp", sa.Boolean)
)
PURPOSE = sa.table("policy_purpose", sa.column("role"), sa.column("action"), sa.column("purpose"))
EXCLUSION = sa.table("role_exclusion", sa.column("role"), sa.column("other"))
EPOCH = sa.table("authz_epoch", sa.column("name"), sa.column("epoch", sa.BigInteger))
ACCOUNT = sa.table("account", sa.column("id", sa.Uuid), sa.column("disabled_at", UtcTime))
BINDING = sa.table(
    "role_binding",
    sa.column("user_id", sa.Uuid),
    sa.column("role", sa.String),
    sa.column("hospital_id", sa.Uuid),
    sa.column("ward_id", sa.Uuid),
    sa.column("valid_from", UtcTime),
    sa.column("valid_until", UtcTime),
)

GRANT = sa.table(
    "break_glass",
    sa.column("id", sa.Uuid),
    sa.column("account_id", sa.Uuid),
    sa.column("hospital_id", sa.Uuid),
    sa.column("ward_id", sa.Uuid),
    sa.column("subject", sa.Uuid),
    sa.column("state", sa.String),
    sa.column("since", UtcTime),
    sa.column("until", UtcTime),
)


def read_snapshot(connection: Connection, at: datetime) -> PolicySnapshot:
    """Rules, and what enabled accounts hold now or later. Raises PolicyBroken."""
    rules = connection.execute(sa.select(RULE.c.role, RULE.c.action, RULE.c.eft))
    living = sa.or_(BINDING.c.valid_until.is_(None), BINDING.c.valid_until > at)
    bindings = connection.execute(
        sa.select(*BINDING.c)
        .join_from(BINDING, ACCOUNT, ACCOUNT.c.id == BINDING.c.user_id)
        .where(living, ACCOUNT.c.disabled_at.is_(None))
    )
    purposes = connection.execute(sa.select(*PURPOSE.c))
    return PolicySnapshot(
        frozenset(Rule(*row) for row in rules),
        (
            *(
                Binding(user, checked_role(role), Scope(hospital, ward), start, end)
                for user, role, hospital, ward, start, end in bindings
            ),
            *_emergencies(connection, at),
        ),
        frozenset(Purpose(*row) for row in purposes),
    )


def _emergencies(connection: Connection, at: datetime) -> Iterator[Binding]:
    """What break-glass grants give: the patients' data, and the place where they are."""
    grants = connection.execute(
        sa.select(*GRANT.c)
        .join_from(GRANT, ACCOUNT, ACCOUNT.c.id == GRANT.c.account_id)
        .where(GRANT.c.state == "ACTIVE", GRANT.c.until > at, ACCOUNT.c.disabled_at.is_(None))
        .order_by(GRANT.c.id)
    )
    for row in grants:
        grant = Emergency(row.id, row.ward_id, row.subject)
        span = (row.since, row.until, grant)
        yield Binding(row.account_id, EMERGENCY, Scope(row.hospital_id), *span)
        if row.ward_id is not None:
            reach = Scope(row.hospital_id, row.ward_id)
            yield Binding(row.account_id, EMERGENCY_REACH, reach, *span)


def loader(engine: Engine, clock: Callable[[], datetime]) -> Callable[[], PolicySnapshot]:
    """What `Decisions` loads from: one read-only snapshot of the database."""

    def load() -> PolicySnapshot:
        with reading(engine) as session:
            return read_snapshot(session.connection(), clock())

    return load


def read_epoch(connection: Connection) -> int:
    """How often rules or bindings have changed."""
    asked = sa.select(EPOCH.c.epoch).where(EPOCH.c.name == RIGHTS)
    return int(connection.execute(asked).scalar_one())


def adopt(connection: Connection, policy: ShippedPolicy | None = None) -> bool:
    """Make the database's rules those of the program; True if anything changed.

    Only migrations call it, as the database's owner: the running program may read rules
    and never write them. A role that is still held cannot disappear (foreign key).
    """
    policy = policy or shipped_policy()
    known = {row.slug: tuple(row) for row in connection.execute(sa.select(*ROLE.c))}
    wanted = {
        slug: (slug, holder.value, slug in policy.totp) for slug, holder in policy.roles.items()
    }
    for row in (row for slug, row in sorted(wanted.items()) if known.get(slug) != row):
        _write_role(connection, row, known=row[0] in known)
    changed = _match(connection, RULE, {tuple(rule) for rule in policy.rules})
    changed |= _match(connection, EXCLUSION, set(policy.exclusions))
    if sa.inspect(connection).has_table(PURPOSE.name):  # the first step of all adopts, too
        changed |= _match(connection, PURPOSE, {tuple(one) for one in policy.purposes})
    for slug in sorted(known.keys() - wanted.keys()):  # last: rules pointed to it
        connection.execute(sa.delete(ROLE).where(ROLE.c.slug == slug))
    changed |= known != wanted
    if changed:
        connection.execute(
            sa.update(EPOCH).where(EPOCH.c.name == RIGHTS).values(epoch=EPOCH.c.epoch + 1)
        )
    return changed


def _write_role(connection: Connection, row: tuple[str, str, bool], *, known: bool) -> None:
    values = dict(zip(("slug", "holder", "totp"), row, strict=True))
    change = sa.update(ROLE).where(ROLE.c.slug == row[0]) if known else sa.insert(ROLE)
    connection.execute(change.values(values))


def _match(connection: Connection, table: sa.TableClause, wanted: set[tuple[str, ...]]) -> bool:
    found = {tuple(row) for row in connection.execute(sa.select(*table.c))}
    names = [column.name for column in table.c]
    for row in sorted(found - wanted):
        connection.execute(
            sa.delete(table).where(*(c == v for c, v in zip(table.c, row, strict=True)))
        )
    if fresh := sorted(wanted - found):
        connection.execute(sa.insert(table), [dict(zip(names, row, strict=True)) for row in fresh])
    return found != wanted
