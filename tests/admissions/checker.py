"""What a plan costs by the published rules, counted night by night, apart from the solver.

Written from the description of the Patient Admission Scheduling problem and of our own
extensions; shares no code with the tables, the model or the judge, only the problem's data.
"""

from itertools import pairwise

from solvers.admission_problem import AdmissionProblem, Patient

Plan = dict[str, tuple[int, list[str]]]  # patient: first night, room by night


def cost(problem: AdmissionProblem, plan: Plan) -> int:
    """Points of the plan, patients without a date included."""
    weights = dict(problem.rules.weights)
    points = 0
    for patient in problem.patients:
        if patient.key in plan:
            points += _stay(problem, patient, plan[patient.key], weights)
        else:
            points += problem.rules.unplanned_base + problem.rules.priority_step * patient.priority
    return points + _mixed(problem, plan, weights) + _buffer(problem, plan, weights)


def _stay(
    problem: AdmissionProblem,
    patient: Patient,
    stay: tuple[int, list[str]],
    weights: dict[str, int],
) -> int:
    first, rooms = stay
    w = weights.get
    points = sum(_night(problem, patient, n, room, weights) for n, room in enumerate(rooms))
    moves = sum(1 for one, other in pairwise(rooms) if one != other)
    if patient.current_room is not None and patient.current_room != rooms[0]:
        moves += 1
    points += moves * w("TRANSFER", 0)
    points += (first - patient.earliest) * (patient.priority + 1) * w("DELAY", 0)
    if patient.told_night not in (None, first):
        points += w("TOLD_DATE", 0)
    ward = next(room.ward for room in problem.rooms if room.key == rooms[0])
    if patient.told_ward not in (None, ward):
        points += w("TOLD_WARD", 0)
    if patient.told_room not in (None, rooms[0]):
        points += w("TOLD_ROOM", 0)
    return points


def _night(
    problem: AdmissionProblem, patient: Patient, night: int, key: str, weights: dict[str, int]
) -> int:
    room = next(each for each in problem.rooms if each.key == key)
    ward = next(each for each in problem.wards if each.key == room.ward)
    specialty = [name for name, nights in patient.care for _ in range(nights)][night]
    times = {
        "REQUIRED_PROPERTY": len(set(patient.required) - set(room.properties)),
        "PREFERRED_PROPERTY": len(set(patient.preferred) - set(room.properties)),
        "ROOM_SIZE": 1 if patient.preferred_size and room.beds > patient.preferred_size else 0,
        "ROOM_SEX": 1 if (room.sex_policy, patient.sex) in _WRONG else 0,
        "AGE_LIMITS": 0,
    }
    age = patient.age_years
    if ward.min_age is not None or ward.max_age is not None:
        if age is None:
            times["AGE_LIMITS"] = 1
        else:
            times["AGE_LIMITS"] += ward.min_age is not None and age < ward.min_age
            times["AGE_LIMITS"] += ward.max_age is not None and age > ward.max_age
    for place, one, other in (
        (ward, "WARD_SPECIALTY", "WARD_SECOND_SPECIALTY"),
        (room, "ROOM_SPECIALTY", "ROOM_SECOND_SPECIALTY"),
    ):
        rank = next((r for name, r in place.specialties if name == specialty), None)
        times[one] = 1 if place.specialties and rank is None else 0
        times[other] = 0 if rank is None else rank - 1
    if patient.isolation != "NONE":
        good = dict(problem.rules.isolation_rooms).get(patient.isolation, ())
        may_cohort = room.kind == "BAY" and patient.isolation in problem.rules.cohort_isolations
        times["ISOLATION_ROOM"] = 0 if room.kind in good or may_cohort else 1
        times["COHORT_BAY"] = 1 if room.kind == "BAY" and room.kind not in good else 0
    return sum(weights.get(code, 0) * count for code, count in times.items())


_WRONG = {("FEMALE", "M"), ("FEMALE", "U"), ("MALE", "F"), ("MALE", "U")}


def _guests(problem: AdmissionProblem, plan: Plan, room: str, night: int) -> list[Patient]:
    return [
        patient
        for patient in problem.patients
        if patient.key in plan
        and 0 <= night - plan[patient.key][0] < len(plan[patient.key][1])
        and plan[patient.key][1][night - plan[patient.key][0]] == room
    ]


def _mixed(problem: AdmissionProblem, plan: Plan, weights: dict[str, int]) -> int:
    points = 0
    for room in problem.rooms:
        if room.sex_policy != "SAME" or room.beds < 2:
            continue
        for night in range(problem.nights):
            if _leave(problem, "MIXED_SEX", night, room.key, room.ward):
                continue
            sexes = [each.sex for each in _guests(problem, plan, room.key, night)]
            women = sexes.count("F")  # type: ignore[arg-type]  # a StrEnum compares with its text
            points += weights.get("MIXED_SEX", 0) * min(women, len(sexes) - women)
    return points


def _leave(problem: AdmissionProblem, rule: str, night: int, *keys: str) -> list[int]:
    """Beds of each waiver of the rule that holds on the night."""
    return [
        w.beds for w in problem.waivers if w.rule == rule and w.key in keys and night < w.nights
    ]


def _buffer(problem: AdmissionProblem, plan: Plan, weights: dict[str, int]) -> int:
    points = 0
    for ward in problem.wards:
        if not ward.staffed or not any(ward.buffer):
            continue
        for night in range(problem.nights):
            staffed = ward.staffed[night] if night < len(ward.staffed) else ward.staffed[-1]
            kept = ward.buffer[night] if night < len(ward.buffer) else 0
            there = sum(
                len(_guests(problem, plan, room.key, night))
                for room in problem.rooms
                if room.ward == ward.key
            )
            points += weights.get("BUFFER_USED", 0) * max(0, there - max(0, staffed - kept))
    return points


def faults(problem: AdmissionProblem, plan: Plan) -> list[str]:
    """Binding rules about many that the plan breaks, for problems without
    rooms that break one already: too many in a room or ward, strangers beside the isolated,
    dates outside the window, theatre time, mixed rooms where that is forbidden."""
    found = []
    for patient in problem.patients:
        if patient.key in plan:
            first, rooms = plan[patient.key]
            due = min(problem.nights - first, sum(nights for _, nights in patient.care))
            if not patient.earliest <= first <= patient.latest or len(rooms) != due:
                found.append("DATES")
    for night in range(problem.nights):
        found += _faults_of_night(problem, plan, night)
    for specialty, night, minutes in _operated(problem, plan):
        allowed = [
            d.minutes for d in problem.theatres if (d.specialty, d.night) == (specialty, night)
        ]
        if minutes > sum(allowed):
            found.append("THEATRE_TIME")
    return sorted(set(found))


def _faults_of_night(problem: AdmissionProblem, plan: Plan, night: int) -> list[str]:
    found, by_ward = [], dict.fromkeys((ward.key for ward in problem.wards), 0)
    for room in problem.rooms:
        guests = _guests(problem, plan, room.key, night)
        by_ward[room.ward] += len(guests)
        unusable = room.unusable[night] if night < len(room.unusable) else 0
        if len(guests) > room.beds - unusable:
            found.append("BEDS")
        kinds = {
            (each.isolation, each.organism or each.key) if each.isolation != "NONE" else None
            for each in guests
        }
        if len(kinds) > 1 or (len(guests) > 1 and any(each.sex == "U" for each in guests)):
            found.append("CO_BLOCKING")
        mixed = len({each.sex for each in guests}) > 1
        apart = room.sex_policy == "SAME" and "MIXED_SEX" in problem.rules.binding
        if mixed and apart and not _leave(problem, "MIXED_SEX", night, room.key, room.ward):
            found.append("MIXED_SEX")
    for ward in problem.wards:
        leave = _leave(problem, "STAFFED_CAPACITY", night, ward.key)
        if not ward.staffed or 0 in leave:
            continue
        if by_ward[ward.key] > ward.staffed[min(night, len(ward.staffed) - 1)] + sum(leave):
            found.append("STAFFED_CAPACITY")
    return found


def _operated(problem: AdmissionProblem, plan: Plan) -> list[tuple[str, int, int]]:
    minutes: dict[tuple[str, int], int] = {}
    for patient in problem.patients:
        if patient.key in plan and patient.theatre_minutes and patient.current_room is None:
            day = (patient.care[0][0], plan[patient.key][0] + patient.theatre_night)
            if day[1] < problem.nights:
                minutes[day] = minutes.get(day, 0) + patient.theatre_minutes
    return [(*day, total) for day, total in sorted(minutes.items())]
