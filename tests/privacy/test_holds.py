"""A legal hold is placed by one, lifted by two, and covers one thing."""

from pathlib import Path
from uuid import UUID

import pytest

from app.wiring import App
from domain.patients.commands import Identity, RegisterPatient
from domain.places.commands import OpenHospital
from domain.privacy.holds import AskToLiftHold, HoldLedger, HoldPatient, LiftHold
from domain.privacy.model import HoldReason, LegalHold
from domain.privacy.queries import holding, legal_holds
from kit.db import reading
from kit.errors import Conflict, Denied, Invalid
from kit.work import NETWORK, Scope
from tests.house import enrol, house


def test_one_places_and_two_lift(database_url: str, tmp_path: Path) -> None:
    admin = enrol(database_url, "system-administrator")
    clerk = enrol(database_url, "bed-manager")
    officer = enrol(database_url, "compliance-officer")
    custodian = enrol(database_url, "key-custodian")
    with house(database_url, tmp_path) as app:
        hospital = app.pipeline.run(admin, OpenHospital(code="H", name_zh="院", name_en="H")).result
        patient = app.pipeline.run(
            clerk, RegisterPatient(hospital_id=hospital.id, identity=Identity(family_en="Hold"))
        ).result
        place = HoldPatient(patient_id=patient.id, reason=HoldReason.COMPLAINT)
        for stranger in (clerk, custodian):
            with pytest.raises(Denied):
                app.pipeline.run(stranger, place)
        hold = app.pipeline.run(officer, place).result
        ask, lift = AskToLiftHold(legal_hold_id=hold.id), LiftHold(legal_hold_id=hold.id)
        with pytest.raises(Conflict) as refused:
            app.pipeline.run(custodian, lift)
        assert refused.value.reason == "HOLD_NOT_ASKED"
        app.pipeline.run(officer, ask)
        with pytest.raises(Denied) as alone:
            app.pipeline.run(officer, lift)
        assert alone.value.reason == "FOUR_EYES"
        assert held(app, patient.id) is not None
        lifted = app.pipeline.run(custodian, lift).result
        assert (lifted.asked_by, lifted.lifted_by) == (officer.id, custodian.id)
        assert held(app, patient.id) is None
        with pytest.raises(Conflict) as over:
            app.pipeline.run(officer, ask)
        assert over.value.reason == "HOLD_LIFTED"
        with pytest.raises(Invalid):
            app.pipeline.run(officer, HoldLedger(first_leaf=5, last_leaf=4,
                                                 reason=HoldReason.REGULATOR))  # fmt: skip
        app.pipeline.run(officer, HoldLedger(first_leaf=0, reason=HoldReason.REGULATOR))
        with reading(app.engine) as session:
            assert len(legal_holds(session, [NETWORK], limit=9)) == 2
            here = legal_holds(session, [Scope(hospital.id)], limit=9)
            assert [one.id for one in here] == [hold.id]  # the ledger is the network's


def held(app: App, patient_id: UUID) -> LegalHold | None:
    with reading(app.engine) as session:
        return holding(session, [patient_id])
