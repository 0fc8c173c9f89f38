"""Made-up hospitals for the bed plan's bench: a seed, a size and a tightness give one problem."""

from dataclasses import dataclass
from random import Random

from solvers.bed_problem import Bed, BedPlanProblem, Occupant, Request, Room, Ward

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
    draw = Random(seed)
    wards: list[Ward] = []
    rooms: list[Room] = []
    beds: list[Bed] = []
    people: list[Occupant] = []
    while len(beds) < shape.beds:
        _add_ward(draw, shape, wards, rooms, beds, people)
    taken = [bed.key for bed in beds if "OCCUPIED" in bed.blocked_by]
    draw.shuffle(taken)
    movers = min(len(taken), round(shape.requests * shape.movers))
    requests = [
        _request(draw, index, taken[index] if index < movers else None)
        for index in range(shape.requests)
    ]
    return BedPlanProblem(
        requests=tuple(requests),
        beds=tuple(beds),
        rooms=tuple(rooms),
        wards=tuple(wards),
        occupants=tuple(people),
    )


def _add_ward(
    draw: Random,
    shape: Shape,
    wards: list[Ward],
    rooms: list[Room],
    beds: list[Bed],
    people: list[Occupant],
) -> None:
    number = len(wards)
    key = f"w{number:03d}"
    level = draw.choices(("WARD", "HDU", "ICU", "AMU"), (32, 3, 2, 3))[0]
    size = min(draw.randint(20, 30), shape.beds - len(beds))
    first = len(beds)
    policy = draw.choices(("DYNAMIC", "MIXED", "FIXED_M", "FIXED_F"), (70, 12, 9, 9))[0]
    while len(beds) - first < size:
        left = size - (len(beds) - first)
        _add_room(draw, shape, key, policy, min(left, draw.choice((1, 1, 1, 4, 4, 4, 6))), rooms, beds, people)
    mine = beds[first:]
    census = sum("OCCUPIED" in bed.blocked_by for bed in mine)
    names = draw.sample(SPECIALTIES, draw.randint(1, 3))
    ages = draw.choices(((None, None), (16, None), (65, None), (None, 15)), (40, 40, 10, 10))[0]
    wards.append(
        Ward(
            key=key,
            care_level=level,
            specialties=tuple((name, rank) for rank, name in enumerate(names, start=1)),
            sex_policy=draw.choices(("PER_ROOM", "MALE", "FEMALE"), (80, 10, 10))[0],
            min_age=ages[0],
            max_age=ages[1],
            staffed_beds=max(census, round(size * shape.staffed) - draw.randint(0, 2)),
            census=census,
        )
    )


def _add_room(
    draw: Random,
    shape: Shape,
    ward: str,
    policy: str,
    size: int,
    rooms: list[Room],
    beds: list[Bed],
    people: list[Occupant],
) -> None:
    key = f"{ward}-r{len(rooms):04d}"
    kind = "BAY" if size > 1 else draw.choices(("SIDE", "NEG_PRESSURE", "POS_PRESSURE"), (8, 1, 1))[0]
    fixed = {"FIXED_M": "M", "FIXED_F": "F"}.get(policy)
    sex = fixed or draw.choice("MF")
    cohort = (draw.choice(("CONTACT", "DROPLET")), draw.choice(ORGANISMS)) if draw.random() < 0.06 else ("NONE", None)
    rooms.append(Room(key=key, ward=ward, kind=kind, sex_policy=policy, equipment=_equipment(draw, shape, 0.3)))
    bed_equipment = _equipment(draw, shape, 0.4)
    for _ in range(size):
        bed = f"{key}-b{len(beds):05d}"
        occupied = draw.random() < shape.occupied
        blocked = ("OCCUPIED",) if occupied else ("DIRTY",) if draw.random() < shape.not_ready else ()
        if occupied:
            mine = draw.choice("MF") if policy == "MIXED" else sex
            people.append(Occupant(key=f"o{len(people):05d}", room=key, sex=mine, isolation=cohort[0], organism=cohort[1]))
        own = _equipment(draw, shape, 0.4) if shape.varied else bed_equipment
        beds.append(Bed(key=bed, ward=ward, room=key, equipment=own, visible=draw.random() < 0.6, blocked_by=blocked))


def _equipment(draw: Random, shape: Shape, share: float) -> tuple[str, ...]:
    names = EQUIPMENT if shape.varied else EQUIPMENT[:4]
    return tuple(name for name in names if draw.random() < share)


def _request(draw: Random, index: int, current: str | None) -> Request:
    isolation = draw.choices(("NONE", "CONTACT", "DROPLET", "AIRBORNE", "PROTECTIVE"), (82, 8, 5, 2, 3))[0]
    infected = isolation in ("CONTACT", "DROPLET", "AIRBORNE")
    chance = draw.random
    return Request(
        key=f"q{index:05d}",
        encounter=f"e{index:05d}",
        sex=draw.choices(("F", "M", "U"), (49, 49, 2))[0],
        age_years=draw.choices((draw.randint(0, 15), draw.randint(16, 64), draw.randint(65, 99)), (8, 40, 52))[0],
        priority=draw.choices((0, 1, 2, 3, 5, 8, 13), (10, 20, 25, 20, 15, 7, 3))[0],
        waiting_min=draw.randint(0, 1_500),
        isolation=isolation,
        organism=draw.choice(ORGANISMS) if infected else None,
        side_room=draw.choices(("NONE", "PREFERRED", "REQUIRED", "FORBIDDEN"), (85, 9, 4, 2))[0] if isolation == "NONE" else "NONE",
        care_level=draw.choices(("WARD", "HDU", "ICU"), (88, 8, 4))[0],
        specialty=draw.choice(SPECIALTIES),
        required_equipment=tuple(e for e in EQUIPMENT[:3] if chance() < 0.08),
        preferred_equipment=tuple(e for e in EQUIPMENT[:4] if chance() < 0.12),
        needs_supervision=chance() < 0.12,
        falls_risk=chance() < 0.2,
        immunosuppressed=isolation == "PROTECTIVE" or chance() < 0.04,
        end_of_life=chance() < 0.03,
        infection=not infected and chance() < 0.06,
        moves_so_far=draw.randint(0, 4) if current else 0,
        current_bed=current,
    )
