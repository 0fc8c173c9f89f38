"""What one placement costs, which rules it keeps, breaks, or breaks with a waiver."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from solvers.bed_place import Hospital, Person, Place
from solvers.bed_problem import Bed, Request
from solvers.bed_rules import HARD_RULES, SOFT_RULES

Term = tuple[str, int]  # (soft rule, points)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One placement under every rule. `forbidden`: hard rules broken without a waiver."""

    terms: tuple[Term, ...]
    kept: tuple[str, ...]
    forbidden: tuple[str, ...]
    waived: tuple[str, ...]

    @property
    def penalty(self) -> int:
        return sum(points for _, points in self.terms)


def forbidden(hospital: Hospital, place: Place) -> list[str]:
    """The hard rules that are broken without a waiver."""
    return [
        code
        for code, rule in HARD_RULES.items()
        if rule(place) is False and not hospital.waived(code, place.request, place.bed)
    ]


def judge(hospital: Hospital, place: Place) -> Judgement:
    answers = {code: rule(place) for code, rule in HARD_RULES.items()}
    broken = [code for code, answer in answers.items() if answer is False]
    waived = tuple(c for c in broken if hospital.waived(c, place.request, place.bed))
    weight = hospital.rules.weight
    points = ((code, weight.get(code, 0) * rule(place)) for code, rule in SOFT_RULES.items())
    return Judgement(
        terms=tuple((code, each) for code, each in points if each),
        kept=tuple(code for code, answer in answers.items() if answer is True),
        forbidden=tuple(code for code in broken if code not in waived),
        waived=waived,
    )


class Assignment:
    """Who the plan puts where, so that each can be judged in the company of all the others."""

    def __init__(self, hospital: Hospital, bed_of: Mapping[str, str]) -> None:
        self.hospital = hospital
        self.bed_of = dict(bed_of)
        self._in_room: dict[str, list[Person]] = defaultdict(list)
        self._adding: dict[str, list[str]] = defaultdict(list)
        for request, bed_key in sorted(bed_of.items()):
            bed = hospital.beds[bed_key]
            self._in_room[bed.room].append(hospital.persons[request])
            if bed.ward not in hospital.counted_in[request]:
                self._adding[bed.ward].append(request)

    def judge(self, request: Request, bed: Bed) -> Judgement:
        """As if the request were in `bed` and everybody else where the plan puts them."""
        return judge(self.hospital, self.place(request, bed))

    def place(self, request: Request, bed: Bed) -> Place:
        placed = self._in_room.get(bed.room, ())
        load = self._load(request, bed) if self._adding.get(bed.ward) else 0
        return self.hospital.place(request, bed, placed, load)

    def company(self, room: str) -> tuple[Person, ...]:
        """Who is in the room, or is to be by the plan."""
        return (*self.hospital.present.get(room, ()), *self._in_room.get(room, ()))

    def _load(self, request: Request, bed: Bed) -> int:
        """Patients the plan adds to the ward besides this one.

        Someone above the staffed beds by a waiver takes no one's place who is not.
        """
        adding = self._adding[bed.ward]
        if not self.hospital.waives("STAFFED_CAPACITY"):
            return len(adding) - (request.key in adding)
        above = self._above_capacity(request, bed)
        return sum(
            1
            for other in adding
            if other != request.key and (above or not self._placed_above(other))
        )

    def _placed_above(self, key: str) -> bool:
        return self._above_capacity(
            self.hospital.requests[key], self.hospital.beds[self.bed_of[key]]
        )

    def _above_capacity(self, request: Request, bed: Bed) -> bool:
        return self.hospital.waived("STAFFED_CAPACITY", request, bed)
