"""Improving a plan part by part: better or equal, repeatable, honest about how it ended."""

from random import Random

from solvers.engine_run import Limits
from solvers.neighbourhoods import improve

Order = tuple[int, ...]


def disorder(plan: Order) -> int:
    return sum(a > b for i, a in enumerate(plan) for b in plan[i + 1 :])


def swap(plan: Order, draw: Random, _limits: Limits) -> Order | None:
    i, j = sorted(draw.sample(range(len(plan)), 2))
    changed = list(plan)
    changed[i], changed[j] = changed[j], changed[i]
    return tuple(changed)


def nothing(plan: Order, draw: Random, _limits: Limits) -> Order | None:
    return None


START: Order = (5, 4, 3, 2, 1, 0)
NEARLY: Order = (0, 1, 2, 3, 5, 4)


def test_it_ends_proven_when_the_bound_is_reached() -> None:
    found = improve(START, disorder, [swap, nothing], limits=Limits(), rounds=10_000)
    assert (found.plan, found.cost) == (tuple(range(6)), 0)
    assert found.proven
    assert not found.cut_short
    assert found.rounds < 10_000


def test_the_same_seed_and_rounds_give_the_same_plan() -> None:
    first, again = (
        improve(START, disorder, [swap], limits=Limits(seed=3), rounds=5) for _ in range(2)
    )
    assert first == again
    assert first.rounds == 5
    assert 0 < first.cost <= disorder(START)


def test_a_dearer_plan_is_never_taken_over() -> None:
    def worse(plan: Order, draw: Random, _limits: Limits) -> Order:
        return START

    found = improve(NEARLY, disorder, [worse], limits=Limits(), rounds=20)
    assert (found.plan, found.cost, found.proven) == (NEARLY, 1, False)


def test_a_stop_ends_it_with_the_best_plan_so_far_and_says_so() -> None:
    asked: list[int] = []
    said: list[float] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 200

    found = improve(
        START, disorder, [swap], limits=Limits(), bound=-1, stop=stop,
        progress=lambda incumbent, _bound, _gap: said.append(incumbent),
    )  # fmt: skip
    assert found.cut_short
    assert found.rounds == 200
    assert found.cost == min(said)
    assert said == sorted(said, reverse=True)


def test_a_gap_that_is_small_enough_ends_it() -> None:
    found = improve(NEARLY, disorder, [swap], limits=Limits(gap=0.5), bound=1)
    assert (found.rounds, found.cut_short) == (0, False)
