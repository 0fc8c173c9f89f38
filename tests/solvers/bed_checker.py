"""A second opinion on bed plans, written from the rules' text and not from the solver's code.

`cost_of` says what a placement costs, or None if a hard rule is broken; `cheapest` tries them all.
"""

from collections.abc import Iterator
from dataclasses import replace

from solvers.bed_problem import Bed, BedPlanProblem, Occupant, Request, Room, Ward

SIDE_KINDS = ("SIDE", "NEG_PRESSURE", "POS_PRESSURE")
RIGHT_ROOM = {
    "CONTACT": ("SIDE", "NEG_PRESSURE"),
    "DROPLET": ("SIDE", "NEG_PRESSURE"),
    "AIRBORNE": ("NEG_PRESSURE",),
    "PROTECTIVE": ("SIDE", "POS_PRESSURE"),
}
CARE = {"LOUNGE": 0, "ED": 0, "THEATRE": 0, "WARD": 1, "AMU": 1, "HDU": 2, "ICU": 3}
Other = Request | Occupant


def cheapest(problem: BedPlanProblem, fixed: dict[str, str] | None = None) -> int:
    """The least cost of any placement at all, or of any with the `fixed` beds."""
    costs = (
        cost_of(problem, bed_of)
        for bed_of in _placements(problem, 0, {})
        if fixed is None or fixed.items() <= bed_of.items()
    )
    return min(cost for cost in costs if cost is not None)


def _placements(
    problem: BedPlanProblem, index: int, bed_of: dict[str, str]
) -> Iterator[dict[str, str]]:
    if index == len(problem.requests):
        yield bed_of
        return
    yield from _placements(problem, index + 1, bed_of)
    for bed in problem.beds:
        if bed.key not in bed_of.values():
            key = problem.requests[index].key
            yield from _placements(problem, index + 1, {**bed_of, key: bed.key})


def cost_of(problem: BedPlanProblem, bed_of: dict[str, str]) -> int | None:
    if len(set(bed_of.values())) < len(bed_of):
        return None
    total = 0
    for request in problem.requests:
        if request.key not in bed_of:
            waited = min(request.waiting_min // 15, 96)
            total += 1_000 + 250 * request.priority + waited
            continue
        check = _Check(problem, bed_of, request)
        if not check.allowed():
            return None
        total += check.penalty()
    return total


def ways(problem: BedPlanProblem, must: tuple[str, ...]) -> Iterator[set[tuple[str, str, int]]]:
    """For each way to put all of `must` into beds: the steps (rule, where, nth) it needs."""
    asking = replace(problem, requests=tuple(r for r in problem.requests if r.key in must))
    held = {r.held_bed for r in problem.requests if r.key not in must}
    for bed_of in _placements(asking, 0, {}):
        if len(bed_of) == len(must) and not held & set(bed_of.values()):
            needed = _steps(asking, bed_of)
            if needed is not None:
                yield needed


def _steps(problem: BedPlanProblem, bed_of: dict[str, str]) -> set[tuple[str, str, int]] | None:
    """None where a bed is someone else's."""
    needed: set[tuple[str, str, int]] = set()
    for request in problem.requests:
        check = _Check(problem, bed_of, request)
        for rule in check.broken():
            if rule == "BED_READY":
                if {"OCCUPIED", "HELD"} & set(check.bed.blocked_by):
                    own = check.bed.blocked_by == ("HELD",) and request.held_bed == check.bed.key
                    if not own:
                        return None
                codes = set(check.bed.blocked_by) - {"CO_BLOCKED", "NO_STAFFED_HEADROOM", "HELD"}
                needed |= {(f"BED_READY:{code}", check.bed.key, 0) for code in codes}
            elif rule in ("ROOM_SEX", "CO_BLOCKING"):
                needed.add((rule, check.room.key, 0))
            elif rule == "STAFFED_CAPACITY":
                over = check.load() - check.ward.staffed_beds
                needed |= {(rule, check.ward.key, nth + 1) for nth in range(over)}
            else:
                needed.add((rule, request.key, 0))
    return needed


class _Check:
    def __init__(self, problem: BedPlanProblem, bed_of: dict[str, str], request: Request) -> None:
        self.problem, self.bed_of, self.request = problem, bed_of, request
        self.bed: Bed = next(b for b in problem.beds if b.key == bed_of[request.key])
        self.room: Room = next(r for r in problem.rooms if r.key == self.bed.room)
        self.ward: Ward = next(w for w in problem.wards if w.key == self.bed.ward)
        self.shared = sum(b.room == self.room.key for b in problem.beds) > 1
        self.single = not self.shared and self.room.kind in SIDE_KINDS
        self.here = [
            o for o in problem.occupants if o.room == self.room.key and o.request != request.key
        ]
        joining = [
            r
            for r in problem.requests
            if r.key in bed_of and r.key != request.key and self._bed(r).room == self.room.key
        ]
        self.others: list[Other] = [*self.here, *joining]

    def _bed(self, request: Request) -> Bed:
        return next(b for b in self.problem.beds if b.key == self.bed_of[request.key])

    def _waived(self, rule: str, request: Request, bed: Bed) -> bool:
        subjects = {
            ("REQUEST", request.key),
            ("BED", bed.key),
            ("ROOM", bed.room),
            ("WARD", bed.ward),
        }
        return any(w.rule == rule and (w.scope, w.key) in subjects for w in self.problem.waivers)

    def _other_waived(self, rule: str, other: Other) -> bool:
        key = other.key if isinstance(other, Request) else other.request
        return any((w.rule, w.scope, w.key) == (rule, "REQUEST", key) for w in self.problem.waivers)

    def allowed(self) -> bool:
        return not self.broken()

    def broken(self) -> set[str]:
        """The hard rules that are broken without a waiver."""
        checks = {
            "BED_READY": self._ready(),
            "REQUIRED_EQUIPMENT": not self._missing(self.request.required_equipment),
            "TARGET_WARD": self.request.target_ward in (None, self.ward.key),
            "LEVEL_OF_CARE": CARE[self.ward.care_level] >= CARE[self.request.care_level],
            "AGE_LIMITS": self._age(),
            "SIDE_ROOM": self.request.side_room
            not in ({"FORBIDDEN"} if self.single else {"REQUIRED"}),
            "ISOLATION": self._isolated(),
            "ROOM_SEX": self._sex(),
            "CO_BLOCKING": self._infection(),
            "STAFFED_CAPACITY": self._staffed(),
        }
        return {r for r, kept in checks.items() if not kept and not self._may_break(r)}

    def _may_break(self, rule: str) -> bool:
        if rule == "BED_READY" and {"OCCUPIED", "HELD"} & set(self.bed.blocked_by):
            return False
        return self._waived(rule, self.request, self.bed)

    def _ready(self) -> bool:
        free = {"CO_BLOCKED", "NO_STAFFED_HEADROOM"}
        if self.request.held_bed == self.bed.key:
            free.add("HELD")
        return set(self.bed.blocked_by) <= free

    def _missing(self, wanted: tuple[str, ...]) -> int:
        return len(set(wanted) - set(self.bed.equipment) - set(self.room.equipment))

    def _age(self) -> bool:
        low, high, age = self.ward.min_age, self.ward.max_age, self.request.age_years
        if low is None and high is None:
            return True
        return age is not None and (low or 0) <= age <= (999 if high is None else high)

    def _isolated(self) -> bool:
        need = self.request.isolation
        if need == "NONE" or self.room.kind in RIGHT_ROOM[need]:
            return True
        cohort = any(_one_cohort(self.request, other) for other in self.here)
        return self.room.kind == "BAY" and cohort

    def _sex(self) -> bool:
        fixed = {"FIXED_F": "F", "FIXED_M": "M"}.get(self.room.sex_policy)
        if fixed is not None and self.request.sex != fixed:
            return False
        if not self.shared or self.room.sex_policy == "MIXED":
            return True
        return all(
            _same_sex(self.request, other) or self._other_waived("ROOM_SEX", other)
            for other in self.others
        )

    def _infection(self) -> bool:
        if not self.shared:
            return True
        return all(
            (self.request.isolation == "NONE" and other.isolation == "NONE")
            or _one_cohort(self.request, other)
            or self._other_waived("CO_BLOCKING", other)
            for other in self.others
        )

    def _staffed(self) -> bool:
        return self._counted(self.request) or self.load() <= self.ward.staffed_beds

    def load(self) -> int:
        """Patients in the ward, this one included."""
        mine = self._waived("STAFFED_CAPACITY", self.request, self.bed)
        load = self.ward.census + self.ward.holds
        for request in self.problem.requests:
            if request.key not in self.bed_of or self._bed(request).ward != self.ward.key:
                continue
            theirs = self._waived("STAFFED_CAPACITY", request, self._bed(request))
            if not self._counted(request) and (mine or not theirs):
                load += 1
        return load

    def _counted(self, request: Request) -> bool:
        mine = {request.current_bed, request.held_bed}
        return any(b.key in mine and b.ward == self.ward.key for b in self.problem.beds)

    def penalty(self) -> int:
        ask, ward = self.request, self.ward
        total = 10 * (ask.immunosuppressed and not self.single)
        total += 10 * (
            (ward.sex_policy == "MALE" and ask.sex != "M")
            or (ward.sex_policy == "FEMALE" and ask.sex != "F")
        )
        total += 8 * (self.shared and not all(_same_sex(ask, other) for other in self.others))
        total += 5 * (ask.falls_risk and self.single)
        total += 5 * (ask.needs_supervision and not self.bed.visible)
        total += 4 * (ask.infection and not self.single)
        total += 3 * (ask.end_of_life and not self.single)
        ranks = [rank for name, rank in ward.specialties if name == ask.specialty]
        if ask.specialty is not None:
            total += 3 if not ranks else 1 if min(ranks) > 1 else 0
        total += 2 * self._missing(ask.preferred_equipment)
        total += 2 * (ask.side_room == "PREFERRED" and not self.single)
        total += self._wishes()
        if ask.current_bed is not None:
            total += 11 + 8 * (ask.moves_so_far >= 3)
        return total + 4 * max(0, CARE[ward.care_level] - CARE[ask.care_level])

    def _wishes(self) -> int:
        """Personal preferences that are missed."""
        ask, ward = self.request, self.ward
        total = 3 * (ask.prefers_room == "SINGLE" and not self.single)
        total += 3 * (ask.prefers_room == "SHARED" and self.single)
        spoken = any(language in ward.languages for language in ask.prefers_languages)
        total += 3 * (len(ask.prefers_languages) > 0 and not spoken)
        total += 2 * (ask.prefers_nurse_sex not in (None, *ward.nurse_sexes))
        if ask.family_minutes is not None:
            near = [m for d, m in ward.travel_min if d == ask.family_district]
            total += 2 * (not near or near[0] > ask.family_minutes)
        return total


def _same_sex(one: Request, other: Other) -> bool:
    return one.sex == other.sex and one.sex != "U"


def _one_cohort(one: Request, other: Other) -> bool:
    return (
        one.isolation == other.isolation
        and one.isolation in ("CONTACT", "DROPLET", "AIRBORNE")
        and one.organism is not None
        and one.organism == other.organism
    )
