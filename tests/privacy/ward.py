"""A hospital with patients in its register, and the people who answer for privacy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlmodel import col, select

from api.sight import Disclosures, Sight
from app.wiring import App
from audit.subjects import SubjectKey
from authz.classes import DataClass
from domain.patients.commands import Identifier, Identity, RegisterEncounter, RegisterPatient
from domain.patients.model import Encounter, EncounterStatus, Patient
from domain.places.commands import OpenHospital, OpenWard
from domain.privacy.erasing import ApproveErasure, RequestErasure
from domain.privacy.model import Erasure, ErasureReason
from kit.db import reading
from kit.work import Actor, Scope
from tests.house import enrol, house, sign

ALL = frozenset(kind for kind in DataClass)


@dataclass
class Ward:
    app: App
    hospital: UUID
    ward: UUID
    clerk: Actor
    officer: Actor
    custodian: Actor

    def patient(self, family: str) -> Patient:
        """Somebody with a number, a phone and an open name."""
        done = self.app.pipeline.run(self.clerk, RegisterPatient(
            hospital_id=self.hospital,
            identity=Identity(family_en=family, given_en="Given", phone="13800138000"),
            identifiers=(Identifier(system="MRN", value=f"N-{family}"),),
        ))  # fmt: skip
        return done.result

    def encounter(self, patient: Patient) -> Encounter:
        return self.app.pipeline.run(self.clerk, RegisterEncounter(
            patient_id=patient.id, ward_id=self.ward, status=EncounterStatus.ARRIVED,
        )).result  # fmt: skip

    def ask(self, patient: Patient) -> Erasure:
        asked = RequestErasure(patient_id=patient.id, reason=ErasureReason.PERSON_ASKED)
        return self.app.pipeline.run(self.officer, asked).result

    def approve(self, erasure: Erasure) -> None:
        self.app.pipeline.run(self.custodian, ApproveErasure(erasure_id=erasure.id))

    def erase(self, patient: Patient) -> None:
        """All of it, until the keys are destroyed."""
        self.approve(self.ask(patient))
        sign(self.app)
        self.app.erasing.look()

    def keys(self, patient: Patient) -> list[SubjectKey]:
        with reading(self.app.engine) as session:
            asked = select(SubjectKey).where(SubjectKey.subject == patient.subject)
            return list(session.exec(asked))

    def row(self, patient: Patient) -> Patient:
        with reading(self.app.engine) as session:
            return session.exec(select(Patient).where(col(Patient.id) == patient.id)).one()

    def sight(self) -> Sight:
        return Sight(Scope(self.hospital), ALL, Disclosures(), self.app.late_vault)


@contextmanager
def ward(url: str, folder: Path) -> Iterator[Ward]:
    roles = ("system-administrator", "bed-manager", "compliance-officer", "key-custodian")
    admin, clerk, officer, custodian = (enrol(url, role) for role in roles)
    with house(url, folder) as app:
        hospital = app.pipeline.run(admin, OpenHospital(code="H", name_zh="院", name_en="H")).result
        opened = app.pipeline.run(admin, OpenWard(
            hospital_id=hospital.id, code="A", name_zh="A", name_en="A", licensed_beds=4,
            staffed_beds=4,
        )).result  # fmt: skip
        yield Ward(app, hospital.id, opened.id, clerk, officer, custodian)
