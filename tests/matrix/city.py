"""Two hospitals of two wards each on a real database, one of everything in each ward.

`fill` goes through the pipeline; what has no command (an account's role) is arranged past it.
"""

from collections.abc import Sequence
from typing import Any

from app.questions import Questions
from app.solver_process import SolverLimits
from app.wiring import App
from domain.backups.commands import RecordBackup
from domain.backups.model import BackupAct
from domain.keys.commands import RequestKeyRotation
from domain.keys.model import RotationKind
from domain.places.commands import OpenHospital, OpenWard
from domain.plans.kinds import kind_of
from tests.house import enrol
from tests.matrix.corner import PROGRAM, City, Corner
from tests.matrix.equipment import alarm, devices, notices, outbound, rule
from tests.matrix.people import furnish, people, upkeep, wishes
from tests.matrix.planning import approval_rule, plan, transfers
from tests.matrix.team import care, staff
from tests.matrix.trust import archive, break_glass, privacy

SEEDER_ROLES = (
    "system-administrator",
    "house-supervisor",
    "charge-nurse",
    "duty-executive",
    "device-technician",
    "roster-planner",
    "key-custodian",
)
HOSPITALS, WARDS = ("EAST", "WEST"), ("A", "B")


class AtOnce(Questions):
    """Answers in this process: hundreds of cells ask, and a process each would take a minute."""

    def answer(self, kind: str, problem: bytes, question: dict[str, Any]) -> dict[str, Any]:
        return kind_of(kind).answer(problem, question, SolverLimits(2.0, 0, 0))


def fill(
    app: App, url: str, hospitals: Sequence[str] = HOSPITALS, wards: Sequence[str] = WARDS
) -> City:
    """Everything in every ward, a second for each: ask for no more than a test looks at."""
    app.questions = AtOnce()
    city = City(app, url, enrol(url, *SEEDER_ROLES))
    app.decisions.reload()
    for code in hospitals:
        hospital = city.do(OpenHospital(code=code, name_zh=code, name_en=code))
        for ward_code in wards:
            ward = city.do(
                OpenWard(hospital_id=hospital.id, code=ward_code, name_zh=ward_code,
                         name_en=ward_code, licensed_beds=12, staffed_beds=12)
            )  # fmt: skip
            corner = Corner(ward.scope, {"hospital": hospital.id, "ward": ward.id})
            _ward(city, corner, code, ward_code)
            city.corners[f"{code}/{ward_code}"] = corner
    transfers(city)
    privacy(city)
    archive(city)
    city.do(RecordBackup(act=BackupAct.MADE, file="a.wgb", took_ms=7), PROGRAM)
    rotation = city.do(RequestKeyRotation(kind=RotationKind.SUBJECT))
    for corner in city.corners.values():
        corner.ids["rotation"] = rotation.id
    return city


def _ward(city: City, corner: Corner, code: str, ward_code: str) -> None:
    number = f"{code}-{ward_code}".lower()
    furnish(city, corner)
    people(city, corner)
    upkeep(city, corner, f"{code} {ward_code}")
    wishes(city, corner)
    plan(city, corner)
    approval_rule(city, corner)
    devices(city, corner)
    alarm(city, corner)
    rule(city, corner, number)
    outbound(city, corner, number)
    notices(city, corner)
    break_glass(city, corner)
    staff(city, corner, number)
    care(city, corner, number)
