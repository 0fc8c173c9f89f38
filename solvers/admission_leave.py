"""On which nights of the horizon a person's waiver lets a rule about many be broken."""

from solvers.admission_problem import AdmissionProblem, Room


def mixed_nights(problem: AdmissionProblem, room: Room) -> int:
    """The set of nights (bit n for night n) on which women and men may share the room."""
    return _set(
        max(
            (each.nights for each in problem.waivers
             if each.rule == "MIXED_SEX" and each.key in (room.key, room.ward)),
            default=0,
        ),
        problem.nights,
    )  # fmt: skip


def beds_beyond(problem: AdmissionProblem, ward: str, night: int) -> int | None:
    """How many patients more than there is staff for a ward may take on a night; None: no limit."""
    found = [
        each.beds
        for each in problem.waivers
        if each.rule == "STAFFED_CAPACITY" and each.key == ward and night < each.nights
    ]
    return None if 0 in found else sum(found)


def _set(first: int, nights: int) -> int:
    return (1 << min(first, nights)) - 1
