"""Alarm rules in GraphQL: read, try on history, draft, publish by a second person, retire."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.alarm_rule_inputs import AlarmRuleInput
from api.alarm_rule_views import AlarmRuleView, RuleFiring, RuleTrial
from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from domain.alarms import rule_queries
from domain.alarms.rule_commands import ChangeDraft, DraftRule, PublishRule, RetireRule
from domain.alarms.rule_model import AlarmRule, RuleStage
from domain.alarms.trying import try_rule
from kit.work import Scope


@strawberry.type
class AlarmRuleQueries:
    @query("alarm_rule.read")
    def alarm_rules(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        state: RuleStage | None = None,
    ) -> Connection[AlarmRuleView]:
        """Versions of a hospital's rules, in the order of drafting; retired ones too."""
        rows = rule_queries.rules(
            reader.session, reader.scopes, hospital_id, state=state, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: _shown(reader, row))

    @query("alarm_rule.read")
    def alarm_rule(self, reader: Reader, id: UUID) -> AlarmRuleView:
        """One version of a rule."""
        return _shown(reader, rule_queries.rule_in_reach(reader.session, reader.scopes, id))

    @query("alarm_rule.draft")
    def try_rule(
        self,
        reader: Reader,
        hospital_id: UUID,
        rule: AlarmRuleInput,
        since: datetime,
        until: datetime,
        ward_id: UUID | None = None,
    ) -> RuleTrial:
        """What the rule would have said of the stored readings; it changes nothing."""
        found = try_rule(
            reader.session, reader.scopes, hospital_id, rule.plain(), since, until,
            ward_id=ward_id,
        )  # fmt: skip
        firings = [RuleFiring.of(one, reader.sight(one.scope, one.subject))
                   for one in found.firings]  # fmt: skip
        return RuleTrial.of(found, reader.sight(Scope(hospital_id, ward_id)), firings)


@strawberry.type
class AlarmRuleMutations:
    @mutation(returns=AlarmRuleView)
    def draft_alarm_rule(
        self, hospital_id: UUID, rule: AlarmRuleInput, ward_id: UUID | None = None
    ) -> DraftRule:
        return DraftRule(hospital_id=hospital_id, rule=rule.plain(), ward_id=ward_id)

    @mutation(returns=AlarmRuleView)
    def change_alarm_rule_draft(
        self, rule_id: UUID, rule: AlarmRuleInput, version: int | None = None
    ) -> ChangeDraft:
        return ChangeDraft(rule_id=rule_id, rule=rule.plain(), version=version)

    @mutation(returns=AlarmRuleView)
    def publish_alarm_rule(self, rule_id: UUID, version: int | None = None) -> PublishRule:
        return PublishRule(rule_id=rule_id, version=version)

    @mutation(returns=AlarmRuleView)
    def retire_alarm_rule(self, rule_id: UUID, version: int | None = None) -> RetireRule:
        return RetireRule(rule_id=rule_id, version=version)


def _shown(reader: Reader, row: AlarmRule) -> AlarmRuleView:
    return AlarmRuleView.of(row, reader.sight(rule_queries.seen_from(row, reader.scopes)))
