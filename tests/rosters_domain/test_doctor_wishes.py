"""A wished doctor is weighed and the price of another is shown; an excluded one never comes."""

from domain.patients.model import Encounter
from domain.plans.commands import ExecuteItem, ItemDecision
from domain.plans.kinds import OverrideReason
from domain.plans.model import ProposalItem
from domain.rosters.care_asking import ApproveCarePlan, RequestCarePlan
from domain.rosters.care_freezing import care_rules
from domain.rosters.care_kind import NO_DOCTOR
from domain.rosters.doctor_wishes import StateDoctorWish
from domain.rosters.preference_model import DoctorWish, DoctorWord
from kit.errors import Conflict, Invalid
from tests.rosters_domain.planned import carried_out, solved
from tests.rosters_domain.test_care import doctor_of, lying, on_duty_now
from tests.staff.team import Team

WISHED, EXCLUDED, NONE = DoctorWord.WISHED, DoctorWord.EXCLUDED, DoctorWord.NONE


def say(team: Team, patient: Encounter, number: str, word: DoctorWord) -> DoctorWish:
    team.world.tick()
    return team.world.run(StateDoctorWish(
        encounter_id=patient.id, doctor_id=team.people[number].id, word=word
    ))  # fmt: skip


def planned(team: Team) -> list[ProposalItem]:
    asked = RequestCarePlan(hospital_id=team.world.hospital.id)
    return solved(team.world, team.world.run(asked))


def who(team: Team, item: ProposalItem) -> str:
    numbers = {str(member.id): number for number, member in team.people.items()}
    return numbers[item.detail["doctor"]]


def test_a_wish_is_met_and_outweighs_the_doctor_of_yesterday(team: Team) -> None:
    """Both weights are shown: what the wish costs, and what missing it would."""
    on_duty_now(team)
    patient = lying(team.world, "A1")
    say(team, patient, "DR2", WISHED)
    plan = team.world.run(RequestCarePlan(hospital_id=team.world.hospital.id))
    (item,) = solved(team.world, plan)
    team.world.run(ApproveCarePlan(proposal_id=plan.id))
    carried_out(team.world, plan)
    assert doctor_of(team, patient) == {"DR2"}
    say(team, patient, "DR1", WISHED)  # one at a time: the first wish ends
    (item,) = planned(team)
    weights = care_rules()["weights"]
    assert who(team, item) == "DR1"
    assert item.terms == [{"code": "CONTINUITY_LOST", "penalty": weights["CONTINUITY_LOST"]}]
    (other,) = item.alternatives
    assert other["terms"] == [["WISH_MISSED", weights["WISH_MISSED"]]]
    assert other["price"] == weights["WISH_MISSED"] - weights["CONTINUITY_LOST"]
    say(team, patient, "DR1", NONE)
    (item,) = planned(team)
    assert (who(team, item), item.terms) == ("DR2", [])


def test_an_excluded_doctor_never_comes_whoever_asks(team: Team) -> None:
    """Not by plan, not by choice, not by a plan approved before; taken back, they may."""
    on_duty_now(team)
    world, patient = team.world, lying(team.world, "A1")
    say(team, patient, "DR1", EXCLUDED)
    plan = world.run(RequestCarePlan(hospital_id=world.hospital.id))
    (item,) = solved(world, plan)
    assert (who(team, item), item.alternatives) == ("DR2", [])
    assert "EXCLUDED" in item.kept
    chosen = ItemDecision(item_id=item.id, choice={"doctor": str(team.people["DR1"].id)},
                          reason=OverrideReason.PATIENT_WISH)  # fmt: skip
    world.refused(ApproveCarePlan(proposal_id=plan.id, items=(chosen,)), Conflict,
                  "DOCTOR_EXCLUDED")  # fmt: skip
    world.run(ApproveCarePlan(proposal_id=plan.id))
    say(team, patient, "DR2", EXCLUDED)
    world.refused(ExecuteItem(item_id=item.id), Conflict, "DOCTOR_EXCLUDED")
    (alone,) = planned(team)
    assert alone.action == NO_DOCTOR
    assert {"rule": "EXCLUDED", "doctors": 2} in alone.reasons
    say(team, patient, "DR2", NONE)
    world.run(ExecuteItem(item_id=item.id))
    assert doctor_of(team, patient) == {"DR2"}


def test_only_a_doctor_of_the_hospital_is_wished_for(team: Team) -> None:
    on_duty_now(team)
    patient = lying(team.world, "A1")
    nurse = StateDoctorWish(encounter_id=patient.id, doctor_id=team.people["N1"].id, word=WISHED)
    assert team.world.refused(nurse, Invalid, "INVALID").field == "doctorId"
