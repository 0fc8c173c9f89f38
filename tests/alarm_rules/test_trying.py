"""A rule replayed over stored readings says what it would have said, and changes nothing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from domain.alarms.trying import Trial, try_rule
from domain.beds.leaving import DepartPatient
from kit.errors import Invalid, NotFound
from kit.work import NETWORK, Scope
from tests.alarm_rules.rule_cases import at_once, spo2_low
from tests.alarm_rules.ward import MINUTE, Ward
from tests.domain_world import NOON, World


def tried(
    world: World, rule: dict[str, Any], until: datetime, *, since: datetime = NOON,
    scopes: tuple[Scope, ...] = (NETWORK,), **more: Any,
) -> Trial:  # fmt: skip
    with Session(world.engine) as session:
        return try_rule(session, scopes, world.hospital.id, rule, since, until, **more)


def test_a_trial_says_when_and_where_it_would_have_alarmed(ward: Ward) -> None:
    ward.device("M1", "A1")
    ward.device("M2", "A2")
    ward.send("M1", "spo2", [(1, 88), (2, 87), (3, 86), (4, 95), (9, 95), (20, 85)])
    ward.send("M2", "spo2", [(1, 97), (2, 96)])
    ward.send("M2", "hr", [(1, 150)])
    before = ward.world.rows()
    found = tried(ward.world, spo2_low(), NOON + timedelta(hours=1))
    assert (found.readings, found.entities, found.count) == (8, 2, 1)
    (firing,) = found.firings
    assert (firing.place, firing.value) == ("A1", 86.0)
    assert (firing.since, firing.until) == (NOON + 3 * MINUTE, NOON + 9 * MINUTE)
    assert firing.scope == ward.world.ward_a.scope
    assert ward.world.rows() == before


def test_a_trial_agrees_with_what_the_rule_then_does(ward: Ward) -> None:
    rule = spo2_low(**{"for": "PT2M", "minSamples": 1, "clearFor": "PT1M"})
    said = [(n, 85.0 if n % 9 < 4 else 96.0) for n in range(1, 60)]
    ward.device("M1", "A1")
    ward.send("M1", "spo2", said)
    found = tried(ward.world, rule, NOON + timedelta(hours=2))
    ward.publish(rule)
    ward.device("M2", "A2")
    ward.send("M2", "spo2", said)
    assert found.count == len(ward.alarm_rows()) == 7
    assert [one.since for one in found.firings] == [one.raised_by_at for one in ward.alarm_rows()]


def test_one_patients_readings_are_not_counted_for_the_next(ward: Ward) -> None:
    ward.device("M1", "A1")
    encounter, stay = ward.world.admit("A1")
    ward.send("M1", "spo2", [(5, 85), (6, 85)])
    ward.world.now = NOON + 7 * MINUTE
    ward.world.run(DepartPatient(encounter_id=encounter.id))
    ward.send("M1", "spo2", [(8, 85), (9, 85)])
    patient = spo2_low(**{"for": "PT3M"})
    assert tried(ward.world, patient, NOON + 10 * MINUTE).count == 0
    quick = spo2_low(**{"for": "PT1M"})
    found = tried(ward.world, quick, NOON + timedelta(hours=1))
    assert [one.subject for one in found.firings] == [stay.subject, None]


def test_a_trial_reaches_no_further_than_its_viewer(ward: Ward) -> None:
    world, until = ward.world, NOON + timedelta(hours=1)
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(1, 150)])
    of_ward = (world.ward_a.scope,)
    with pytest.raises(NotFound):
        tried(world, at_once(), until, scopes=of_ward)
    with pytest.raises(NotFound):
        tried(world, at_once(), until, scopes=of_ward, ward_id=world.ward_b.id)
    assert tried(world, at_once(), until, scopes=of_ward, ward_id=world.ward_a.id).count == 1
    assert tried(world, at_once(), until, ward_id=world.ward_b.id).count == 0


def test_what_cannot_be_tried_is_refused(ward: Ward) -> None:
    silence = {"id": "s", "kind": "absence", "severity": "low", "text": spo2_low()["text"]}
    for rule, until, reason in (
        (silence, NOON + MINUTE, "RULE_BY_CLOCK"),
        (spo2_low(), NOON + timedelta(days=32), "TRIAL_SPAN"),
        (spo2_low(), NOON, "TRIAL_SPAN"),
        (spo2_low(clear=1), NOON + MINUTE, "RULE_CLEAR"),
    ):
        with pytest.raises(Invalid) as refused:
            tried(ward.world, rule, until)
        assert refused.value.reason == reason
