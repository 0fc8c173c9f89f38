"""Chains of moves that free a bed: each rule of a step, and the cheapest by trying all."""

from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solvers.bed_judge import judge
from solvers.bed_place import Hospital
from solvers.bed_problem import Bed, BedPlanProblem, Occupant, Request, Room, Sex, Ward
from solvers.bed_ruleset import Isolation
from solvers.move_chains import cheapest_chain

TRANSFER = 11


def hospital(
    waits: Request, lying: dict[str, Request], *, free: tuple[str, ...], kinds: dict[str, str]
) -> BedPlanProblem:
    """One bed a room; `lying` by bed, `kinds` of rooms by bed, all in one ward."""
    keys = sorted({*lying, *free})
    people = tuple(lying.values())
    return BedPlanProblem(
        requests=(waits, *people),
        beds=tuple(
            Bed(key=k, ward="w", room=k, blocked_by=("OCCUPIED",) if k in lying else ())
            for k in keys
        ),
        rooms=tuple(Room(key=k, ward="w", kind=kinds.get(k, "SIDE")) for k in keys),  # type: ignore[arg-type]
        wards=(Ward(key="w", staffed_beds=9, census=len(lying)),),
        occupants=tuple(
            Occupant(key=f"s-{p.key}", room=p.current_bed or "", sex=p.sex, isolation=p.isolation,
                     request=p.key)
            for p in people
        ),
    )  # fmt: skip


def someone(key: str, bed: str | None = None, **values: object) -> Request:
    return Request(key=key, encounter=f"e-{key}", sex="F", current_bed=bed, **values)  # type: ignore[arg-type]


AIRBORNE = {"isolation": "AIRBORNE"}


def test_nobody_is_moved_where_a_suitable_bed_is_free() -> None:
    problem = hospital(someone("new"), {}, free=("b",), kinds={})
    chain = cheapest_chain(problem, "new")
    assert [(m.request, m.bed, m.from_bed) for m in chain.moves] == [("new", "b", None)]
    assert (chain.points, chain.proven) == (0, True)


def test_one_who_needs_no_negative_pressure_makes_place_for_one_who_does() -> None:
    lying = {"neg": someone("old", "neg")}
    problem = hospital(someone("new", **AIRBORNE), lying, free=("plain",),
                       kinds={"neg": "NEG_PRESSURE"})  # fmt: skip
    chain = cheapest_chain(problem, "new")
    assert [(m.request, m.bed, m.from_bed) for m in chain.moves] == [
        ("old", "plain", "neg"),
        ("new", "neg", None),
    ]
    assert chain.points == TRANSFER


def test_two_moves_where_the_only_free_bed_does_not_suit_the_first_to_go() -> None:
    lying = {
        "neg": someone("old", "neg", required_equipment=("oxygen",)),
        "ox": someone("other", "ox"),
    }
    problem = hospital(someone("new", **AIRBORNE), lying, free=("plain",),
                       kinds={"neg": "NEG_PRESSURE"})  # fmt: skip
    rooms = tuple(
        Room(key=r.key, ward="w", kind=r.kind, equipment=("oxygen",) if r.key == "ox" else ())
        for r in problem.rooms
    )
    problem = BedPlanProblem(requests=problem.requests, beds=problem.beds, rooms=rooms,
                             wards=problem.wards, occupants=problem.occupants)  # fmt: skip
    chain = cheapest_chain(problem, "new")
    assert [(m.request, m.bed) for m in chain.moves] == [
        ("other", "plain"),
        ("old", "ox"),
        ("new", "neg"),
    ]
    assert chain.points == 2 * TRANSFER
    assert cheapest_chain(problem, "new", most_moves=1).moves == ()


def test_no_chain_is_said_to_be_proven_where_nobody_can_give_way() -> None:
    lying = {"neg": someone("old", "neg", **AIRBORNE)}
    problem = hospital(someone("new", **AIRBORNE), lying, free=("plain",),
                       kinds={"neg": "NEG_PRESSURE"})  # fmt: skip
    chain = cheapest_chain(problem, "new")
    assert (chain.moves, chain.proven) == ((), True)


def test_a_patient_who_lies_somewhere_may_be_the_one_who_waits() -> None:
    lying = {"neg": someone("old", "neg"), "bad": someone("new", "bad", **AIRBORNE)}
    problem = hospital(someone("other"), lying, free=("plain",), kinds={"neg": "NEG_PRESSURE"})
    chain = cheapest_chain(problem, "new")
    assert [(m.request, m.bed) for m in chain.moves] == [("old", "plain"), ("new", "neg")]


def test_only_a_request_of_the_problem_can_be_asked_for() -> None:
    with pytest.raises(ValueError, match="target: nobody"):
        cheapest_chain(hospital(someone("new"), {}, free=("b",), kinds={}), "nobody")


@st.composite
def bays(draw: st.DrawFn) -> BedPlanProblem:
    """Two bays of two and a side room, some lying there, one who waits."""
    beds = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b"), ("c", "c")]
    taken = draw(st.lists(st.sampled_from(beds), unique=True, max_size=4))
    sex = st.sampled_from([Sex.FEMALE, Sex.MALE])
    need = st.sampled_from([Isolation.NONE, Isolation.NONE, Isolation.CONTACT])
    people = [
        Request(key=f"p{bed}", encounter=f"e{bed}", sex=draw(sex), current_bed=bed,
                falls_risk=draw(st.booleans()))
        for bed, _ in taken
    ]  # fmt: skip
    waits = Request(key="new", encounter="enew", sex=draw(sex), isolation=draw(need))
    full = {bed for bed, _ in taken}
    return BedPlanProblem(
        requests=(waits, *people),
        beds=tuple(
            Bed(key=b, ward="w", room=r, blocked_by=("OCCUPIED",) if b in full else ())
            for b, r in beds
        ),
        rooms=(
            Room(key="a", ward="w"), Room(key="b", ward="w"), Room(key="c", ward="w", kind="SIDE"),  # type: ignore[arg-type]
        ),
        wards=(Ward(key="w", staffed_beds=draw(st.integers(2, 5)), census=len(taken)),),
        occupants=tuple(
            Occupant(key=f"s{p.key}", room=dict(beds)[p.current_bed or ""], sex=p.sex,
                     request=p.key)
            for p in people
        ),
    )  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(bays())
def test_the_chain_is_the_cheapest_of_all(problem: BedPlanProblem) -> None:
    chain = cheapest_chain(problem, "new", most_moves=2)
    assert chain.proven
    assert (chain.points if chain.moves else None) == _cheapest_of_all(problem)


def _cheapest_of_all(problem: BedPlanProblem) -> int | None:
    """Every order of up to two moves and the placing, each judged in a problem written anew."""
    lies_in = {r.current_bed: r.key for r in problem.requests if r.current_bed}
    free = [bed.key for bed in problem.beds if bed.key not in lies_in]
    costs = []
    for count in range(min(2, len(lies_in)) + 1):
        for taken in permutations(sorted(lies_in), count):
            for last in free:
                path = [*taken, last]  # the waiting one takes path[0], its patient path[1], …
                who = ["new", *(lies_in[bed] for bed in taken)]
                points = _points(problem, list(zip(who, path, strict=True))[::-1])
                if points is not None:
                    costs.append(points)
    return min(costs, default=None)


def _points(problem: BedPlanProblem, steps: list[tuple[str, str]]) -> int | None:
    points, rooms = 0, {bed.key: bed.room for bed in problem.beds}
    inside = {p.request: p.room for p in problem.occupants}
    for who, bed in steps:
        without = tuple(
            Occupant(key=f"s{key}", room=room, sex=_of(problem, key).sex,
                     isolation=_of(problem, key).isolation, request=key)
            for key, room in inside.items()
            if key is not None
        )  # fmt: skip
        now = BedPlanProblem(requests=problem.requests, beds=problem.beds, rooms=problem.rooms,
                             wards=problem.wards, occupants=without)  # fmt: skip
        house = Hospital(now)
        emptied = Bed(key=bed, ward="w", room=rooms[bed])
        judged = judge(house, house.place(_of(problem, who), emptied))
        if judged.forbidden:
            return None
        points += judged.penalty
        inside[who] = rooms[bed]
    return points


def _of(problem: BedPlanProblem, key: str | None) -> Request:
    return next(request for request in problem.requests if request.key == key)
