"""What each change of a scenario does to a bed problem."""

import pytest

from solvers.bed_problem import Bed, BedPlanProblem, Occupant, Request, Room, RoomSex, Sex, Ward
from solvers.bed_scenarios import Change, ChangeKind, changed


def _today() -> BedPlanProblem:
    beds = [
        ("a1", "A", ("OCCUPIED",)),
        ("a2", "A", ("OCCUPIED",)),
        ("a3", "A", ()),
        ("b1", "B", ()),
    ]
    return BedPlanProblem(
        requests=tuple(
            Request(key=f"q{i}", encounter=f"e{i}", sex=Sex.FEMALE, priority=i, waiting_min=50)
            for i in range(3)
        ),
        beds=tuple(
            Bed(key=key, ward=ward, room=f"r{ward}", blocked_by=blocked)
            for key, ward, blocked in beds
        ),
        rooms=(Room(key="rA", ward="A", equipment=("oxygen",)), Room(key="rB", ward="B")),
        wards=(
            Ward(key="A", staffed_beds=3, census=2, specialties=(("renal", 1), ("general", 2))),
            Ward(key="B", staffed_beds=1),
        ),
        occupants=(
            Occupant(key="o1", room="rA", sex=Sex.FEMALE),
            Occupant(key="o2", room="rA", sex=Sex.MALE),
        ),
    )


def test_a_closed_ward_gives_no_bed_and_its_patients_ask_for_others() -> None:
    after = changed(_today(), [Change(kind=ChangeKind.WARD_CLOSED, ward="A")])
    assert [bed.blocked_by for bed in after.beds if bed.ward == "A"] == [("CLOSED",)] * 3
    assert (after.wards[0].staffed_beds, after.wards[0].census) == (0, 0)
    assert after.occupants == ()
    moved = [request for request in after.requests if request.key.startswith("moved:")]
    assert [(each.key, each.sex, each.specialty) for each in moved] == [
        ("moved:o1", Sex.FEMALE, "renal"),
        ("moved:o2", Sex.MALE, "renal"),
    ]
    assert after.wards[1] == _today().wards[1]


def test_each_missing_nurse_takes_the_beds_of_a_ratio_along() -> None:
    def staffed(nurses: int) -> int:
        change = Change(
            kind=ChangeKind.STAFF_MISSING, ward="A", nurses=nurses, patients_per_nurse=2
        )
        return changed(_today(), [change]).wards[0].staffed_beds

    assert [staffed(nurses) for nurses in (1, 2)] == [1, 0]


def test_more_arrivals_are_drawn_from_those_who_wait_and_again_the_same() -> None:
    change = [Change(kind=ChangeKind.ARRIVALS_PLUS, percent=50)]
    after = changed(_today(), change, seed=7)
    made_up = [request for request in after.requests if request.key.startswith("arrival:")]
    assert [each.key for each in made_up] == ["arrival:00000", "arrival:00001"]
    assert {each.waiting_min for each in made_up} == {0}
    assert {each.priority for each in made_up} <= {0, 1, 2}
    assert changed(_today(), change, seed=7) == after
    more = changed(after, change, seed=7)
    assert sum(each.key.startswith("arrival:") for each in more.requests) == 5


def test_a_flipped_bay_is_left_by_those_of_the_other_sex_alone() -> None:
    after = changed(_today(), [Change(kind=ChangeKind.BAY_FLIPPED, room="rA", sex=Sex.FEMALE)])
    assert after.rooms[0].sex_policy is RoomSex.FIXED_FEMALE
    assert [person.key for person in after.occupants] == ["o1"]
    assert [bed.blocked_by for bed in after.beds if bed.ward == "A"] == [(), ("OCCUPIED",), ()]
    assert after.wards[0].census == 1
    assert "moved:o2" in {request.key for request in after.requests}


def test_added_beds_are_staffed_and_ready() -> None:
    after = changed(_today(), [Change(kind=ChangeKind.BEDS_ADDED, ward="B", beds=2)])
    assert [bed.key for bed in after.beds if bed.ward == "B"] == [
        "added:000:000",
        "added:000:001",
        "b1",
    ]
    assert after.wards[1].staffed_beds == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Change(kind=ChangeKind.WARD_CLOSED, ward="Z"), "ward: Z is not part"),
        (
            Change(kind=ChangeKind.STAFF_MISSING, ward="A", patients_per_nurse=2),
            "nurses: at least 1",
        ),
        (Change(kind=ChangeKind.ARRIVALS_PLUS), "percent: at least 1"),
        (Change(kind=ChangeKind.ARRIVALS_PLUS, percent=100_000), "beyond 2000 requests"),
        (Change(kind=ChangeKind.BAY_FLIPPED, room="rZ", sex=Sex.MALE), "room: rZ is not part"),
        (Change(kind=ChangeKind.BAY_FLIPPED, room="rA", sex=Sex.UNKNOWN), "sex: say F or M"),
        (Change(kind=ChangeKind.BEDS_ADDED, ward="A", beds=0), "beds: 1 to 500"),
    ],
)
def test_a_change_that_cannot_be_is_refused(change: Change, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        changed(_today(), [change])
