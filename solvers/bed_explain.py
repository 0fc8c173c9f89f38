"""Why a request has no bed: which rules stand in the way of how many beds."""

from collections import Counter

from solvers.bed_judge import Assignment, Judgement
from solvers.bed_place import OTHERS_JUDGE, Place
from solvers.bed_plan import Hindrance
from solvers.bed_problem import Request

GIVEN_TO_OTHERS = "GIVEN_TO_OTHERS"  # the plan gives the bed to someone for whom it is worth more
NOT_WORTH_IT = "NOT_WORTH_IT"  # free and allowed, but dearer than waiting, for all together


def why_unplaced(assignment: Assignment, request: Request) -> tuple[Hindrance, ...]:
    """Every bed of the problem counts; a bed can be forbidden by several rules."""
    forbids: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    short: list[int] = []
    taken = set(assignment.bed_of.values())
    for bed in assignment.hospital.problem.beds:
        place = assignment.place(request, bed)
        judged = assignment.judge(request, bed)
        reasons = _reasons(judged, place, bed.key in taken)
        forbids.update(reasons)
        if len(reasons) == 1:
            alone.update(reasons)
        if reasons == ["STAFFED_CAPACITY"]:
            short.append(place.ward_load - place.ward.staffed_beds)
    missing = {"STAFFED_CAPACITY": min(short)} if short else {}
    return tuple(
        Hindrance(rule, count, alone[rule], missing.get(rule))
        for rule, count in sorted(forbids.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _reasons(judged: Judgement, place: Place, taken: bool) -> list[str]:
    reasons = [code for code in judged.forbidden if code != "BED_READY"]
    if "BED_READY" in judged.forbidden:
        blocked = [code for code in place.bed.blocked_by if code not in OTHERS_JUDGE]
        reasons.append(f"BED_READY:{blocked[0]}")
    if taken:
        reasons.append(GIVEN_TO_OTHERS)
    return reasons or [NOT_WORTH_IT]
