"""Made-up cities for the transfers' bench: a seed, a size and a kind give one problem."""

from collections import Counter
from dataclasses import dataclass
from math import cos, radians
from random import Random

from solvers.transfer_problem import (
    Consent,
    Hospital,
    Patient,
    Site,
    TransferProblem,
    Travel,
    Unit,
)

SPECIALTIES = ("cardiology", "general", "geriatrics", "neurology", "obstetrics", "oncology",
               "orthopaedics", "paediatrics", "respiratory", "surgery", "trauma",
               "urology")  # fmt: skip
EQUIPMENT = ("burns", "cath_lab", "dialysis", "ecmo", "hyperbaric", "mri", "ventilator")
CENTRE = (31.23, 121.47)  # degrees


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What sort of day it is; shares from 0 to 1."""

    occupied: float = 0.8
    beds_each: float = 1.5  # free beds for each patient without a bed, about
    lying: float = 0.4  # patients who lie in a hospital
    must_leave: float = 0.15  # of them
    refused: float = 0.05
    override: float = 0.1  # of those who refused
    radius_km: float = 25.0
    latest: float = 0.3  # patients with a latest time
    needs_equipment: float = 0.15
    alone: float = 0.0  # patients who are like nobody else
    points: int = 60
    crowd: float = 0.0  # patients who come from one point
    closed: float = 0.0  # hospitals that take nobody
    given: bool = False  # measured minutes, not alike in both directions
    unknown: float = 0.0  # hospitals of which nobody knows where they lie


KINDS = {
    "usual": Kind(),
    "roomy": Kind(occupied=0.55, beds_each=4.0),
    "full": Kind(occupied=0.94, beds_each=1.0),
    "short": Kind(occupied=0.97, beds_each=0.6),
    "refusing": Kind(refused=0.4, override=0.2),
    "rural": Kind(radius_km=180.0, latest=0.7, points=200),
    "disaster": Kind(crowd=0.7, lying=0.05, beds_each=0.9, latest=0.6),
    "evacuation": Kind(closed=0.12, lying=0.7, must_leave=0.6),
    "alone": Kind(alone=1.0, points=400),
    "rare": Kind(needs_equipment=0.7),
    "measured": Kind(given=True, points=30),
    "patchy": Kind(unknown=0.15, closed=0.05, alone=0.3),
    "decongest": Kind(lying=0.95, must_leave=0.02, beds_each=1.2, occupied=0.9),
}


def city(seed: int, hospitals: int, patients: int, kind: str) -> TransferProblem:
    return _City(seed, hospitals, patients, KINDS[kind]).problem()


class _City:
    def __init__(self, seed: int, hospitals: int, patients: int, kind: Kind) -> None:
        self.draw = Random(seed)
        self.kind = kind
        self.points = tuple(self._site(f"point{i:04d}") for i in range(kind.points))
        self.keys = [f"h{i:03d}" for i in range(hospitals)]
        self.closed = {key for key in self.keys if self.draw.random() < kind.closed}
        self.levels = {key: self._levels() for key in self.keys}
        self.patients = [self._patient(i) for i in range(patients)]

    def problem(self) -> TransferProblem:
        hospitals = tuple(self._hospital(key) for key in self.keys)
        travel: tuple[Travel, ...] = ()
        if self.kind.given:
            origins = [site.key for site in (*hospitals, *self.points)]
            travel = tuple(
                Travel(origin=origin, hospital=key, minutes=self.draw.randint(5, 120))
                for origin in origins
                for key in self.keys
                if origin != key
            )
        return TransferProblem(
            hospitals=hospitals,
            patients=tuple(self.patients),
            points=self.points,
            travel=travel,
            need_source="made up",
        )

    def _place(self) -> tuple[int, int]:
        north, east = (self.draw.gauss(0, self.kind.radius_km / 2) for _ in range(2))
        lat = CENTRE[0] + north / 111.2
        return round(lat * 1e6), round((CENTRE[1] + east / 111.2 / cos(radians(lat))) * 1e6)

    def _site(self, key: str) -> Site:
        lat, lon = self._place()
        return Site(key=key, lat_e6=lat, lon_e6=lon)

    def _levels(self) -> tuple[str, ...]:
        return (
            "WARD",
            *(level for level, share in (("HDU", 0.5), ("ICU", 0.6)) if self.draw.random() < share),
        )

    def _hospital(self, key: str) -> Hospital:
        draw = self.draw
        lat, lon = self._place() if draw.random() >= self.kind.unknown else (None, None)
        lying = Counter(p.lies_in for p in self.patients if p.origin == key)
        return Hospital(
            key=key,
            lat_e6=lat,
            lon_e6=lon,
            accepting=key not in self.closed,
            specialties=tuple(draw.sample(SPECIALTIES, draw.randint(3, len(SPECIALTIES)))),
            equipment=tuple(name for name in EQUIPMENT if draw.random() < 0.35),
            units=tuple(self._unit(level, lying[level]) for level in self.levels[key]),
        )

    def _unit(self, level: str, lying: int) -> Unit:
        draw, kind = self.draw, self.kind
        share = {"WARD": 0.86, "HDU": 0.16, "ICU": 0.13}[level]  # offered by all, half and most
        free = len(self.patients) / len(self.keys) * kind.beds_each * share * draw.uniform(0.2, 1.8)
        need = draw.randint(0, max(1, round(free / 5)))
        free += need
        staffed = max(
            round(free / (1 - min(0.97, draw.gauss(kind.occupied, 0.05)))), lying + round(free)
        )
        return Unit(level=level, staffed=staffed, occupied=staffed - round(free), need_p90=need)

    def _patient(self, index: int) -> Patient:
        draw, kind = self.draw, self.kind
        chance = draw.random
        alone = chance() < kind.alone
        lies = chance() < kind.lying
        origin = draw.choice(self.keys) if lies else self._point()
        level = draw.choices(("WARD", "HDU", "ICU"), (84, 9, 7))[0]
        lies_in = (level if level in self.levels[origin] else "WARD") if lies else None
        refused = chance() < kind.refused
        consent = Consent.REFUSED if refused else draw.choice((Consent.NONE, Consent.GIVEN))
        return Patient(
            key=f"p{index:05d}",
            origin=origin,
            level=level,
            specialty=draw.choice(SPECIALTIES),
            equipment=tuple(draw.sample(EQUIPMENT, draw.choice((1, 1, 1, 2))))
            if chance() < kind.needs_equipment
            else (),
            urgency=draw.choices(range(6), (30, 25, 20, 12, 8, 5))[0],
            waiting_min=draw.randint(0, 1_400) if alone else 0,
            lies_in=lies_in,
            may_stay=lies and origin not in self.closed and chance() >= kind.must_leave,
            consent=consent,
            emergency_override=refused and chance() < kind.override,
            latest_min=draw.choice((45, 60, 90, 120, 180)) if chance() < kind.latest else None,
            continuity=draw.choice(self.keys) if chance() < (0.9 if alone else 0.2) else None,
            told=draw.choice(self.keys) if chance() < (0.2 if alone else 0.03) else None,
            declined=tuple(draw.sample(self.keys, 2))
            if chance() < (0.2 if alone else 0.03)
            else (),
            family=draw.choice(self.points).key if chance() < (0.9 if alone else 0.2) else None,
        )

    def _point(self) -> str:
        crowd = self.draw.random() < self.kind.crowd
        return self.points[0].key if crowd else self.draw.choice(self.points).key
