"""Made-up hospitals for the bed plan's bench: a seed, a size and a tightness give one problem."""

from dataclasses import dataclass
from random import Random

from solvers.bed_problem import (
    Bed,
    BedPlanProblem,
    Occupant,
    Request,
    Room,
    RoomSex,
    Sex,
    SideRoom,
    Ward,
    WardSex,
)
from solvers.bed_ruleset import Isolation, RoomKind

SPECIALTIES = ("cardiology", "general", "geriatrics", "neurology", "oncology", "orthopaedics",
               "respiratory", "surgery", "urology", "renal")  # fmt: skip
EQUIPMENT = ("oxygen", "suction", "telemetry", "hoist", "bariatric", "dialysis")
ORGANISMS = ("MRSA", "CDIFF", "FLU_A", "COVID", "RSV", "VRE")


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a hospital is filled: shares from 0 to 1."""

    requests: int
    beds: int
    occupied: float = 0.85
    not_ready: float = 0.05  # of the empty beds
    staffed: float = 0.97  # of the beds
    movers: float = 0.08  # requests by patients who already have a bed
    varied: bool = False  # every bed and room differs: nothing can be put together


def hospital(seed: int, shape: Shape) -> BedPlanProblem:
    building = _Building(seed, shape)
    while len(building.beds) < shape.beds:
        building.add_ward()
    return BedPlanProblem(
        requests=tuple(building.requests()),
        beds=tuple(building.beds),
        rooms=tuple(building.rooms),
        wards=tuple(building.wards),
        occupants=tuple(building.people),
    )


class _Building:
    def __init__(self, seed: int, shape: Shape) -> None:
        self.draw = Random(seed)
        self.shape = shape
        self.wards: list[Ward] = []
        self.rooms: list[Room] = []
        self.beds: list[Bed] = []
        self.people: list[Occupant] = []

    def add_ward(self) -> None:
        draw = self.draw
        key, first = f"w{len(self.wards):03d}", len(self.beds)
        size = min(draw.randint(20, 30), self.shape.beds - first)
        policy = RoomSex(draw.choices(list(RoomSex), (9, 9, 70, 12))[0])
        while len(self.beds) - first < size:
            left = size - (len(self.beds) - first)
            self._add_room(key, policy, min(left, draw.choice((1, 1, 1, 4, 4, 4, 6))))
        census = sum("OCCUPIED" in bed.blocked_by for bed in self.beds[first:])
        names = draw.sample(SPECIALTIES, draw.randint(1, 3))
        ages = draw.choices(((None, None), (16, None), (65, None), (None, 15)), (40, 40, 10, 10))[0]
        self.wards.append(
            Ward(
                key=key,
                care_level=draw.choices(("WARD", "HDU", "ICU", "AMU"), (32, 3, 2, 3))[0],
                specialties=tuple((name, rank) for rank, name in enumerate(names, start=1)),
                sex_policy=draw.choices(list(WardSex), (10, 10, 0, 80))[0],
                min_age=ages[0],
                max_age=ages[1],
                staffed_beds=max(census, round(size * self.shape.staffed) - draw.randint(0, 2)),
                census=census,
            )
        )

    def _add_room(self, ward: str, policy: RoomSex, size: int) -> None:
        draw = self.draw
        key = f"{ward}-r{len(self.rooms):04d}"
        kind = RoomKind.BAY if size > 1 else draw.choices(list(RoomKind), (0, 8, 1, 1))[0]
        self.rooms.append(
            Room(key=key, ward=ward, kind=kind, sex_policy=policy, equipment=self._equipment(0.3))
        )
        alike = self._equipment(0.4)
        cohort = draw.random() < 0.06
        isolation = draw.choice((Isolation.CONTACT, Isolation.DROPLET)) if cohort else None
        organism = draw.choice(ORGANISMS) if cohort else None
        sex = {"FIXED_M": Sex.MALE, "FIXED_F": Sex.FEMALE}.get(policy) or self._sex()
        for _ in range(size):
            mine = self._sex() if policy is RoomSex.MIXED else sex
            person = Occupant(
                key=f"o{len(self.people):05d}",
                room=key,
                sex=mine,
                isolation=isolation or Isolation.NONE,
                organism=organism,
            )
            self._add_bed(ward, key, self._equipment(0.4) if self.shape.varied else alike, person)

    def _add_bed(self, ward: str, room: str, equipment: tuple[str, ...], person: Occupant) -> None:
        blocked: tuple[str, ...] = ()
        if self.draw.random() < self.shape.occupied:
            blocked = ("OCCUPIED",)
            self.people.append(person)
        elif self.draw.random() < self.shape.not_ready:
            blocked = ("DIRTY",)
        self.beds.append(
            Bed(
                key=f"{room}-b{len(self.beds):05d}",
                ward=ward,
                room=room,
                equipment=equipment,
                visible=self.draw.random() < 0.6,
                blocked_by=blocked,
            )
        )

    def requests(self) -> list[Request]:
        taken = [bed.key for bed in self.beds if "OCCUPIED" in bed.blocked_by]
        self.draw.shuffle(taken)
        movers = min(len(taken), round(self.shape.requests * self.shape.movers))
        return [
            self._request(index, taken[index] if index < movers else None)
            for index in range(self.shape.requests)
        ]

    def _request(self, index: int, current: str | None) -> Request:
        draw, chance = self.draw, self.draw.random
        isolation = draw.choices(list(Isolation), (82, 8, 5, 2, 3))[0]
        infected = isolation in (Isolation.CONTACT, Isolation.DROPLET, Isolation.AIRBORNE)
        side_room = draw.choices(list(SideRoom), (85, 9, 4, 2))[0]
        ages = (draw.randint(0, 15), draw.randint(16, 64), draw.randint(65, 99))
        return Request(
            key=f"q{index:05d}",
            encounter=f"e{index:05d}",
            sex=draw.choices(list(Sex), (49, 49, 2))[0],
            age_years=draw.choices(ages, (8, 40, 52))[0],
            priority=draw.choices((0, 1, 2, 3, 5, 8, 13), (10, 20, 25, 20, 15, 7, 3))[0],
            waiting_min=draw.randint(0, 1_500),
            isolation=isolation,
            organism=draw.choice(ORGANISMS) if infected else None,
            side_room=side_room if isolation is Isolation.NONE else SideRoom.NONE,
            care_level=draw.choices(("WARD", "HDU", "ICU"), (88, 8, 4))[0],
            specialty=draw.choice(SPECIALTIES),
            required_equipment=tuple(e for e in EQUIPMENT[:3] if chance() < 0.08),
            preferred_equipment=tuple(e for e in EQUIPMENT[:4] if chance() < 0.12),
            needs_supervision=chance() < 0.12,
            falls_risk=chance() < 0.2,
            immunosuppressed=isolation is Isolation.PROTECTIVE or chance() < 0.04,
            end_of_life=chance() < 0.03,
            infection=not infected and chance() < 0.06,
            moves_so_far=draw.randint(0, 4) if current else 0,
            current_bed=current,
        )

    def _sex(self) -> Sex:
        return self.draw.choice((Sex.FEMALE, Sex.MALE))

    def _equipment(self, share: float) -> tuple[str, ...]:
        names = EQUIPMENT if self.shape.varied else EQUIPMENT[:4]
        return tuple(name for name in names if self.draw.random() < share)
