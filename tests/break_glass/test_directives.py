"""Breaking the glass shows a patient who has refused to be seen; that is on record."""

from domain.patients.directive_model import DirectiveWord
from domain.patients.directives import RecordConsentDirective
from kit.work import NETWORK, Scope
from tests.break_glass.conftest import Town
from tests.break_glass.test_break_glass import name_of


def test_an_emergency_is_not_refused(town: Town) -> None:
    patient, hospital = town.here.ids["patient"], Scope(town.here.ids["hospital"])
    officer = town.person("compliance-officer", NETWORK)
    town.city.do(RecordConsentDirective(patient_id=patient, word=DirectiveWord.DENY), officer)
    manager, doctor = town.person("bed-manager", hospital), town.person("physician", hospital)
    assert name_of(town, manager, patient) is None
    assert name_of(town, doctor, patient) is None
    town.request(doctor, p=str(patient))
    assert name_of(town, doctor, patient) == "Lying"
    assert name_of(town, manager, patient) is None
    read = town.entries(action="patient.read", purpose="ETREAT")[-1]
    assert ["directives_passed", 1] in read["notes"]
