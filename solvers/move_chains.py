"""The cheapest chain of moves that frees a suitable bed for one request.

Each move goes into a bed that is ready, or that the move before it has just emptied; the last
patient placed is the one who waits. Uniform-cost search over who has to go where; a chain counts
only when it keeps every hard rule step by step, in the order in which it is carried out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush

from solvers.bed_judge import Judgement, Term, judge
from solvers.bed_place import Hospital, Place
from solvers.bed_problem import Bed, BedPlanProblem, Request

MOST_MOVES = 5
MOST_LOOKS = 20_000  # chains begun, then the search gives up and says so
OCCUPIED = "OCCUPIED"


@dataclass(frozen=True, slots=True)
class ChainMove:
    """One placement of the chain, in order; the last one is the waiting patient's."""

    request: str
    bed: str
    from_bed: str | None
    terms: tuple[Term, ...]
    kept: tuple[str, ...]

    @property
    def points(self) -> int:
        return sum(points for _, points in self.terms)


@dataclass(frozen=True, slots=True)
class MoveChain:
    """`moves` is empty where no chain was found. `proven`: no other chain costs less."""

    moves: tuple[ChainMove, ...]
    proven: bool
    looked_at: int

    @property
    def points(self) -> int:
        return sum(move.points for move in self.moves)


@dataclass(frozen=True, slots=True, order=True)
class _Begun:
    """A chain begun: who takes which bed, first the waiting patient.

    `least`: no way to end it costs less. `checked`: complete, and this is its price.
    """

    least: int
    steps: tuple[tuple[str, str], ...]
    points: int = 0
    checked: bool = False


class _House:
    """Who lies where, with the rules that one patient and one bed decide asked once."""

    def __init__(self, problem: BedPlanProblem, target: str) -> None:
        self.hospital = Hospital(problem)
        self.lies_in = {
            request.current_bed: request.key
            for request in problem.requests
            if request.current_bed is not None and request.key != target
        }
        self.one_move = self.hospital.rules.weight.get("TRANSFER", 0)  # a move costs no less
        self._least: dict[tuple[str, str], Judgement | None] = {}

    def alone(self, request: Request, bed: Bed) -> Judgement | None:
        """Judged with nobody else there, as if the bed were empty; None if it may never be."""
        known = (request.key, bed.key)
        if known not in self._least:
            blocked = tuple(code for code in bed.blocked_by if code != OCCUPIED)
            if bed.key not in self.lies_in:
                blocked = bed.blocked_by
            empty = replace(bed, blocked_by=blocked)
            place = self.hospital.place(request, empty)
            place.company, place.ward_load = (), 0
            judged = judge(self.hospital, place)
            self._least[known] = None if judged.forbidden or judged.waived else judged
        return self._least[known]


class _Moved:
    """Who is in which room and ward while the chain is carried out."""

    def __init__(self, house: _House) -> None:
        self.hospital = house.hospital
        self.people = {room: list(there) for room, there in self.hospital.present.items()}
        self.load = {w.key: w.census + w.holds for w in self.hospital.problem.wards}

    def place(self, request: Request, bed: Bed) -> Place:
        """The patient in the bed, which nobody lies in any more."""
        blocked = tuple(code for code in bed.blocked_by if code != OCCUPIED)
        place = self.hospital.place(request, replace(bed, blocked_by=blocked))
        there = self.people.get(bed.room, [])
        place.company = tuple(person for person in there if person.key != request.key)
        stays = self._ward(request) == bed.ward
        place.ward_load = 0 if stays else self.load[bed.ward] + 1
        return place

    def go(self, request: Request, bed: Bed) -> None:
        here = self._ward(request)
        if here is not None:
            self.load[here] -= 1
        self.load[bed.ward] += 1
        for there in self.people.values():
            there[:] = [person for person in there if person.key != request.key]
        person = replace(self.hospital.persons[request.key], present=True)
        self.people.setdefault(bed.room, []).append(person)

    def _ward(self, request: Request) -> str | None:
        bed = self.hospital.beds.get(request.current_bed or "")
        return None if bed is None else bed.ward


def cheapest_chain(problem: BedPlanProblem, target: str, most_moves: int = MOST_MOVES) -> MoveChain:
    """At most `most_moves` patients are moved to make place for the request `target`.

    Those who may be moved are the problem's other requests with a present bed. Raises ValueError
    for a target that is none of the problem's requests.
    """
    house = _House(problem, target)
    if target not in house.hospital.requests:
        raise ValueError(f"target: {target} is no request of this problem")
    begun, looked = [_Begun(0, ())], 0
    while begun and looked < MOST_LOOKS:
        chain, looked = heappop(begun), looked + 1
        if not _complete(house, chain):
            if len(chain.steps) <= most_moves:
                for longer in _longer(house, chain, target):
                    heappush(begun, longer)
            continue
        moves = _carried_out(house, chain)
        if moves is None:
            continue
        points = sum(move.points for move in moves)
        if points <= chain.least:
            return MoveChain(moves, True, looked)
        heappush(begun, replace(chain, least=points, checked=True))  # company makes it dearer
    return MoveChain((), not begun, looked)


def _complete(house: _House, chain: _Begun) -> bool:
    """The last bed taken is nobody's."""
    return bool(chain.steps) and chain.steps[-1][1] not in house.lies_in


def _longer(house: _House, chain: _Begun, target: str) -> Iterator[_Begun]:
    """Every bed the patient who has to go may take."""
    goes = house.lies_in[chain.steps[-1][1]] if chain.steps else target
    request = house.hospital.requests[goes]
    taken = {bed for _, bed in chain.steps}
    for bed in house.hospital.problem.beds:
        if bed.key in taken or bed.key == request.current_bed:
            continue
        judged = house.alone(request, bed)
        if judged is not None:
            points = chain.points + judged.penalty
            to_come = house.one_move if bed.key in house.lies_in else 0
            yield _Begun(points + to_come, (*chain.steps, (goes, bed.key)), points)


def _carried_out(house: _House, chain: _Begun) -> tuple[ChainMove, ...] | None:
    """The moves from the last one back to the first, each judged in the company it then has;
    None if one breaks a hard rule."""
    hospital, moved = house.hospital, _Moved(house)
    moves: list[ChainMove] = []
    for key, bed_key in reversed(chain.steps):
        request, bed = hospital.requests[key], hospital.beds[bed_key]
        judged = judge(hospital, moved.place(request, bed))
        if judged.forbidden or judged.waived:
            return None
        moves.append(ChainMove(key, bed_key, request.current_bed, judged.terms, judged.kept))
        moved.go(request, bed)
    return tuple(moves)
