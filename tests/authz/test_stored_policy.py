"""The policy in the database: put there by migrations, guarded by constraints, watched."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from audit.keys import KeyKind, development_keys
from authz.decision import Decisions
from authz.policy import adopt, loader, read_epoch, read_snapshot
from authz.rules import Holder, PolicyBroken, PolicySnapshot, Purpose, Rule
from authz.sessions import Gate
from authz.shipped import shipped_policy
from authz.tokens import AccessTokens
from authz.watch import Watch

KEYS = development_keys("x" * 32)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_migrated_database_holds_the_shipped_policy(bare_engine: Engine) -> None:
    with bare_engine.connect() as connection:
        assert read_snapshot(connection, NOON).rules == shipped_policy().rules
        assert not adopt(connection)
        connection.rollback()


def test_adopting_another_policy_changes_only_what_differs(bare_engine: Engine) -> None:
    shipped = shipped_policy()
    fewer = replace(
        shipped,
        roles={r: h for r, h in shipped.roles.items() if r != "analyst"}
        | {"porter": Holder.PERSON},
        rules=frozenset(r for r in shipped.rules if r.role != "analyst")
        | {Rule("porter", "bed.read", "allow")},
        totp=shipped.totp | {"bed-manager"},
        exclusions=frozenset({("nurse", "porter")}),
        purposes=frozenset({Purpose("nurse", "patient.read", "HRESCH")}),
    )
    with bare_engine.begin() as connection:
        before = read_epoch(connection)
        assert adopt(connection, fewer)
        assert read_epoch(connection) == before + 1
        assert read_snapshot(connection, NOON).rules == fewer.rules
        assert read_snapshot(connection, NOON).purposes == fewer.purposes
        assert not adopt(connection, fewer)
        roles = connection.execute(text("SELECT slug FROM access_role WHERE totp")).scalars()
        assert set(roles) == fewer.totp


@pytest.mark.parametrize(
    ("role", "action", "eft"),
    [
        ("nurse", "bed.x", "maybe"),
        ("nurse", "bed.x", ""),
        ("nurse", "", "allow"),
        ("ghost", "bed.x", "allow"),
        ("", "bed.x", "allow"),
        ("nurse\np, nurse, role.grant", "bed.x", "allow"),
        (None, "bed.x", "allow"),
        ("nurse", None, "allow"),
    ],
)
def test_the_database_refuses_a_rule_that_means_nothing(
    bare_engine: Engine, role: str | None, action: str | None, eft: str
) -> None:
    insert = text("INSERT INTO policy_rule (role, action, eft) VALUES (:role, :action, :eft)")

    with pytest.raises(IntegrityError), bare_engine.begin() as connection:
        connection.execute(insert, {"role": role, "action": action, "eft": eft})


def test_a_smuggled_rule_makes_the_whole_policy_unusable(bare_engine: Engine) -> None:
    decisions = Decisions(loader(bare_engine, lambda: NOON), lambda: NOON)
    with bare_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO policy_rule VALUES ('nurse', :action, 'allow')"),
            {"action": "bed.x\np, nurse, role.grant, allow"},
        )

    with pytest.raises(PolicyBroken):
        loader(bare_engine, lambda: NOON)()
    assert not decisions.reload()


def test_a_watch_reloads_when_the_epoch_moves_and_only_then(bare_engine: Engine) -> None:
    loads, load = [0], loader(bare_engine, lambda: NOON)

    def counted() -> PolicySnapshot:
        loads[0] += 1
        return load()

    alarms: list[str] = []
    decisions = Decisions(counted, lambda: NOON, alarm=alarms.append)
    tokens = AccessTokens("i", "a", {"t": KEYS.signer(KeyKind.TOKEN)})
    watch = Watch(bare_engine, decisions, Gate(bare_engine, tokens, lambda: NOON))
    watch.step()
    watch.step()
    assert (loads[0], decisions.epoch) == (2, 1)

    with bare_engine.begin() as connection:
        connection.execute(text("DELETE FROM policy_rule WHERE action = 'patient.read'"))
        connection.execute(text("UPDATE authz_epoch SET epoch = epoch + 1"))
    watch.step()
    assert (loads[0], decisions.epoch) == (3, 2)

    with bare_engine.begin() as connection:
        connection.execute(text("DELETE FROM policy_rule"))
        connection.execute(text("UPDATE authz_epoch SET epoch = epoch + 1"))
    watch.step()
    watch.step()  # a failed reload is tried again
    assert (loads[0], decisions.epoch) == (5, 2)
    assert alarms == ["policy reload failed: PolicyBroken"] * 2


def test_a_watch_outlives_a_database_that_is_away(
    bare_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("authz.watch.EVERY_S", 0.001)
    alarms: list[str] = []
    stop, looks = threading.Event(), iter(range(3))
    decisions = Decisions(loader(bare_engine, lambda: NOON), lambda: NOON)
    tokens = AccessTokens("i", "a", {"t": KEYS.signer(KeyKind.TOKEN)})
    watch = Watch(bare_engine, decisions, Gate(bare_engine, tokens, lambda: NOON), alarms.append)

    def look() -> None:
        if next(looks) == 2:
            stop.set()
            return
        raise OSError("the database is away")

    monkeypatch.setattr(watch, "step", look)
    watch.run(stop)

    assert alarms == ["watching rights failed: OSError"] * 2
