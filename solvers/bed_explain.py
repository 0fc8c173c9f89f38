"""Why a request has no bed: which rules stand in the way of how many beds."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from solvers.bed_judge import Assignment, forbidden
from solvers.bed_place import NEVER_WAIVED, OTHERS_JUDGE
from solvers.bed_plan import Hindrance
from solvers.bed_problem import Bed, Request, Scope

GIVEN_TO_OTHERS = "GIVEN_TO_OTHERS"  # the plan gives the bed to someone for whom it is worth more
NOT_WORTH_IT = "NOT_WORTH_IT"  # free and allowed, but dearer than waiting, for all together

_Reasons = tuple[list[str], int]  # (codes, patients above the ward's staffed beds)


class Hindrances:
    """The beds of a plan, those put together that are the same to every hard rule."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._never: Counter[str] = Counter()  # beds with somebody in them, for nobody to ask about
        self._kinds: list[tuple[Bed, bool, int]] = []  # one of them, given to others, how many
        alike: dict[tuple[object, ...], list[Bed]] = defaultdict(list)
        taken, held = set(assignment.bed_of.values()), assignment.hospital.held_beds
        rooms = {room: _room(assignment, room) for room in assignment.hospital.room_beds}
        for bed in assignment.hospital.problem.beds:
            never = NEVER_WAIVED & set(bed.blocked_by)
            if never and bed.key not in held:
                self._never[_never(never)] += 1
                continue
            waived = assignment.hospital.waived_at(Scope.BED, bed.key)
            own = bed.key if bed.key in held or waived else ""
            given = bed.key in taken
            alike[rooms[bed.room], bed.equipment, bed.blocked_by, given, own].append(bed)
        for kind, beds in alike.items():
            self._kinds.append((beds[0], kind[3] is True, len(beds)))

    def of(self, request: Request) -> tuple[Hindrance, ...]:
        """Of a request without a bed. Every bed of the problem counts. One that is taken now is
        not asked further; any other can be forbidden by several rules."""
        forbids, alone = Counter(self._never), Counter(self._never)
        short: list[int] = []
        for bed, taken, count in self._kinds:
            reasons, above = _reasons(self._assignment, request, bed, taken)
            for reason in reasons:
                forbids[reason] += count
            if len(reasons) == 1:
                alone[reasons[0]] += count
            if reasons == ["STAFFED_CAPACITY"]:
                short.append(above)
        missing = {"STAFFED_CAPACITY": min(short)} if short else {}
        return tuple(
            Hindrance(rule, count, alone[rule], missing.get(rule))
            for rule, count in sorted(forbids.items(), key=lambda pair: (-pair[1], pair[0]))
        )


def _room(assignment: Assignment, key: str) -> tuple[object, ...]:
    """What hard rules see of a room: who is in it, or will be, counts by class and not by name.
    Where one of them waits for a bed, the room is like no other."""
    hospital = assignment.hospital
    room, company = hospital.rooms[key], assignment.company(key)
    waits = any(p.key in hospital.requests and p.key not in assignment.bed_of for p in company)
    own = key if waits or hospital.waived_at(Scope.ROOM, key) else ""
    people = sorted((p.sex_class, p.isolation_class, p.present, sorted(p.waived)) for p in company)
    return (
        own, room.ward, room.kind, room.sex_policy, room.equipment, hospital.shared(key),
        str(people),
    )  # fmt: skip


def _never(codes: Iterable[str]) -> str:
    return f"BED_READY:{min(codes, key=('OCCUPIED', 'HELD').index)}"


def _reasons(assignment: Assignment, request: Request, bed: Bed, taken: bool) -> _Reasons:
    blocked = [code for code in bed.blocked_by if code not in OTHERS_JUDGE]
    if bed.key != request.held_bed and NEVER_WAIVED & set(blocked):
        return [_never(NEVER_WAIVED & set(blocked))], 0
    place = assignment.place(request, bed)
    codes = forbidden(assignment.hospital, place)
    reasons = [f"BED_READY:{blocked[0]}" if code == "BED_READY" else code for code in codes]
    if taken:
        reasons.append(GIVEN_TO_OTHERS)
    return reasons or [NOT_WORTH_IT], place.ward_load - place.ward.staffed_beds
