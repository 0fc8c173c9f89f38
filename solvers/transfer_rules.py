"""The rules of transfers, one function each, over many patients at once.

A hard rule answers a table of truth: does it hold? A soft rule answers a table of points to be
multiplied by its weight. Rules of the hospital have [patients × hospitals], rules of the unit
[patients × units].
"""

from collections.abc import Callable, Mapping

import numpy as np

from solvers.transfer_city import NOWHERE, City, Needs, Truth, Whole
from solvers.transfer_travel import UNKNOWN

Hard = Callable[[City, Needs], Truth]
Soft = Callable[[City, Needs], Whole]


def elsewhere(city: City, needs: Needs) -> Truth:
    """Whether the hospital is another one than where the patient is."""
    hospitals: Truth = np.arange(len(city.accepting)) != needs.origin[:, None]
    return hospitals


def accepting(city: City, needs: Needs) -> Truth:
    """A closed hospital takes nobody from outside."""
    return city.accepting | ~elsewhere(city, needs)


def specialty(_city: City, needs: Needs) -> Truth:
    """The hospital treats what the patient has."""
    return needs.has_specialty[needs.specialty]


def equipment(_city: City, needs: Needs) -> Truth:
    """The hospital has everything the patient must have."""
    return needs.has_equipment[needs.equipment]


def consent(city: City, needs: Needs) -> Truth:
    """Nobody goes to another hospital without consent; an emergency override waives this."""
    return ~(needs.no_consent[:, None] & elsewhere(city, needs))


def not_declined(_city: City, needs: Needs) -> Truth:
    """A hospital that said no to this patient is not asked again."""
    return ~needs.has_declined[needs.declined]


def must_leave(city: City, needs: Needs) -> Truth:
    """Who lies in a hospital and may not stay goes to another one."""
    leaves = needs.lies & ~needs.may_stay
    return ~leaves[:, None] | elsewhere(city, needs)


def travel_known(city: City, needs: Needs) -> Truth:
    """Nobody is sent on a way of unknown length."""
    known: Truth = city.minutes[needs.origin] != UNKNOWN
    return known


def latest_time(city: City, needs: Needs) -> Truth:
    """Handover and travel end by the time the patient must have arrived."""
    arrives = city.minutes[needs.origin] + city.rules.handover_min * elsewhere(city, needs)
    in_time: Truth = arrives <= needs.latest[:, None]
    return in_time


def level_of_care(city: City, needs: Needs) -> Truth:
    """The unit gives at least the care that is needed."""
    enough: Truth = city.rank >= needs.rank[:, None]
    return enough


def staffed_capacity(city: City, needs: Needs) -> Truth:
    """The unit has a staffed bed that is empty and not kept for the hospital's own arrivals."""
    return np.broadcast_to(city.free > 0, (len(needs), len(city.free)))


def travel(city: City, needs: Needs) -> Whole:
    """The way, weighed more the more urgent the patient."""
    points: Whole = city.minutes[needs.origin] * (1 + needs.urgency[:, None])
    return points // city.rules.travel_step_min


def family_distance(city: City, needs: Needs) -> Whole:
    """The visitors' way; an unknown one counts nothing."""
    minutes = np.maximum(city.minutes[needs.family], 0) * (needs.family != NOWHERE)[:, None]
    points: Whole = minutes // city.rules.travel_step_min
    return points


def move(city: City, needs: Needs) -> Whole:
    """Someone who lies in a hospital is brought to another one."""
    return (elsewhere(city, needs) & needs.lies[:, None]).astype(np.int32)


def continuity(city: City, needs: Needs) -> Whole:
    """Another hospital than the one that knows the patient."""
    return _other_than(city, needs.continuity)


def consent_not_asked(city: City, needs: Needs) -> Whole:
    """Someone still has to ask the patient."""
    return (elsewhere(city, needs) & needs.not_asked[:, None]).astype(np.int32)


def changed_after_told(city: City, needs: Needs) -> Whole:
    """Another hospital than the patient was told of."""
    return _other_than(city, needs.told)


def care_above_need(city: City, needs: Needs) -> Whole:
    """A bed that gives more care than needed, per level."""
    levels: Whole = np.maximum(0, city.rank - needs.rank[:, None])
    return levels


def _other_than(city: City, wanted: Whole) -> Whole:
    hospitals = np.arange(len(city.accepting))
    other: Whole = ((hospitals != wanted[:, None]) & (wanted != NOWHERE)[:, None]).astype(np.int32)
    return other


HOSPITAL_HARD: Mapping[str, Hard] = {
    "ACCEPTING": accepting,
    "SPECIALTY": specialty,
    "EQUIPMENT": equipment,
    "CONSENT": consent,
    "NOT_DECLINED": not_declined,
    "MUST_LEAVE": must_leave,
    "TRAVEL_KNOWN": travel_known,
    "LATEST_TIME": latest_time,
}
UNIT_HARD: Mapping[str, Hard] = {
    "LEVEL_OF_CARE": level_of_care,
    "STAFFED_CAPACITY": staffed_capacity,
}
HOSPITAL_SOFT: Mapping[str, Soft] = {
    "TRAVEL": travel,
    "FAMILY_DISTANCE": family_distance,
    "MOVE": move,
    "CONTINUITY": continuity,
    "CONSENT_NOT_ASKED": consent_not_asked,
    "CHANGED_AFTER_TOLD": changed_after_told,
}
UNIT_SOFT: Mapping[str, Soft] = {"CARE_ABOVE_NEED": care_above_need}
