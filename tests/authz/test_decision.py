"""Decisions: scopes, denies, validity in time, reloads that fail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from authz.decision import Decisions
from authz.rules import Binding, PolicyBroken, PolicySnapshot, Rule
from authz.shipped import shipped_policy
from kit.errors import Denied, NotFound
from kit.work import NETWORK, Actor, ActorKind, Scope

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSPITAL, OTHER_HOSPITAL = UUID(int=1), UUID(int=2)
WARD, OTHER_WARD = UUID(int=11), UUID(int=12)
HERE = Scope(HOSPITAL, WARD)
NEXT_DOOR = Scope(HOSPITAL, OTHER_WARD)
ABROAD = Scope(OTHER_HOSPITAL, UUID(int=21))
NURSE = Actor(UUID(int=100), session=UUID(int=7))


class Stored:
    """A policy store that can change and fail, and a clock that can be turned."""

    def __init__(self, *bindings: Binding, rules: frozenset[Rule] | None = None) -> None:
        self.snapshot = PolicySnapshot(rules or shipped_policy().rules, bindings)
        self.now, self.broken, self.alarms = NOON, False, list[str]()
        self.decisions = Decisions(self.load, lambda: self.now, alarm=self.alarms.append)

    def load(self) -> PolicySnapshot:
        if self.broken:
            raise OSError("the database is away")
        return self.snapshot


def bound(role: str, scope: Scope, user: UUID = NURSE.id) -> Binding:
    return Binding(user, role, scope, NOON - timedelta(days=1))


def test_a_role_holds_in_its_ward_and_nowhere_else() -> None:
    decisions = Stored(bound("nurse", HERE)).decisions

    assert [decisions.allows(NURSE, "see.P", s) for s in (HERE, NEXT_DOOR, ABROAD)] == [
        True, False, False,
    ]  # fmt: skip
    assert not decisions.allows(NURSE, "see.P", Scope(HOSPITAL))
    assert not decisions.allows(NURSE, "see.P", NETWORK)


def test_a_role_in_a_hospital_holds_in_its_wards() -> None:
    decisions = Stored(bound("bed-manager", Scope(HOSPITAL))).decisions

    assert decisions.allows(NURSE, "see.I", HERE)
    assert decisions.allows(NURSE, "see.I", NEXT_DOOR)
    assert not decisions.allows(NURSE, "see.I", ABROAD)


def test_a_stranger_of_the_scope_is_told_nothing_and_a_colleague_is_denied() -> None:
    decisions = Stored(bound("nurse", HERE)).decisions

    with pytest.raises(Denied):
        decisions.require(NURSE, "role.grant", HERE)
    with pytest.raises(Denied):
        decisions.require(NURSE, "role.grant", Scope(HOSPITAL))
    with pytest.raises(NotFound):
        decisions.require(NURSE, "see.P", NEXT_DOOR)
    with pytest.raises(NotFound):
        decisions.require(NURSE, "see.P", ABROAD)


def test_a_deny_follows_the_person_into_every_place() -> None:
    both = Stored(bound("bed-manager", Scope(HOSPITAL)), bound("system-administrator", NETWORK))
    elsewhere = Stored(bound("bed-manager", HERE), bound("system-administrator", ABROAD))

    for decisions in (both.decisions, elsewhere.decisions):
        assert not decisions.allows(NURSE, "see.I", HERE)
        assert decisions.allows(NURSE, "see.B", HERE)
        assert decisions.scopes(NURSE, "see.I") == ()


def test_scopes_are_the_fewest_places_that_cover_everything() -> None:
    stored = Stored(
        bound("nurse", HERE), bound("bed-manager", Scope(HOSPITAL)), bound("nurse", ABROAD)
    )

    assert stored.decisions.scopes(NURSE, "see.P") == (Scope(HOSPITAL), ABROAD)
    assert stored.decisions.scopes(NURSE, "see.I") == (Scope(HOSPITAL),)
    assert stored.decisions.scopes(NURSE, "role.grant") == ()
    assert stored.decisions.scopes(NURSE, "session.start") == (NETWORK,)


def test_classes_tell_everyone_from_assigned_patients() -> None:
    decisions = Stored(bound("nurse", HERE)).decisions

    assert decisions.classes(NURSE, HERE) == frozenset("KBPOMGDWT")
    assert decisions.assigned_classes(NURSE, HERE) == frozenset("ICN")
    assert decisions.classes(NURSE, ABROAD) == frozenset("G")


def test_a_binding_begins_and_ends_without_a_reload_and_moves_the_epoch() -> None:
    window = replace(
        bound("nurse", HERE),
        valid_from=NOON + timedelta(hours=1),
        valid_until=NOON + timedelta(hours=2),
    )
    stored = Stored(window)
    seen = []
    for minutes in (0, 59, 60, 119, 120):
        stored.now = NOON + timedelta(minutes=minutes)
        seen.append((stored.decisions.epoch, stored.decisions.allows(NURSE, "see.P", HERE)))

    assert seen == [(1, False), (1, False), (2, True), (2, True), (3, False)]


def test_built_in_roles_need_no_grant() -> None:
    decisions = Stored().decisions
    stranger, program = Actor(UUID(int=0)), Actor(UUID(int=5), ActorKind.SYSTEM)

    assert decisions.roles(stranger) == ("anyone",)
    assert decisions.roles(NURSE) == ("anyone", "signed-in")
    assert decisions.roles(program) == ("anyone", "program")
    assert decisions.allows(stranger, "session.start", NETWORK)
    assert not decisions.allows(stranger, "session.end", NETWORK)
    assert decisions.allows(NURSE, "session.end", NETWORK)


def test_the_acting_role_is_the_narrowest_that_gives_the_right() -> None:
    decisions = Stored(bound("nurse", HERE), bound("bed-manager", Scope(HOSPITAL))).decisions

    assert decisions.acting_role(NURSE, "see.P", HERE) == "nurse"
    assert decisions.acting_role(NURSE, "see.I", HERE) == "bed-manager"
    assert decisions.acting_role(NURSE, "role.grant", HERE) == ""


def test_fingerprints_are_equal_for_equal_rights_only() -> None:
    twin, manager = Actor(UUID(int=101), session=UUID(int=8)), Actor(UUID(int=102))
    decisions = Stored(
        bound("nurse", HERE), bound("nurse", HERE, twin.id), bound("bed-manager", HERE, manager.id)
    ).decisions

    assert decisions.fingerprint(NURSE) == decisions.fingerprint(twin)
    assert decisions.fingerprint(NURSE) != decisions.fingerprint(manager)


def test_a_reload_takes_a_right_away_and_bumps_the_epoch() -> None:
    stored = Stored(bound("nurse", HERE))
    assert stored.decisions.allows(NURSE, "see.P", HERE)

    stored.snapshot = replace(stored.snapshot, bindings=())

    assert stored.decisions.reload()
    assert not stored.decisions.allows(NURSE, "see.P", HERE)
    assert stored.decisions.epoch == 2
    assert stored.decisions.reload()
    assert stored.decisions.epoch == 2  # nothing new, so no socket need be asked again


def test_a_failed_reload_keeps_the_old_policy_and_raises_an_alarm() -> None:
    stored = Stored(bound("nurse", HERE))
    stored.broken = True

    assert not stored.decisions.reload()

    assert stored.decisions.allows(NURSE, "see.P", HERE)
    assert (stored.decisions.epoch, stored.alarms) == (1, ["policy reload failed: OSError"])


def test_a_policy_against_the_golden_decisions_is_not_taken() -> None:
    stored = Stored(bound("nurse", HERE))
    revision = stored.decisions.revision
    stored.snapshot = replace(
        stored.snapshot, rules=stored.snapshot.rules | {Rule("nurse", "role.grant", "allow")}
    )

    assert not stored.decisions.reload()
    assert stored.alarms == ["policy reload failed: PolicyBroken"]
    assert stored.decisions.revision == revision
    assert not stored.decisions.allows(NURSE, "role.grant", HERE)


def test_an_empty_policy_starts_nothing() -> None:
    with pytest.raises(PolicyBroken):
        PolicySnapshot(frozenset())
    with pytest.raises(PolicyBroken):
        PolicySnapshot(frozenset({Rule("nurse", "bed.admit", "deny")}))
