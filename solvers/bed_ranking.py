"""The best beds for one request as things are now, without a plan; a person decides."""

from solvers.bed_judge import judge
from solvers.bed_place import NEVER_WAIVED, OTHERS_JUDGE, Hospital
from solvers.bed_plan import RankedBed
from solvers.bed_problem import Bed, BedPlanProblem, Request


def rank_beds(
    problem: BedPlanProblem, request_key: str, top: int = 5, *, forbidden_too: bool = False
) -> tuple[RankedBed, ...]:
    """The `top` beds of least penalty, judged by the same rules as a plan.

    With `forbidden_too`, beds that a hard rule forbids follow, those with the fewest first; beds
    that someone else has never do. Raises ValueError if the request is not part of the problem.
    """
    hospital = Hospital(problem)
    request = hospital.requests.get(request_key)
    if request is None:
        raise ValueError(f"request_key: {request_key} is not part of the problem")
    ranked = [_ranked(hospital, request, bed) for bed in problem.beds if _free(request, bed)]
    allowed = [each for each in ranked if forbidden_too or not each.forbidden]
    allowed.sort(key=lambda each: (len(each.forbidden), each.penalty, each.bed))
    return tuple(allowed[:top])


def _ranked(hospital: Hospital, request: Request, bed: Bed) -> RankedBed:
    judged = judge(hospital, hospital.place(request, bed))
    return RankedBed(
        bed.key, judged.penalty, judged.terms, judged.kept, judged.waived, judged.forbidden
    )


def _free(request: Request, bed: Bed) -> bool:
    taken = NEVER_WAIVED & (set(bed.blocked_by) - OTHERS_JUDGE)
    return not taken or (bed.key == request.held_bed and taken == {"HELD"})
