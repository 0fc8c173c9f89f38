"""Reads the public Patient Admission Scheduling instances; outside the product.

Source: Demeester, Souffriau, De Causmaecker, Vanden Berghe, Artificial Intelligence in Medicine
48(1), 2010. The published weights have one decimal; ten points here are one of theirs.
"""

from collections.abc import Iterator
from pathlib import Path

from solvers.admission_problem import AdmissionProblem, Patient, Room, RoomSexPolicy, Ward
from solvers.admission_ruleset import AdmissionRules

PAS_RULES = AdmissionRules(
    version="pas-2010",
    weights=(
        ("REQUIRED_PROPERTY", 50),
        ("AGE_LIMITS", 100),
        ("ROOM_SEX", 50),
        ("MIXED_SEX", 50),
        ("PREFERRED_PROPERTY", 20),
        ("ROOM_SIZE", 8),
        ("WARD_SPECIALTY", 10),
        ("ROOM_SPECIALTY", 20),
        ("ROOM_SECOND_SPECIALTY", 10),
        ("TRANSFER", 110),
    ),
    binding=(),
    unplanned_base=20_000,  # everybody comes
)
SEX_POLICY = {
    "D": RoomSexPolicy.SAME,
    "F": RoomSexPolicy.FEMALE,
    "M": RoomSexPolicy.MALE,
    "N": RoomSexPolicy.ANY,
}


def read(path: Path) -> AdmissionProblem:
    """Raises ValueError where the file is not of the published form."""
    lines = path.read_text(encoding="ascii").splitlines()
    sizes = dict(line.split(":") for line in lines[1:8])
    nights = int(sizes["Planning horizon"])
    names = [line.split()[1] for line in _section(lines, "ROOMPROPERTIES")]
    wards = tuple(_ward(line) for line in _section(lines, "DEPARTMENTS"))
    rooms = tuple(_room(line, names) for line in _section(lines, "ROOMS"))
    rows = [_patient(line, names, nights) for line in _section(lines, "PATIENTS")]
    patients = tuple(row for row in rows if row is not None)
    if len(rooms) != int(sizes["Rooms"]) or len(rows) != int(sizes["Patients"]):
        raise ValueError(f"{path.name}: not as many rooms or patients as it says")
    return AdmissionProblem(
        nights=nights, patients=patients, rooms=rooms, wards=wards, rules=PAS_RULES
    )


def _section(lines: list[str], title: str) -> Iterator[str]:
    start = next(i for i, line in enumerate(lines) if line.strip() == f"{title}:")
    for line in lines[start + 1 :]:
        if not line.strip():
            return
        yield line


def _pairs(text: str) -> tuple[tuple[str, int], ...]:
    numbers = text.split()
    ranked = zip(numbers[::2], numbers[1::2], strict=True)
    return tuple((name, int(rank)) for rank, name in ranked if name != "0")


def _flags(text: str, names: list[str]) -> tuple[str, ...]:
    return tuple(name for name, flag in zip(names, text.split(), strict=True) if flag == "1")


def _ward(line: str) -> Ward:
    place, specialties = line.split("|")
    key, _name, lowest, highest = place.split()
    return Ward(
        key=key,
        min_age=int(lowest) or None,
        max_age=int(highest) or None,
        specialties=_pairs(specialties),
    )


def _room(line: str, names: list[str]) -> Room:
    place, beds, ward, policy, specialties, properties = (part.strip() for part in line.split("|"))
    return Room(
        key=place.split()[0],
        ward=ward,
        beds=int(beds),
        sex_policy=SEX_POLICY[policy],
        properties=_flags(properties, names),
        specialties=_pairs(specialties),
    )


def _patient(line: str, names: list[str], nights: int) -> Patient | None:
    """None for somebody without a night in the horizon."""
    who, stay, care, size, required, preferred = (part.strip() for part in line.split("|"))
    key, _name, age, sex = who.split()
    first, last = map(int, stay.split())
    numbers = care.split()[1:]
    if first >= nights or last == first:
        return None
    return Patient(
        key=key,
        sex=sex,  # type: ignore[arg-type]  # F or M, checked by the patient
        age_years=int(age),
        care=tuple((name, int(n)) for name, n in zip(numbers[::2], numbers[1::2], strict=True)),
        earliest=first,
        latest=first,
        required=_flags(required, names),
        preferred=_flags(preferred, names),
        preferred_size=int(size) or None,
    )
