"""Why a patient is not in a certain bed: what forbids it, or exactly how much dearer it is."""

from dataclasses import dataclass

from solvers.bed_alternatives import Alternatives
from solvers.bed_fixed import Change, changes, fixed_in
from solvers.bed_judge import Assignment, Term, judge
from solvers.bed_place import NEVER_WAIVED, OTHERS_JUDGE, Hospital
from solvers.bed_plan import BedPlan
from solvers.bed_problem import Bed, BedPlanProblem, Request, Scope, Waiver
from solvers.bed_ruleset import COMPANY_CODES
from solvers.engine import Limits


@dataclass(frozen=True, slots=True)
class Forbidding:
    """A hard rule in the way. Any one of `waivers` lifts it here; without one nothing does."""

    rule: str  # or BED_READY:<code>, for what keeps the bed from being used
    waivers: tuple[Waiver, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """`forbidden`: all must be lifted. Else the price: how much more the whole plan costs with the
    patient in the bed, from `price_from` to `price_to`; both agree where it is proven."""

    request: str
    bed: str
    forbidden: tuple[Forbidding, ...]
    price_from: int | None = None
    price_to: int | None = None  # None: no such plan was found in time
    terms: tuple[Term, ...] = ()
    waived: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def exact(self) -> bool:
        """Proven: forbidden, or of this very price."""
        return bool(self.forbidden) or (
            self.price_to is not None and self.price_from == self.price_to
        )


def why_not(
    problem: BedPlanProblem,
    plan: BedPlan,
    request_key: str,
    bed_key: str,
    limits: Limits | None = None,
) -> WhyNot:
    """Judged against who is in the hospital now, then priced against the plan.

    Raises ValueError for a request or bed that is not part of the problem.
    """
    hospital = Hospital(problem)
    if request_key not in hospital.requests:
        raise ValueError(f"request_key: {request_key} is not part of the problem")
    if bed_key not in hospital.beds:
        raise ValueError(f"bed_key: {bed_key} is not part of the problem")
    request, bed = hospital.requests[request_key], hospital.beds[bed_key]
    forbidden = _forbidding(hospital, request, bed)
    if forbidden:
        return WhyNot(request_key, bed_key, forbidden)
    return _priced(Alternatives(problem, plan), request, bed, limits or Limits(time_limit_s=10.0))


def _forbidding(hospital: Hospital, request: Request, bed: Bed) -> tuple[Forbidding, ...]:
    broken = judge(hospital, hospital.place(request, bed)).forbidden
    return tuple(
        each
        for code in broken
        for each in (
            _unready(request, bed)
            if code == "BED_READY"
            else [Forbidding(code, _waivers(code, request, bed))]
        )
    )


def _unready(request: Request, bed: Bed) -> list[Forbidding]:
    """One for each code that stands in the bed's way; a bed that someone has is never waived."""
    own = {"HELD"} if request.held_bed == bed.key else set()
    codes = [code for code in bed.blocked_by if code not in OTHERS_JUDGE | own]
    taken = bool(NEVER_WAIVED & set(bed.blocked_by))
    waivers = () if taken else _waivers("BED_READY", request, bed)
    return [Forbidding(f"BED_READY:{code}", waivers) for code in codes]


def _waivers(rule: str, request: Request, bed: Bed) -> tuple[Waiver, ...]:
    """Each of them lifts the rule for this patient here, the narrowest first."""
    subjects = (
        (Scope.REQUEST, request.key),
        (Scope.BED, bed.key),
        (Scope.ROOM, bed.room),
        (Scope.WARD, bed.ward),
    )
    return tuple(
        Waiver(rule=rule, scope=scope, key=key)
        for scope, key in subjects
        if scope is not Scope.BED or rule not in COMPANY_CODES
    )


def _priced(asked: Alternatives, request: Request, bed: Bed, limits: Limits) -> WhyNot:
    now = asked.cost
    fixed = fixed_in(asked, request.key, bed.key, limits)
    if fixed is None:
        return WhyNot(request.key, bed.key, (), price_from=None, price_to=None)
    judged = Assignment(asked.hospital, fixed.bed_of).judge(request, bed)
    return WhyNot(
        request.key,
        bed.key,
        (),
        fixed.bound - now,
        fixed.cost - now,
        judged.terms,
        judged.waived,
        changes(asked, fixed.bed_of),
    )
