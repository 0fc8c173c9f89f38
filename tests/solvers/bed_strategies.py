"""Small random hospitals for hypothesis: up to 4 requests, 4 to 6 beds, every rule in play."""

from typing import Any

from hypothesis import strategies as st

from solvers.bed_problem import Bed, BedPlanProblem, Occupant, Request, Room, Scope, Waiver, Ward
from solvers.bed_ruleset import COMPANY_CODES, HARD_CODES

ORGANISMS = st.sampled_from([None, "FLU", "MRSA"])
ISOLATIONS = [
    "NONE",
    "NONE",
    "NONE",
    "NONE",
    "CONTACT",
    "CONTACT",
    "DROPLET",
    "AIRBORNE",
    "PROTECTIVE",
]
SEXES = ["F", "F", "F", "M", "M", "M", "U"]
POLICIES = ["DYNAMIC", "DYNAMIC", "DYNAMIC", "MIXED", "MIXED", "FIXED_F", "FIXED_M"]
EQUIPMENT = st.lists(st.sampled_from(["oxygen", "hoist"]), max_size=2).map(tuple)
SELDOM = st.sampled_from([True, False, False, False])


@st.composite
def problems(draw: st.DrawFn) -> BedPlanProblem:
    wards = [_ward(draw, index) for index in range(draw(st.integers(1, 2)))]
    rooms: list[dict[str, Any]] = []
    beds: list[dict[str, Any]] = []
    for index in range(draw(st.integers(1, 3))):
        _room(draw, index, draw(st.sampled_from(wards))["key"], rooms, beds)
    people: list[Occupant] = []
    for bed in beds:
        if draw(SELDOM):
            bed["blocked_by"] = ("OCCUPIED",)
            people.append(_occupant(draw, len(people), bed["room"]))
        elif draw(st.integers(0, 11)) == 0:
            bed["blocked_by"] = (draw(st.sampled_from(["DIRTY", "CO_BLOCKED"])),)
    requests = [_request(draw, index, wards) for index in range(draw(st.integers(1, 4)))]
    _own_beds(draw, requests, beds, people)
    for ward in wards:
        ward["census"] = sum(
            b["ward"] == ward["key"] and "OCCUPIED" in b["blocked_by"] for b in beds
        )
        ward["holds"] = sum(b["ward"] == ward["key"] and "HELD" in b["blocked_by"] for b in beds)
    subjects = [("REQUEST", r["key"]) for r in requests] + [("ROOM", r["key"]) for r in rooms]
    subjects += [("WARD", ward["key"]) for ward in wards]
    subjects += [("BED", bed["key"]) for bed in beds]
    return BedPlanProblem(
        requests=tuple(Request(**row) for row in requests),
        beds=tuple(Bed(**row) for row in beds),
        rooms=tuple(Room(**row) for row in rooms),
        wards=tuple(Ward(**row) for row in wards),
        occupants=tuple(people),
        waivers=_waivers(draw, subjects),
    )


def _waivers(draw: st.DrawFn, subjects: list[tuple[str, str]]) -> tuple[Waiver, ...]:
    codes = st.sampled_from([*HARD_CODES, "ROOM_SEX", "CO_BLOCKING", "STAFFED_CAPACITY"])
    waivers = []
    for _ in range(draw(st.sampled_from([0, 0, 1, 2, 3]))):
        scope, key = draw(st.sampled_from(subjects))
        rule = draw(codes)
        if scope != "BED" or rule not in COMPANY_CODES:
            waivers.append(Waiver(rule=rule, scope=Scope(scope), key=key))
    return tuple(waivers)


def _ward(draw: st.DrawFn, index: int) -> dict[str, Any]:
    return {
        "key": f"w{index}",
        "care_level": draw(st.sampled_from(["WARD", "WARD", "HDU", "ED"])),
        "specialties": draw(st.sampled_from([(), (("heart", 1),), (("heart", 2), ("lung", 1))])),
        "sex_policy": draw(st.sampled_from(["PER_ROOM", "PER_ROOM", "MALE", "FEMALE"])),
        "min_age": draw(st.sampled_from([None, None, 16])),
        "max_age": draw(st.sampled_from([None, None, 60])),
        "staffed_beds": draw(st.integers(1, 6)),
        "languages": draw(st.sampled_from([(), ("zh",), ("de", "zh")])),
        "nurse_sexes": draw(st.sampled_from([(), ("F",), ("F", "M")])),
        "travel_min": draw(st.sampled_from([(), (("north", 30),), (("north", 10), ("south", 90))])),
    }


def _room(
    draw: st.DrawFn,
    index: int,
    ward: str,
    rooms: list[dict[str, Any]],
    beds: list[dict[str, Any]],
) -> None:
    size = draw(st.sampled_from([1, 2, 2, 3]))
    kinds = ["SIDE", "NEG_PRESSURE", "POS_PRESSURE", "BAY"] if size == 1 else ["BAY", "BAY", "SIDE"]
    room = {
        "key": f"r{index}",
        "ward": ward,
        "kind": draw(st.sampled_from(kinds)),
        "sex_policy": draw(st.sampled_from(POLICIES)),
        "equipment": draw(EQUIPMENT),
    }
    rooms.append(room)
    for _ in range(size if len(beds) < 4 else 1):
        beds.append(
            {
                "key": f"b{len(beds)}",
                "ward": ward,
                "room": room["key"],
                "equipment": draw(EQUIPMENT) if draw(SELDOM) else (),
                "visible": draw(st.booleans()),
                "blocked_by": (),
            }
        )


def _occupant(draw: st.DrawFn, index: int, room: str, **own: Any) -> Occupant:
    facts = {
        "sex": draw(st.sampled_from(SEXES)),
        "isolation": draw(st.sampled_from(ISOLATIONS)),
        "organism": draw(ORGANISMS),
    }
    return Occupant(key=f"o{index}", room=room, **{**facts, **own})


def _request(draw: st.DrawFn, index: int, wards: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "key": f"q{index}",
        "encounter": f"e{index}",
        "sex": draw(st.sampled_from(SEXES)),
        "age_years": draw(st.sampled_from([None, 8, 30, 80])),
        "priority": draw(st.integers(0, 3)),
        "waiting_min": draw(st.sampled_from([0, 100, 2_000])),
        "isolation": draw(st.sampled_from(ISOLATIONS)),
        "organism": draw(ORGANISMS),
        "side_room": draw(
            st.sampled_from(["NONE", "NONE", "NONE", "PREFERRED", "REQUIRED", "FORBIDDEN"])
        ),
        "care_level": draw(st.sampled_from(["WARD", "WARD", "WARD", "HDU"])),
        "specialty": draw(st.sampled_from([None, "heart", "lung"])),
        "required_equipment": draw(EQUIPMENT) if draw(SELDOM) else (),
        "preferred_equipment": draw(EQUIPMENT),
        "needs_supervision": draw(SELDOM),
        "falls_risk": draw(SELDOM),
        "immunosuppressed": draw(SELDOM),
        "end_of_life": draw(SELDOM),
        "infection": draw(SELDOM),
        **_wishes(draw),
        "moves_so_far": draw(st.integers(0, 4)),
        "target_ward": draw(st.sampled_from([None, None, None, wards[0]["key"]])),
    }


def _wishes(draw: st.DrawFn) -> dict[str, Any]:
    """Personal preferences of one patient in four."""
    if not draw(SELDOM):
        return {}
    family = draw(st.sampled_from([None, "north", "south"]))
    return {
        "prefers_room": draw(st.sampled_from(["NONE", "SINGLE", "SHARED"])),
        "prefers_languages": draw(st.sampled_from([(), ("de",), ("en", "zh")])),
        "prefers_nurse_sex": draw(st.sampled_from([None, "F", "M"])),
        "family_district": family,
        "family_minutes": None if family is None else draw(st.sampled_from([20, 60])),
    }


def _own_beds(
    draw: st.DrawFn,
    requests: list[dict[str, Any]],
    beds: list[dict[str, Any]],
    people: list[Occupant],
) -> None:
    """Some requests lie in a bed already, some hold one; their own stay or hold counts there."""
    for request in requests:
        free = [bed for bed in beds if not bed["blocked_by"]]
        kind = draw(st.sampled_from(["", "", "", "current_bed", "held_bed"]))
        if not kind or not free:
            continue
        bed = draw(st.sampled_from(free))
        bed["blocked_by"] = ("OCCUPIED",) if kind == "current_bed" else ("HELD",)
        request[kind] = bed["key"]
        own = {name: request[name] for name in ("sex", "isolation", "organism")}
        people.append(_occupant(draw, len(people), bed["room"], request=request["key"], **own))
