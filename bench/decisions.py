"""Decisions a second from the table, beside Casbin's own `enforce`. Prints one JSON object."""

import json
import time
from datetime import UTC, datetime
from uuid import UUID

from authz.decision import Decisions
from authz.judge import asked, enforcer, links
from authz.rules import Binding, PolicySnapshot
from authz.shipped import shipped_policy
from kit.clock import utc_now
from kit.work import Actor, Scope

PEOPLE, WARDS = 1000, 40
SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """A thousand nurses in forty wards; one reading, one refused question each."""
    wards = [Scope(UUID(int=1), UUID(int=100 + number)) for number in range(WARDS)]
    held = tuple(
        Binding(UUID(int=10_000 + number), "nurse", wards[number % WARDS], SINCE)
        for number in range(PEOPLE)
    )
    snapshot = PolicySnapshot(shipped_policy().rules, held)
    started = time.perf_counter()
    decisions = Decisions(lambda: snapshot, utc_now)
    built_s = time.perf_counter() - started
    actors = [Actor(binding.user_id, session=UUID(int=7)) for binding in held]
    questions = [
        (actor, action, held[at].scope)
        for at, actor in enumerate(actors)
        for action in ("see.P", "see.A")
    ]
    _rate(decisions, questions, 1)
    judge = enforcer(snapshot.rules, links(held))
    started = time.perf_counter()
    for actor, action, scope in questions[:100]:
        judge.enforce(*asked(f"user:{actor.id}", action, scope))
    casbin_s = (time.perf_counter() - started) / 100
    table_rate = _rate(decisions, questions, 200)
    print(
        json.dumps(
            {
                "table_per_s": round(table_rate),
                "casbin_per_s": round(1 / casbin_s),
                "ratio": round(table_rate * casbin_s),
                "built_ms": round(built_s * 1e3),
            }
        )
    )


def _rate(decisions: Decisions, questions: list[tuple[Actor, str, Scope]], rounds: int) -> float:
    allows = decisions.allows
    started = time.perf_counter()
    for _ in range(rounds):
        for actor, action, scope in questions:
            allows(actor, action, scope)
    return rounds * len(questions) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
