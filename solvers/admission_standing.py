"""Who lies where already, and which rooms already break a rule: no newcomer makes that worse."""

from collections import defaultdict

from solvers.admission_leave import mixed_nights
from solvers.admission_problem import AdmissionProblem, Patient, RoomSexPolicy
from solvers.bed_problem import Sex

Place = tuple[str, int]  # room, night


class Standing:
    """The patients who are there, night by night until their planned end."""

    def __init__(self, problem: AdmissionProblem) -> None:
        self._there: dict[Place, list[Patient]] = defaultdict(list)
        for patient in problem.patients:
            if patient.current_room is not None:
                for night in range(min(problem.nights, patient.nights)):
                    self._there[patient.current_room, night].append(patient)
        apart = {
            room.key: ~mixed_nights(problem, room)
            for room in problem.rooms
            if room.sex_policy is RoomSexPolicy.SAME and "MIXED_SEX" in problem.rules.binding
        }
        self.conflicts = {
            (room, night)
            for (room, night), people in self._there.items()
            if _conflict(people, bool(apart.get(room, 0) >> night & 1))
        }

    def count(self, room: str, night: int) -> int:
        return len(self._there.get((room, night), ()))


def cohort_of(patient: Patient) -> str:
    """Who shares a room with whom: "" with all others of "". Somebody of unknown sex shares a
    room with nobody, as an isolated patient without a cohort does."""
    return f"alone:{patient.key}" if patient.sex is Sex.UNKNOWN else patient.cohort


def _conflict(people: list[Patient], one_sex: bool) -> bool:
    if len({cohort_of(each) for each in people}) > 1:
        return True
    return one_sex and len({each.sex for each in people}) > 1
