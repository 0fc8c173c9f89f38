"""The decision table says what Casbin's own `enforce` says."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as some

from authz.decision import Decisions
from authz.judge import asked, enforcer, links
from authz.rules import Binding, PolicySnapshot, Rule
from kit.work import NETWORK, Actor, Scope

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROLES = ("nurse", "bed-manager", "analyst")
ACTIONS = ("bed.admit", "see.I", "see.I.assigned", "plan.approve")
PLACES = (
    NETWORK,
    *(Scope(UUID(int=h)) for h in (1, 2)),
    *(Scope(UUID(int=h), UUID(int=w)) for h, w in ((1, 11), (1, 12), (2, 21))),
)
USERS = (UUID(int=100), UUID(int=101))

rules = some.builds(
    Rule, some.sampled_from(ROLES), some.sampled_from(ACTIONS),
    some.sampled_from(("allow", "allow", "deny")),
)  # fmt: skip
bindings = some.builds(
    Binding, some.sampled_from(USERS), some.sampled_from(ROLES), some.sampled_from(PLACES),
    some.just(NOON),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(some.frozensets(rules, max_size=8), some.lists(bindings, max_size=5))
def test_the_table_agrees_with_enforce(drawn: frozenset[Rule], held: list[Binding]) -> None:
    policy = drawn | {Rule("analyst", "see.K", "allow")}
    decisions = Decisions(lambda: PolicySnapshot(policy, tuple(held)), lambda: NOON, golden=())
    judge = enforcer(policy, links(held))

    for user in USERS:
        for place in PLACES:
            for action in ACTIONS:
                expected = judge.enforce(*asked(f"user:{user}", action, place))
                assert decisions.allows(Actor(user), action, place) is expected


@settings(max_examples=100, deadline=None)
@given(some.frozensets(rules, min_size=1, max_size=8), some.lists(bindings, max_size=5))
def test_scopes_cover_exactly_what_is_allowed(drawn: frozenset[Rule], held: list[Binding]) -> None:
    policy = drawn | {Rule("analyst", "see.K", "allow")}
    decisions = Decisions(lambda: PolicySnapshot(policy, tuple(held)), lambda: NOON, golden=())
    for action in ACTIONS:
        covering = decisions.scopes(Actor(USERS[0]), action)
        for place in PLACES:
            allowed = decisions.allows(Actor(USERS[0]), action, place)
            assert any(scope.covers(place) for scope in covering) is allowed
        assert not any(a.covers(b) for a in covering for b in covering if a != b)
