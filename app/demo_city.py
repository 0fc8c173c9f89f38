"""An invented city: hospitals, wards, rooms, staff and patients. Seeded, so it repeats.

Nobody in it exists. Lengths of stay and the daily pattern follow published ward figures: about
85 % occupancy, discharges around midday, emergencies in the evening.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.demo_names import CHINESE_GIVEN, CHINESE_SURNAMES, ENGLISH_GIVEN, ENGLISH_SURNAMES

BAYS_PER_WARD, BEDS_PER_BAY, SIDE_ROOMS = 5, 4, 5  # 25 beds a ward


@dataclass(frozen=True, slots=True)
class DemoWard:
    code: str
    zh: str
    en: str
    level: str  # ICU, HDU, WARD, ED, AMU
    specialty: str
    stay_hours: float  # mean length of stay
    sex_policy: str = "PER_ROOM"


@dataclass(frozen=True, slots=True)
class DemoHospital:
    code: str
    zh: str
    en: str
    latitude: float
    longitude: float
    wards: tuple[DemoWard, ...]


@dataclass(frozen=True, slots=True)
class DemoRoom:
    code: str
    kind: str  # BAY, SIDE, NEG_PRESSURE
    beds: int


@dataclass(frozen=True, slots=True)
class DemoPatient:
    family: str
    given: str
    sex: str
    born: date
    number: str
    phone: str


WARDS = (
    DemoWard("AMU", "急诊观察病区", "Acute Medical Unit", "AMU", "MEDICINE", 40),
    DemoWard("ICU", "重症医学科", "Intensive Care", "ICU", "INTENSIVE", 90, "MIXED"),
    DemoWard("MED1", "内科一病区", "Medicine 1", "WARD", "MEDICINE", 130),
    DemoWard("MED2", "内科二病区", "Medicine 2", "WARD", "MEDICINE", 140),
    DemoWard("CARD", "心内科病区", "Cardiology", "WARD", "CARDIOLOGY", 95),
    DemoWard("RESP", "呼吸科病区", "Respiratory", "WARD", "RESPIRATORY", 120),
    DemoWard("SURG1", "外科一病区", "Surgery 1", "WARD", "SURGERY", 85),
    DemoWard("SURG2", "外科二病区", "Surgery 2", "WARD", "SURGERY", 90),
    DemoWard("ORTH", "骨科病区", "Orthopaedics", "WARD", "ORTHOPAEDICS", 110),
    DemoWard("GERI", "老年医学科", "Care of the Elderly", "WARD", "GERIATRICS", 190),
)

HOSPITALS = (
    DemoHospital("RH", "河滨医院", "Riverside Hospital", 31.2304, 121.4737, WARDS),
    DemoHospital("EG", "东门医院", "East Gate Hospital", 31.2380, 121.5440, WARDS),
    DemoHospital("NL", "北湖医院", "North Lake Hospital", 31.3110, 121.4580, WARDS),
    DemoHospital("SG", "圣乔治医院", "St George's Hospital", 31.1680, 121.4010, WARDS),
)


def rooms() -> Iterator[DemoRoom]:
    """The rooms of one ward: bays of four, side rooms, one with negative pressure."""
    for number in range(1, BAYS_PER_WARD + 1):
        yield DemoRoom(f"B{number}", "BAY", BEDS_PER_BAY)
    for number in range(1, SIDE_ROOMS + 1):
        yield DemoRoom(f"S{number}", "NEG_PRESSURE" if number == 1 else "SIDE", 1)


class People:
    """Invented patients, Chinese and English, one after another."""

    def __init__(self, seed: int, today: date) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - a demonstration, not a secret
        self._today = today
        self._count = 0

    def next(self) -> DemoPatient:
        dice, self._count = self._dice, self._count + 1
        sex = dice.choice("MF")
        chinese = dice.random() < 0.7
        surnames, given = (
            (CHINESE_SURNAMES, CHINESE_GIVEN) if chinese else (ENGLISH_SURNAMES, ENGLISH_GIVEN)
        )
        return DemoPatient(
            family=dice.choice(surnames),
            given=dice.choice(given[sex]),
            sex=sex,
            born=self._today - timedelta(days=self._age_days()),
            number=f"DEMO-{self._count:07d}",
            phone=f"000-{self._count:07d}",
        )

    def _age_days(self) -> int:
        years = min(99.0, max(16.0, self._dice.gauss(64, 19)))
        return round(years * 365.25)
