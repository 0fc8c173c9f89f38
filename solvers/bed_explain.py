"""Why a request has no bed: which rules stand in the way of how many beds."""

from collections import Counter

from solvers.bed_judge import Assignment, forbidden
from solvers.bed_place import NEVER_WAIVED, OTHERS_JUDGE
from solvers.bed_plan import Hindrance
from solvers.bed_problem import Bed, Request

GIVEN_TO_OTHERS = "GIVEN_TO_OTHERS"  # the plan gives the bed to someone for whom it is worth more
NOT_WORTH_IT = "NOT_WORTH_IT"  # free and allowed, but dearer than waiting, for all together

_Reasons = tuple[list[str], int]  # (codes, patients above the ward's staffed beds)


def why_unplaced(assignment: Assignment, request: Request) -> tuple[Hindrance, ...]:
    """Every bed of the problem counts. A bed that is taken now is not asked further; any other
    can be forbidden by several rules."""
    forbids: Counter[str] = Counter()
    alone: Counter[str] = Counter()
    short: list[int] = []
    taken = set(assignment.bed_of.values())
    known: dict[tuple[object, ...], _Reasons] = {}
    for bed in assignment.hospital.problem.beds:
        alike = (
            bed.room,
            bed.equipment,
            bed.blocked_by,
            bed.key in taken,
            bed.key == request.held_bed,
        )
        if alike not in known:
            known[alike] = _reasons(assignment, request, bed, bed.key in taken)
        reasons, above = known[alike]
        forbids.update(reasons)
        if len(reasons) == 1:
            alone.update(reasons)
        if reasons == ["STAFFED_CAPACITY"]:
            short.append(above)
    missing = {"STAFFED_CAPACITY": min(short)} if short else {}
    return tuple(
        Hindrance(rule, count, alone[rule], missing.get(rule))
        for rule, count in sorted(forbids.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _reasons(assignment: Assignment, request: Request, bed: Bed, taken: bool) -> _Reasons:
    blocked = [code for code in bed.blocked_by if code not in OTHERS_JUDGE]
    if bed.key != request.held_bed and NEVER_WAIVED & set(blocked):
        return [f"BED_READY:{min(NEVER_WAIVED & set(blocked), key=('OCCUPIED', 'HELD').index)}"], 0
    place = assignment.place(request, bed)
    codes = forbidden(assignment.hospital, place)
    reasons = [f"BED_READY:{blocked[0]}" if code == "BED_READY" else code for code in codes]
    if taken:
        reasons.append(GIVEN_TO_OTHERS)
    return reasons or [NOT_WORTH_IT], place.ward_load - place.ward.staffed_beds
