"""Rules are drafted by one person, published by another, and never edited after that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from domain.alarms.lifecycle import clear_alarm
from domain.alarms.rule_body import RuleBody, hash_of
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_model import AlarmRule, RuleStage
from domain.alarms.rule_phase import Phase
from domain.alarms.rule_plain import plain_of
from domain.alarms.rule_states import forget
from domain.places.model import Hospital, Ward
from domain.places.times import expect_version, store
from kit.command import Command
from kit.errors import Conflict, Denied, Invalid
from kit.work import Scope, Work

ALARMING = (Phase.FIRING, Phase.CLEARING, Phase.NO_DATA)


class OfRule:
    """Lands where the rule is for."""

    rule_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(AlarmRule, self.rule_id).scope


@dataclass(frozen=True, kw_only=True)
class DraftRule(Command[AlarmRule]):
    """Draft an alarm rule, or the next version of one; a second person publishes it.

    `rule` is its plain form: id, kind, metric, limits, delays, severity, texts, escalation.
    """

    action = "alarm_rule.draft"

    hospital_id: UUID
    rule: Mapping[str, Any]
    ward_id: UUID | None = None

    def scope(self, work: Work) -> Scope:
        if self.ward_id is None:
            return work.get(Hospital, self.hospital_id).scope
        ward = work.get(Ward, self.ward_id)
        if ward.hospital_id != self.hospital_id:
            raise Invalid("this ward is in another hospital", field="wardId")
        return ward.scope

    def apply(self, work: Work) -> AlarmRule:
        body = read_rule(self.rule)
        plain = plain_of(body)
        latest = latest_version(work, self.hospital_id, body.code)
        if latest is not None:
            _require_successor(latest, self.ward_id, hash_of(plain))
        drafted = AlarmRule(
            hospital_id=self.hospital_id, ward_id=self.ward_id, code=body.code,
            number=latest.number + 1 if latest else 1, kind=body.kind, metric=body.metric,
            severity=body.severity, body=plain, body_hash=hash_of(plain),
            device_kind=body.device_kind, author_id=work.actor.id, drafted_at=work.now,
        )  # fmt: skip
        store(work, drafted)
        work.emit("AlarmRuleDrafted", drafted.scope, rule=drafted.id)
        return drafted


@dataclass(frozen=True, kw_only=True)
class ChangeDraft(OfRule, Command[AlarmRule]):
    """Change a draft. Whoever changes it is its author from then on, and cannot publish it."""

    action = "alarm_rule.draft"

    rule_id: UUID
    rule: Mapping[str, Any]
    version: int | None = None

    def apply(self, work: Work) -> AlarmRule:
        draft = work.get(AlarmRule, self.rule_id)
        expect_version(draft, self.version)
        _require(draft, RuleStage.DRAFT)
        body = read_rule(self.rule)
        if body.code != draft.code:
            raise Invalid("a rule keeps its id", reason="RULE_CODE", field="id",
                          allowed=(draft.code,))  # fmt: skip
        _write(draft, body)
        draft.author_id, draft.drafted_at = work.actor.id, work.now
        work.emit("AlarmRuleDrafted", draft.scope, rule=draft.id)
        return draft


@dataclass(frozen=True, kw_only=True)
class PublishRule(OfRule, Command[AlarmRule]):
    """Put a draft that somebody else wrote in force; it takes the place of the version before.

    What the old version had pending or firing is reset, and its alarms are resolved.
    """

    action = "alarm_rule.publish"

    rule_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> AlarmRule:
        draft = work.get(AlarmRule, self.rule_id)
        expect_version(draft, self.version)
        _require(draft, RuleStage.DRAFT)
        if draft.author_id == work.actor.id:
            raise Denied("a second person publishes the rule", reason="FOUR_EYES")
        read_rule(draft.body)  # the catalogue may know less today than when it was drafted
        before = _published(work, draft.hospital_id, draft.code)
        if before is not None:
            _retire(work, before, "RULE_CHANGED")
            work.session.flush()
        draft.state, draft.published_by, draft.published_at = (
            RuleStage.PUBLISHED, work.actor.id, work.now,
        )  # fmt: skip
        work.emit("AlarmRulePublished", draft.scope, rule=draft.id)
        return draft


@dataclass(frozen=True, kw_only=True)
class RetireRule(OfRule, Command[AlarmRule]):
    """Put a rule out of force, or drop a draft; the alarms of the rule are resolved."""

    action = "alarm_rule.retire"

    rule_id: UUID
    version: int | None = None

    def apply(self, work: Work) -> AlarmRule:
        rule = work.get(AlarmRule, self.rule_id)
        expect_version(rule, self.version)
        if rule.state is RuleStage.RETIRED:
            raise _state_of(rule)
        _retire(work, rule, "RULE_RETIRED")
        work.emit("AlarmRuleRetired", rule.scope, rule=rule.id)
        return rule


def latest_version(work: Work, hospital_id: UUID, code: str) -> AlarmRule | None:
    """The newest version of a rule, in whatever state."""
    asked = select(AlarmRule).where(AlarmRule.hospital_id == hospital_id, AlarmRule.code == code)
    return work.session.exec(asked.order_by(col(AlarmRule.number).desc()).limit(1)).first()


def _require_successor(latest: AlarmRule, ward_id: UUID | None, body_hash: str) -> None:
    if latest.state is RuleStage.DRAFT:
        raise Conflict("there is a draft of this rule: change or retire it",
                       reason="RULE_DRAFT_OPEN", blocking=latest.id)  # fmt: skip
    if latest.ward_id != ward_id:
        raise Conflict("this rule is for another place: take another id",
                       reason="RULE_PLACE", blocking=latest.id)  # fmt: skip
    if latest.state is RuleStage.PUBLISHED and latest.body_hash == body_hash:
        raise Conflict("this is what the published version says already",
                       reason="RULE_UNCHANGED", blocking=latest.id)  # fmt: skip


def _published(work: Work, hospital_id: UUID, code: str) -> AlarmRule | None:
    asked = select(AlarmRule).where(
        AlarmRule.hospital_id == hospital_id, AlarmRule.code == code,
        AlarmRule.state == RuleStage.PUBLISHED,
    )  # fmt: skip
    return work.session.exec(asked).one_or_none()


def _write(draft: AlarmRule, body: RuleBody) -> None:
    plain = plain_of(body)
    draft.kind, draft.metric, draft.severity = body.kind, body.metric, body.severity
    draft.device_kind, draft.body, draft.body_hash = body.device_kind, plain, hash_of(plain)


def _retire(work: Work, rule: AlarmRule, reason: str) -> None:
    standing = forget(work.session, rule.id)
    for one in standing:
        if one.track.phase in ALARMING:
            clear_alarm(work, rule_id=rule.id, entity=one.entity, hospital_id=rule.hospital_id,
                        reason=reason)  # fmt: skip
    rule.state, rule.retired_by, rule.retired_at = RuleStage.RETIRED, work.actor.id, work.now
    work.note(states_reset=len(standing))


def _require(rule: AlarmRule, state: RuleStage) -> None:
    if rule.state is not state:
        raise _state_of(rule)


def _state_of(rule: AlarmRule) -> Conflict:
    allowed = {RuleStage.DRAFT: ("PUBLISHED", "RETIRED"), RuleStage.PUBLISHED: ("RETIRED",)}
    return Conflict(f"this version is {rule.state}", reason="RULE_STATE", blocking=rule.id,
                    allowed=allowed.get(rule.state, ()))  # fmt: skip
