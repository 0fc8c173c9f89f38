"""The measures of an interval, each against an oracle of plain loops."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from domain.beds.commands import AdmitPatient, DepartPatient
from domain.beds.correcting import CorrectStay
from domain.measures.formulas import MeasureName, formulas
from domain.measures.interval import Figure, Lack, figures
from domain.places.model import Ward
from domain.plans.commands import OverrideReason
from domain.plans.model import Approval, ItemState, PlanState, Proposal, ProposalItem, SolverRun
from kit.errors import Invalid
from kit.ids import new_id
from kit.work import NETWORK
from tests.domain_world import DAY, HOUR, MINUTE, NOON, World
from tests.measures import oracle
from tests.measures.story import Story

N = MeasureName


def ask(world: World, *names: MeasureName, ward: Ward | None = None) -> dict[MeasureName, Figure]:
    """From a while after the beginning until a while before now."""
    with Session(world.engine) as session:
        found = figures(session, [NETWORK], world.hospital.id, ward.id if ward else None,
                        NOON + 5 * HOUR, world.now, world.now, names or tuple(N))  # fmt: skip
    return {one.formula.name: one for one in found}


def test_every_measure_agrees_with_the_oracle(world: World) -> None:
    story = Story(world, 5)
    story.tell(4)
    assert {"CorrectStay", "MovePatient", "SetExpectedDischarge"} <= set(story.done)
    compared = 0
    for ward in (world.ward_a, world.ward_b, story.ed, None):
        look = oracle.Looking(world, NOON + 5 * HOUR, world.now, ward.id if ward else None)
        occupied, opened = oracle.bed_days(look)
        left = len(look.departures())
        expected: dict[MeasureName, tuple[float, float | None]] = {
            N.OCCUPANCY: (occupied, opened), N.OCCUPANCY_MIDNIGHT: oracle.bed_nights(look),
            N.BED_USE_RATE: oracle.bed_use(look), N.ALOS: oracle.in_bed_days(look),
            N.ALOS_CALENDAR: oracle.calendar_days(look), N.DISCHARGES: (left, None),
            N.TURNOVER: (left, opened / ((world.now - NOON - 5 * HOUR) / DAY)),
            N.TURNOVER_INTERVAL: (opened - occupied, left),
            N.CLEANING_TURNAROUND: oracle.cleaning(look), N.TIME_TO_BED: oracle.to_bed(look),
            N.BOARDING_TIME: oracle.boarding(look), N.MOVES_PER_STAY: (look.moves(False), left),
            N.NIGHT_MOVES_PER_STAY: (look.moves(True), left), N.OUTLIERS: oracle.strangers(look),
            N.MIXED_SEX_BREACHES: oracle.mixed(look),
            N.EXPECTED_DISCHARGE_ACCURACY: oracle.foreseen(look),
        }  # fmt: skip
        for name, figure in ask(world, *expected, ward=ward).items():
            numerator, denominator = expected[name]
            assert figure.numerator == pytest.approx(numerator), (name, ward)
            assert figure.denominator == pytest.approx(denominator), (name, ward)
            factor = formulas()[name].factor
            if denominator == 0:
                assert (figure.value, figure.lack) == (None, Lack.NO_CASES)
            else:
                compared += bool(numerator)
                assert figure.value == pytest.approx(factor * numerator / (denominator or 1))
                assert figure.lack is None
    assert compared > 25  # most of them say something


def test_one_patients_stay_in_round_numbers(world: World) -> None:
    encounter, _ = world.admit("A1")
    world.tick(timedelta(days=2) - MINUTE)
    world.run(DepartPatient(encounter_id=encounter.id))
    world.tick(4 * DAY - (world.now - NOON))
    found = ask(world, ward=world.ward_a)
    assert {name: one.value for name, one in found.items() if one.cases == 1} == {
        N.OCCUPANCY: pytest.approx(100 * (2 - 5 / 24 + 2 / 1440) / (5 * (4 - 5 / 24))),
        N.OCCUPANCY_MIDNIGHT: pytest.approx(100 / 15), N.BED_USE_RATE: pytest.approx(100 / 15), N.ALOS: 2.0, N.ALOS_CALENDAR: 2.0,
        N.DISCHARGES: 1.0, N.TURNOVER: pytest.approx(0.2), N.MOVES_PER_STAY: 0.0,
        N.NIGHT_MOVES_PER_STAY: 0.0,
        N.TURNOVER_INTERVAL: pytest.approx(5 * (4 - 5 / 24) - (2 - 5 / 24 + 2 / 1440)),
    }  # fmt: skip


def test_a_correction_after_the_fact_changes_the_figure(world: World) -> None:
    encounter = world.arrive()
    world.tick(10 * HOUR)
    stay = world.run(AdmitPatient(encounter_id=encounter.id, bed_id=world.beds["A1"]))
    world.tick(10 * HOUR)
    before = ask(world, N.OCCUPANCY, ward=world.ward_a)[N.OCCUPANCY]
    world.run(CorrectStay(stay_id=stay.id, since=stay.since - 4 * HOUR, reason="LATE"))
    after = ask(world, N.OCCUPANCY, ward=world.ward_a)[N.OCCUPANCY]
    assert before.numerator == pytest.approx(10 / 24)
    assert after.numerator == pytest.approx(14 / 24)


def test_what_the_house_does_not_know_says_why(world: World) -> None:
    world.tick(6 * HOUR)
    found = ask(world)
    lacking = {name: one.lack for name, one in found.items() if one.lack is not Lack.NO_CASES}
    assert lacking == {
        N.RATIO_COMPLIANCE: Lack.NO_STAFF_DATA, N.FORECAST_COVERAGE: Lack.NO_FORECASTS,
        N.OCCUPANCY: None, N.TURNOVER: None, N.ADMISSIONS: None, N.DISCHARGES: None,
        N.MIXED_SEX_BREACHES: None,
    }  # fmt: skip
    assert {one.value for one in found.values() if one.lack} == {None}


def test_accepted_plans_are_counted_and_overrides_named(world: World) -> None:
    world.tick(6 * HOUR)
    _decided(world, [(True, None, False)] * 3)
    _decided(world, [(True, OverrideReason.FAMILY, True), (False, OverrideReason.FAMILY, False)])
    _decided(world, [(False, OverrideReason.CLINICAL, False)])
    world.tick(HOUR)
    figure = ask(world, N.PROPOSAL_ACCEPTANCE)[N.PROPOSAL_ACCEPTANCE]
    assert (figure.value, figure.numerator, figure.denominator) == (50.0, 3.0, 6.0)
    assert figure.parts == (("CLINICAL", 1), ("FAMILY", 2))
    elsewhere = ask(world, N.PROPOSAL_ACCEPTANCE, ward=world.ward_b)[N.PROPOSAL_ACCEPTANCE]
    assert (elsewhere.value, elsewhere.lack) == (None, Lack.NO_CASES)


def _decided(world: World, decisions: list[tuple[bool, OverrideReason | None, bool]]) -> None:
    """A plan with a decision per item: approved, why otherwise, whether in another bed."""
    waiting = [world.request(world.arrive()) for _ in decisions]
    with Session(world.engine) as session:
        run = SolverRun(hospital_id=world.hospital.id, problem=b"", problem_hash="", rules="",
                        time_limit_ms=1, gap_limit_ppm=0)  # fmt: skip
        plan = Proposal(
            hospital_id=world.hospital.id, ward_id=world.ward_a.id, run_id=run.id,
            state=PlanState.READY, requested_by=new_id(), requested_at=world.now, as_of=world.now,
        )  # fmt: skip
        items = [
            ProposalItem(
                proposal_id=plan.id, hospital_id=world.hospital.id, request_id=request.id,
                key=str(request.id), action="HOLD_BED",
                encounter_id=request.encounter_id, subject=request.subject,
                to_bed_id=world.beds["A1"], state=ItemState.APPROVED,
            )
            for request in waiting
        ]  # fmt: skip
        approvals = [
            Approval(
                proposal_id=plan.id, item_id=item.id, account_id=new_id(), approved=approved,
                override_reason=reason, chosen_bed_id=world.beds["A2"] if other else None,
                at=world.now,
            )
            for item, (approved, reason, other) in zip(items, decisions, strict=True)
        ]  # fmt: skip
        for rows in ([run], [plan], items, approvals):
            session.add_all(rows)
            session.flush()
        session.commit()


def test_very_few_patients_are_not_told_to_who_sees_aggregates_only(world: World) -> None:
    for code in ("A1", "A4"):
        encounter, _ = world.admit(code)
        world.tick(6 * HOUR)
        world.run(DepartPatient(encounter_id=encounter.id))
    world.tick()
    found = ask(world, N.ALOS, N.OCCUPANCY, N.BOARDING_TIME)
    shown = [one.for_aggregates_only() for one in found.values()]
    assert [(one.value is None, one.lack) for one in shown] == [
        (True, Lack.TOO_FEW), (False, None), (True, Lack.NO_CASES),
    ]  # fmt: skip
    assert (shown[0].numerator, shown[0].denominator, shown[0].cases) == (None, None, 0)


def test_every_measure_has_a_formula_in_both_languages() -> None:
    assert set(formulas()) == set(MeasureName)
    for one in formulas().values():
        assert all((one.unit, one.formula, one.name_zh, one.name_en, one.text_zh, one.text_en))
        assert one.factor == (100.0 if one.unit == "%" else 1.0)


def test_an_empty_interval_is_refused(world: World) -> None:
    with Session(world.engine) as session, pytest.raises(Invalid):
        figures(session, [NETWORK], None, None, NOON, NOON, world.now)
