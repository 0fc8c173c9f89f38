"""Alarms in GraphQL: lists, history, what people do with them, and the live list of a place."""

from datetime import datetime
from uuid import UUID

import strawberry

from api.alarm_views import AlarmEventView, AlarmsEvent, AlarmView, FloodView, LimitView
from api.connection import Connection, after_key, page_of, page_size
from api.mutation import mutation
from api.query import Reader, query
from api.subscription import Topic, subscription
from domain.alarms import commands, queries
from domain.alarms.limits import present_limits
from domain.alarms.model import Alarm, AlarmState, Severity
from domain.places.reach import hospital_in_reach

ALARM_EVENTS = frozenset({"AlarmOpened", "AlarmChanged", "AlarmResolved"})
MOST_LIVE = 1_000


@strawberry.type
class AlarmQueries:
    @query("alarm.read")
    def alarms(
        self,
        reader: Reader,
        first: int,
        after: str | None = None,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        states: list[AlarmState] | None = None,
        severity: Severity = Severity.LOW,
    ) -> Connection[AlarmView]:
        """Alarms by id, which is by time: unresolved ones, or those in `states`, of at least that
        severity."""
        rows = queries.alarms(
            reader.session, reader.scopes, hospital_id=hospital_id, ward_id=ward_id,
            states=queries.PRESENT if states is None else states, severity=severity,
            after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: shown(reader, row))

    @query("alarm.read")
    def alarm(self, reader: Reader, id: UUID) -> AlarmView | None:
        """One alarm; null for an unknown and for a foreign one alike."""
        row = queries.alarm_in_scope(reader.session, reader.scopes, id)
        return shown(reader, row) if row else None

    @query("alarm.read")
    def alarm_events(
        self, reader: Reader, alarm_id: UUID, first: int, after_number: int = 0
    ) -> list[AlarmEventView]:
        """The history of an alarm, line by line, behind number `afterNumber`."""
        lines = queries.history(
            reader.session, reader.scopes, alarm_id, after=after_number, limit=page_size(first)
        )
        row = queries.alarm_in_scope(reader.session, reader.scopes, alarm_id)
        return [AlarmEventView.of(line, reader.sight(row.scope)) for line in lines] if row else []

    @query("alarm.read")
    def alarm_limits(self, reader: Reader, hospital_id: UUID) -> list[LimitView]:
        """For how long alarms may be shelved and stay acknowledged in a hospital."""
        hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
        sight = reader.sight(hospital.scope)
        return [LimitView.of(one, sight) for one in present_limits(reader.session, hospital.id)]


def shown(reader: Reader, row: Alarm) -> AlarmView:
    return AlarmView.of(row, reader.sight(row.scope, row.subject))


def _topics(
    reader: Reader,
    hospital_id: UUID | None = None,
    ward_id: UUID | None = None,
    after: str | None = None,
) -> tuple[Topic, ...]:
    scope = queries.place_of(reader.session, reader.scopes, hospital_id, ward_id)
    return (Topic(scope, ALARM_EVENTS),)


@strawberry.type
class AlarmSubscriptions:
    @subscription("alarm.read", topics=_topics)
    def alarms(
        self,
        reader: Reader,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        after: str | None = None,
    ) -> AlarmsEvent:
        """The unresolved alarms of a ward or a whole hospital, now and after every change."""
        scope = queries.place_of(reader.session, reader.scopes, hospital_id, ward_id)
        found = queries.present_in(reader.session, scope, MOST_LIVE)
        return AlarmsEvent(
            sight=reader.sight(scope),
            cursor=reader.context.app.feed.cursor(reader.session, scope.hospital),
            as_of=reader.now,
            total=found.total,
            unacknowledged=found.unacknowledged,
            critical=found.critical,
            alarms=[shown(reader, row) for row in found.alarms],
            more=found.total > len(found.alarms),
            floods=[FloodView.of(one, reader.sight(one.scope)) for one in found.floods],
        )


@strawberry.type
class AlarmMutations:
    @mutation(returns=AlarmView)
    def acknowledge_alarm(
        self, alarm_id: UUID, whole_group: bool = False, version: int | None = None
    ) -> commands.AcknowledgeAlarm:
        return commands.AcknowledgeAlarm(
            alarm_id=alarm_id, whole_group=whole_group, version=version
        )

    @mutation(returns=AlarmView)
    def acknowledge_device_alarm(
        self, alarm_id: UUID, version: int | None = None
    ) -> commands.AcknowledgeDeviceAlarm:
        return commands.AcknowledgeDeviceAlarm(alarm_id=alarm_id, version=version)

    @mutation(returns=AlarmView)
    def unacknowledge_alarm(
        self, alarm_id: UUID, version: int | None = None
    ) -> commands.UnacknowledgeAlarm:
        return commands.UnacknowledgeAlarm(alarm_id=alarm_id, version=version)

    @mutation(returns=AlarmView)
    def shelve_alarm(
        self, alarm_id: UUID, until: datetime, reason: str, version: int | None = None
    ) -> commands.ShelveAlarm:
        return commands.ShelveAlarm(alarm_id=alarm_id, until=until, reason=reason, version=version)

    @mutation(returns=AlarmView)
    def unshelve_alarm(self, alarm_id: UUID, version: int | None = None) -> commands.UnshelveAlarm:
        return commands.UnshelveAlarm(alarm_id=alarm_id, version=version)

    @mutation(returns=AlarmView)
    def resolve_alarm(
        self, alarm_id: UUID, reason: str, version: int | None = None
    ) -> commands.ResolveAlarm:
        return commands.ResolveAlarm(alarm_id=alarm_id, reason=reason, version=version)

    @mutation(returns=LimitView)
    def set_alarm_limit(
        self, hospital_id: UUID, severity: Severity, longest_shelf_s: int, ack_timeout_s: int
    ) -> commands.SetAlarmLimit:
        return commands.SetAlarmLimit(
            hospital_id=hospital_id, severity=severity, longest_shelf_s=longest_shelf_s,
            ack_timeout_s=ack_timeout_s,
        )  # fmt: skip
