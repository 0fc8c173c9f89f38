"""Every rule of bed placement, one function each, named for the rule.

A hard rule answers True (kept), False (broken) or None (not in question here).
A soft rule answers how many times it is broken; its weight is data (`RuleSet`).
"""

from collections.abc import Callable

from solvers.bed_place import OTHERS_JUDGE, Place
from solvers.bed_problem import RoomSex, RoomWish, Sex, SideRoom, WardSex
from solvers.bed_ruleset import Isolation, RoomKind

HardRule = Callable[[Place], bool | None]
SoftRule = Callable[[Place], int]


# Hard rules of the ward


def target_ward(place: Place) -> bool | None:
    """A request for one ward stays in that ward."""
    wanted = place.request.target_ward
    return None if wanted is None else wanted == place.ward.key


def level_of_care(place: Place) -> bool | None:
    """The ward gives at least the level of care that is needed."""
    rank = place.rules.care_rank
    return rank[place.ward.care_level] >= rank[place.request.care_level]


def age_limits(place: Place) -> bool | None:
    """The patient is of the ward's age; an unknown age meets no limit."""
    lowest, highest = place.ward.min_age, place.ward.max_age
    if lowest is None and highest is None:
        return None
    age = place.request.age_years
    if age is None:
        return False
    return (lowest is None or age >= lowest) and (highest is None or age <= highest)


def ward_sex(place: Place) -> bool | None:
    """A men's or women's ward takes no one else, where the rule set makes this hard."""
    if not place.rules.ward_sex_is_hard:
        return None
    return not _wrong_sex_for_ward(place)


# Hard rules of the room


def side_room(place: Place) -> bool | None:
    """A side room that is required is given; one that is forbidden is not."""
    need = place.request.side_room
    if need is SideRoom.REQUIRED:
        return place.own_room
    return not place.own_room if need is SideRoom.FORBIDDEN else None


def isolation(place: Place) -> bool | None:
    """Isolation needs its kind of room, or a bay where the same infection is cohorted now.

    A cohort is opened by a person (a waiver), never by a plan: approved singly, each item must be
    right without the others.
    """
    need = place.request.isolation
    if need is Isolation.NONE:
        return None
    if place.room.kind in place.rules.rooms_for.get(need, ()):
        return True
    mine = place.person.isolation_class
    cohort = (each for each in place.company if each.present and each.isolation_class == mine)
    return place.room.kind is RoomKind.BAY and any(cohort)


# Hard rules of the bed


def bed_ready(place: Place) -> bool | None:
    """The bed is READY_NOW; a hold of one's own does not stand in the way."""
    own = {"HELD"} if place.request.held_bed == place.bed.key else set()
    return set(place.bed.blocked_by) <= own | OTHERS_JUDGE


def required_equipment(place: Place) -> bool | None:
    """Bed or room has all that is required."""
    needed = place.request.required_equipment
    return None if not needed else not _missing(needed, place)


# Hard rules that depend on who else is there


def room_sex(place: Place) -> bool | None:
    """No mixing in a room of one sex: fixed, or that of the people who are in it."""
    if not suits_fixed_sex(place):
        return False
    if place.room.sex_policy is RoomSex.MIXED or not place.shared:
        return None
    mine = place.person.sex_class
    return all(each.sex_class == mine or "ROOM_SEX" in each.waived for each in place.company)


def suits_fixed_sex(place: Place) -> bool:
    """The part of room_sex that does not depend on the company."""
    policy, sex = place.room.sex_policy, place.request.sex
    if policy is RoomSex.FIXED_FEMALE:
        return sex is Sex.FEMALE
    return policy is not RoomSex.FIXED_MALE or sex is Sex.MALE


def co_blocking(place: Place) -> bool | None:
    """An isolated patient in a shared room blocks its other beds, except for the same cohort."""
    if not place.shared:
        return None
    mine = place.person.isolation_class
    if not mine and not any(each.isolation_class for each in place.company):
        return None
    return all(
        each.isolation_class == mine or "CO_BLOCKING" in each.waived for each in place.company
    )


def staffed_capacity(place: Place) -> bool | None:
    """The ward's census, holds and new patients stay within its staffed beds."""
    return place.ward_load <= place.ward.staffed_beds


# Soft rules


def immunosuppressed_no_side_room(place: Place) -> int:
    return int(place.request.immunosuppressed and not place.own_room)


def wrong_sex_ward(place: Place) -> int:
    """Where the rule set makes this hard, the hard rule speaks instead."""
    return int(not place.rules.ward_sex_is_hard and _wrong_sex_for_ward(place))


def mixed_bay(place: Place) -> int:
    """Someone of another sex is in the room."""
    mine = place.person.sex_class
    return int(place.shared and any(each.sex_class != mine for each in place.company))


def falls_risk_side_room(place: Place) -> int:
    return int(place.request.falls_risk and place.own_room)


def no_supervision(place: Place) -> int:
    return int(place.request.needs_supervision and not place.bed.visible)


def infection_no_side_room(place: Place) -> int:
    return int(place.request.infection and not place.own_room)


def end_of_life_no_side_room(place: Place) -> int:
    return int(place.request.end_of_life and not place.own_room)


def outlier_specialty(place: Place) -> int:
    wanted = place.request.specialty
    return int(wanted is not None and all(name != wanted for name, _ in place.ward.specialties))


def second_specialty(place: Place) -> int:
    """The ward treats the specialty, but it is not the ward's own."""
    wanted = place.request.specialty
    ranks = [rank for name, rank in place.ward.specialties if name == wanted]
    return int(bool(ranks) and min(ranks) > 1)


def preference_missed(place: Place) -> int:
    """Once for each piece of preferred equipment that is missing, once for the room's size."""
    wanted_room = place.request.side_room is SideRoom.PREFERRED
    missed = _missing(place.request.preferred_equipment, place)
    return missed + int(wanted_room and not place.own_room)


def transfer(place: Place) -> int:
    """A patient who already has a bed is moved."""
    return int(place.moves)


def many_moves(place: Place) -> int:
    return int(place.moves and place.request.moves_so_far + 1 > place.rules.max_moves)


def care_above_need(place: Place) -> int:
    """Once for each level of care above the one that is needed."""
    rank = place.rules.care_rank
    return max(0, rank[place.ward.care_level] - rank[place.request.care_level])


# Personal preferences: soft rules with a table of weights of their own. What nobody has stated of a
# ward is not promised, so it counts as missed, alike in all wards.


def prefers_room(place: Place) -> int:
    wish = place.request.prefers_room
    if wish is RoomWish.NONE:
        return 0
    return int(place.own_room != (wish is RoomWish.SINGLE))


def prefers_language(place: Place) -> int:
    """Nobody in the ward speaks a language that the patient named."""
    wanted = place.request.prefers_languages
    return int(bool(wanted) and not set(wanted) & set(place.ward.languages))


def prefers_nurse_sex(place: Place) -> int:
    wanted = place.request.prefers_nurse_sex
    return int(wanted is not None and wanted not in place.ward.nurse_sexes)


def prefers_near_family(place: Place) -> int:
    """The family is longer on the way than the patient wished."""
    most = place.request.family_minutes
    if most is None:
        return 0
    minutes = dict(place.ward.travel_min).get(place.request.family_district or "")
    return int(minutes is None or minutes > most)


def _missing(wanted: tuple[str, ...], place: Place) -> int:
    return sum(
        1 for each in wanted if each not in place.bed.equipment and each not in place.room.equipment
    )


def _wrong_sex_for_ward(place: Place) -> bool:
    policy, sex = place.ward.sex_policy, place.request.sex
    if policy is WardSex.FEMALE:
        return sex is not Sex.FEMALE
    return policy is WardSex.MALE and sex is not Sex.MALE


# What a rule looks at decides how often it must be asked: once per ward, room, bed or company.
WARD_RULES: dict[str, HardRule] = {
    "TARGET_WARD": target_ward,
    "LEVEL_OF_CARE": level_of_care,
    "AGE_LIMITS": age_limits,
    "WARD_SEX": ward_sex,
}
ROOM_RULES: dict[str, HardRule] = {"SIDE_ROOM": side_room, "ISOLATION": isolation}
BED_RULES: dict[str, HardRule] = {
    "BED_READY": bed_ready,
    "REQUIRED_EQUIPMENT": required_equipment,
}
COMPANY_RULES: dict[str, HardRule] = {
    "ROOM_SEX": room_sex,
    "CO_BLOCKING": co_blocking,
    "STAFFED_CAPACITY": staffed_capacity,
}
HARD_RULES = {**BED_RULES, **WARD_RULES, **ROOM_RULES, **COMPANY_RULES}
SOFT_RULES: dict[str, SoftRule] = {
    "IMMUNOSUPPRESSED_NO_SIDE_ROOM": immunosuppressed_no_side_room,
    "WRONG_SEX_WARD": wrong_sex_ward,
    "MIXED_BAY": mixed_bay,
    "FALLS_RISK_SIDE_ROOM": falls_risk_side_room,
    "NO_SUPERVISION": no_supervision,
    "INFECTION_NO_SIDE_ROOM": infection_no_side_room,
    "END_OF_LIFE_NO_SIDE_ROOM": end_of_life_no_side_room,
    "OUTLIER_SPECIALTY": outlier_specialty,
    "SECOND_SPECIALTY": second_specialty,
    "PREFERENCE_MISSED": preference_missed,
    "TRANSFER": transfer,
    "MANY_MOVES": many_moves,
    "CARE_ABOVE_NEED": care_above_need,
    "PREFERS_ROOM": prefers_room,
    "PREFERS_LANGUAGE": prefers_language,
    "PREFERS_NURSE_SEX": prefers_nurse_sex,
    "PREFERS_NEAR_FAMILY": prefers_near_family,
}
PREFERENCES = frozenset(code for code in SOFT_RULES if code.startswith("PREFERS_"))
# Soft rules that look at the ward only: priced once for all its beds.
WARD_PRICED = frozenset(
    {
        "WRONG_SEX_WARD",
        "OUTLIER_SPECIALTY",
        "SECOND_SPECIALTY",
        "TRANSFER",
        "MANY_MOVES",
        "CARE_ABOVE_NEED",
        "PREFERS_LANGUAGE",
        "PREFERS_NURSE_SEX",
        "PREFERS_NEAR_FAMILY",
    }
)
