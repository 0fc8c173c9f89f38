"""Drafted by one, published by another, never edited after that."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from domain.alarms.rule_commands import ChangeDraft, DraftRule, PublishRule, RetireRule
from domain.alarms.rule_model import AlarmRule, RuleStage
from kit.errors import Conflict, Denied, Invalid, Retry
from kit.work import Scope
from tests.alarm_rules.rule_cases import at_once, spo2_low
from tests.alarm_rules.ward import AUTHOR, PUBLISHER, Ward


def draft(ward: Ward, **more: object) -> AlarmRule:
    ward.world.actor = AUTHOR
    return ward.world.run(DraftRule(hospital_id=ward.world.hospital.id, rule=spo2_low(**more)))


def test_a_draft_is_published_by_a_second_person(ward: Ward) -> None:
    drafted = draft(ward)
    assert (drafted.state, drafted.number, drafted.author_id) == (RuleStage.DRAFT, 1, AUTHOR.id)
    ward.world.refused(PublishRule(rule_id=drafted.id), Denied, "FOUR_EYES")
    ward.world.actor = PUBLISHER
    published = ward.world.run(PublishRule(rule_id=drafted.id))
    assert (published.state, published.published_by) == (RuleStage.PUBLISHED, PUBLISHER.id)
    assert [event.name for event in ward.world.events] == ["AlarmRulePublished"]


def test_the_database_too_wants_a_second_person(ward: Ward) -> None:
    drafted = draft(ward)
    with pytest.raises(IntegrityError):
        ward.world.sql(
            "UPDATE alarm_rule SET state = 'PUBLISHED', published_by = author_id WHERE number = 1"
        )
    assert ward.world.get(AlarmRule, drafted.id).state is RuleStage.DRAFT


def test_whoever_changed_a_draft_last_cannot_publish_it(ward: Ward) -> None:
    drafted = draft(ward)
    ward.world.actor = PUBLISHER
    ward.world.run(ChangeDraft(rule_id=drafted.id, rule=spo2_low(threshold=88)))
    ward.world.refused(PublishRule(rule_id=drafted.id), Denied, "FOUR_EYES")
    ward.world.actor = AUTHOR
    ward.world.run(PublishRule(rule_id=drafted.id))
    assert ward.world.get(AlarmRule, drafted.id).body["threshold"] == 88.0


def test_a_published_version_is_not_edited_a_new_one_follows(ward: Ward) -> None:
    (first,) = ward.publish(spo2_low())
    changed = ChangeDraft(rule_id=first.id, rule=spo2_low(threshold=88))
    assert ward.world.refused(changed, Conflict, "RULE_STATE").allowed == ("RETIRED",)
    ward.world.refused(PublishRule(rule_id=first.id), Conflict, "RULE_STATE")
    (second,) = ward.publish(spo2_low(threshold=88))
    old = ward.world.get(AlarmRule, first.id)
    assert (old.state, old.body["threshold"]) == (RuleStage.RETIRED, 90.0)
    assert (second.number, second.state) == (2, RuleStage.PUBLISHED)


def test_one_draft_at_a_time_and_none_that_says_the_same(ward: Ward) -> None:
    (first,) = ward.publish(spo2_low())
    again = DraftRule(hospital_id=ward.world.hospital.id, rule=spo2_low())
    assert ward.world.refused(again, Conflict, "RULE_UNCHANGED").blocking == first.id
    open_ = draft(ward, threshold=88)
    other = DraftRule(hospital_id=ward.world.hospital.id, rule=spo2_low(threshold=87))
    assert ward.world.refused(other, Conflict, "RULE_DRAFT_OPEN").blocking == open_.id


def test_a_rule_keeps_its_place_and_its_id(ward: Ward) -> None:
    world = ward.world
    ward.publish(spo2_low())
    elsewhere = DraftRule(hospital_id=world.hospital.id, rule=spo2_low(threshold=88),
                          ward_id=world.ward_a.id)  # fmt: skip
    world.refused(elsewhere, Conflict, "RULE_PLACE")
    drafted = draft(ward, threshold=88)
    renamed = ChangeDraft(rule_id=drafted.id, rule=at_once())
    assert world.refused(renamed, Invalid, "RULE_CODE").allowed == ("spo2-low",)


def test_a_change_of_what_somebody_else_has_changed_is_refused(ward: Ward) -> None:
    drafted = draft(ward)
    ward.world.run(ChangeDraft(rule_id=drafted.id, rule=spo2_low(threshold=88), version=1))
    stale = ChangeDraft(rule_id=drafted.id, rule=spo2_low(threshold=87), version=1)
    ward.world.refused(stale, Retry, "STALE_VERSION")
    ward.world.actor = PUBLISHER
    ward.world.refused(PublishRule(rule_id=drafted.id, version=1), Retry, "STALE_VERSION")


def test_a_wrong_rule_is_not_drafted(ward: Ward) -> None:
    wrong = DraftRule(hospital_id=ward.world.hospital.id, rule=spo2_low(clear=80))
    assert ward.world.refused(wrong, Invalid, "RULE_CLEAR").field == "clear"


def test_a_retired_rule_says_nothing_more_and_its_alarm_ends(ward: Ward) -> None:
    (rule,) = ward.publish(at_once())
    ward.device("M1", "A1")
    ward.send("M1", "hr", [(1, 150)])
    ward.world.run(RetireRule(rule_id=rule.id))
    assert (ward.alarms(), ward.phases()) == ([("A1", "RESOLVED")], [])
    ward.send("M1", "hr", [(2, 150)])
    assert ward.alarms() == [("A1", "RESOLVED")]
    ward.world.refused(RetireRule(rule_id=rule.id), Conflict, "RULE_STATE")


def test_a_rule_lands_where_it_is_for(ward: Ward) -> None:
    world = ward.world
    of_ward = DraftRule(hospital_id=world.hospital.id, rule=spo2_low(), ward_id=world.ward_b.id)
    assert world.scope(of_ward) == world.ward_b.scope
    foreign = DraftRule(hospital_id=uuid4(), rule=spo2_low(), ward_id=world.ward_b.id)
    with pytest.raises(Invalid):
        world.scope(foreign)
    assert world.scope(DraftRule(hospital_id=world.hospital.id, rule=spo2_low())) == Scope(
        world.hospital.id
    )
