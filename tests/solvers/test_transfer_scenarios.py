"""What each change of a scenario does to a transfer problem, and to its plan."""

from dataclasses import replace

import pytest

from solvers.transfer_canonical import from_canonical, to_canonical
from solvers.transfer_problem import TransferProblem, Unit
from solvers.transfer_scenarios import TransferChange, TransferChangeKind, changed
from tests.solvers.transfer_cases import arriving, city, hospital, lying, plan

Kind = TransferChangeKind


def _today() -> TransferProblem:
    """Two wait at the station; in `near` lie three, one of whom asked for a place."""
    near = hospital(
        "near", units=(Unit(level="WARD", staffed=10, occupied=3),), specialties=("heart",)
    )
    far = hospital("far", units=(Unit(level="WARD", staffed=10),), equipment=("mri",))
    return city(
        arriving("p1", urgency=2, waiting_min=50), arriving("p2"), lying("p3"),
        hospitals=(near, far),
    )  # fmt: skip


def _placed(problem: TransferProblem) -> dict[str, str | None]:
    return plan(problem).hospital_of


def test_a_closed_hospital_takes_nobody_and_all_who_lie_there_leave() -> None:
    closed = TransferChange(kind=Kind.HOSPITAL_CLOSED, hospital="near")
    after = changed(_today(), [closed])
    (near,) = (each for each in after.hospitals if each.key == "near")
    assert (near.accepting, near.units[0].staffed, near.units[0].occupied) == (False, 0, 3)
    moved = [p for p in after.patients if p.key.startswith("moved:")]
    assert [(p.key, p.origin, p.lies_in, p.may_stay) for p in moved] == [
        ("moved:near:WARD:00000", "near", "WARD", False),
        ("moved:near:WARD:00001", "near", "WARD", False),
    ]
    assert _placed(_today()) == {"p1": "near", "p2": "near", "p3": "near"}
    assert set(_placed(after).values()) == {"far"}
    assert len(_placed(after)) == 5


def test_a_hospital_closed_for_anothers_patients_only_takes_nobody() -> None:
    closed = TransferChange(kind=Kind.HOSPITAL_CLOSED, hospital="far", displaces=False)
    after = changed(_today(), [closed])
    assert after.patients == _today().patients
    assert not after.hospitals[0].accepting


def test_fewer_beds_take_fewer_patients() -> None:
    less = TransferChange(kind=Kind.CAPACITY_LESS, hospital="near", level="WARD", beds=7)
    after = changed(_today(), [less])
    assert [unit.staffed for unit in after.hospitals[1].units] == [3]
    assert (_placed(after)["p1"], _placed(after)["p2"]) == ("far", "far")
    none_left = changed(_today(), [replace(less, beds=99)])
    assert none_left.hospitals[1].units[0].staffed == 0


def test_a_lost_specialty_sends_who_needs_it_elsewhere() -> None:
    heart = replace(_today(), patients=(arriving("p1", specialty="heart"),))
    lost = TransferChange(kind=Kind.CAPABILITY_LOST, hospital="near", capability="heart")
    assert _placed(heart) == {"p1": "near"}
    assert _placed(changed(heart, [lost])) == {"p1": None}
    mri = TransferChange(kind=Kind.CAPABILITY_LOST, hospital="far", capability="mri")
    assert changed(heart, [mri]).hospitals[0].equipment == ()


def test_added_beds_are_staffed_and_a_new_level_is_opened() -> None:
    more = TransferChange(kind=Kind.BEDS_ADDED, hospital="far", level="ICU", beds=2)
    after = changed(changed(_today(), [more]), [replace(more, level="WARD")])
    assert [(u.level, u.staffed) for u in after.hospitals[0].units] == [("ICU", 2), ("WARD", 12)]


def test_more_arrivals_are_drawn_from_those_who_wait_and_again_the_same() -> None:
    change = [TransferChange(kind=Kind.ARRIVALS_PLUS, percent=50)]
    after = changed(_today(), change, seed=7)
    made_up = [p for p in after.patients if p.key.startswith("arrival:")]
    assert [p.key for p in made_up] == ["arrival:00000", "arrival:00001"]
    assert {(p.waiting_min, p.lies_in, p.may_stay) for p in made_up} == {(0, None, False)}
    assert changed(_today(), change, seed=7) == after
    more = changed(after, change, seed=7)
    assert sum(p.key.startswith("arrival:") for p in more.patients) == 5


def test_a_changed_problem_is_frozen_like_any_other() -> None:
    changes = [
        TransferChange(kind=Kind.HOSPITAL_CLOSED, hospital="near"),
        TransferChange(kind=Kind.ARRIVALS_PLUS, percent=30),
    ]
    after = changed(_today(), changes)
    assert from_canonical(to_canonical(after)) == after


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (TransferChange(kind=Kind.HOSPITAL_CLOSED), "hospital: None is not part"),
        (
            TransferChange(kind=Kind.CAPACITY_LESS, hospital="near", level="ICU", beds=1),
            "level: near has no unit ICU",
        ),
        (
            TransferChange(kind=Kind.CAPACITY_LESS, hospital="near", level="WARD"),
            "beds: at least 1 less",
        ),
        (
            TransferChange(kind=Kind.CAPABILITY_LOST, hospital="near", capability="mri"),
            "capability: near has no mri",
        ),
        (TransferChange(kind=Kind.BEDS_ADDED, hospital="far", level="WARD"), "beds: 1 to 5000"),
        (TransferChange(kind=Kind.BEDS_ADDED, hospital="far", beds=1), "level: say of which"),
        (TransferChange(kind=Kind.ARRIVALS_PLUS), "percent: at least 1"),
        (TransferChange(kind=Kind.ARRIVALS_PLUS, percent=10**7), "beyond 50000 patients"),
    ],
)
def test_a_change_that_cannot_be_is_refused(change: TransferChange, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        changed(_today(), [change])
