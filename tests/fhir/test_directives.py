"""Whoever refuses a purpose is left out of what FHIR answers for it; other reads go on."""

from datetime import timedelta
from typing import Any

from domain.patients.directive_model import DirectiveWord
from domain.patients.directives import RecordConsentDirective
from kit.purpose import PurposeOfUse
from kit.work import NETWORK
from tests.fhir.world import FhirWorld


def test_a_refused_purpose_leaves_the_encounter_out(world: FhirWorld) -> None:
    client, ids = world.client("bed-manager"), world.corner.ids
    officer = world.city.enrol("compliance-officer", scope=NETWORK)
    patient = ids["patient"]

    def found(purpose: str) -> set[str]:
        headers = {"Purpose-Of-Use": purpose}
        answer = client._send("GET", "Encounter", headers=headers, params={"patient": str(patient)})
        body: dict[str, Any] = answer.json()
        return {one["resource"]["id"] for one in body.get("entry", ())}

    assert found("HQUALIMP") == found("TREAT") == {str(ids["encounter"])}
    now = world.city.app.clock()
    world.city.do(RecordConsentDirective(
        patient_id=patient, word=DirectiveWord.DENY, purpose=PurposeOfUse.HQUALIMP,
        since=now - timedelta(minutes=1),
    ), officer)  # fmt: skip
    assert found("HQUALIMP") == set()
    assert found("TREAT") == {str(ids["encounter"])}
    unknown = client._send("GET", "Encounter", headers={"Purpose-Of-Use": "WHIM"})
    assert unknown.status_code == 400
