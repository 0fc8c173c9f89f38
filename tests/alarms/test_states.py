"""All states times all events: where each leads, what it leaves in the history, what is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.alarms.commands import (
    AcknowledgeAlarm,
    AlarmStep,
    ResolveAlarm,
    ShelveAlarm,
    UnacknowledgeAlarm,
    UnshelveAlarm,
)
from domain.alarms.model import Alarm, AlarmState, Severity
from domain.alarms.states import NEXT
from kit.errors import Conflict
from tests.alarms.ward import Ward
from tests.domain_world import MINUTE

SHELF = 30 * MINUTE


def acknowledge(ward: Ward, alarm: Alarm) -> None:
    ward.world.run(AcknowledgeAlarm(alarm_id=alarm.id))


def unacknowledge(ward: Ward, alarm: Alarm) -> None:
    ward.world.run(UnacknowledgeAlarm(alarm_id=alarm.id))


def shelve(ward: Ward, alarm: Alarm) -> None:
    until = ward.world.now + SHELF
    ward.world.run(ShelveAlarm(alarm_id=alarm.id, until=until, reason="WOUND_CARE"))


def unshelve(ward: Ward, alarm: Alarm) -> None:
    ward.world.run(UnshelveAlarm(alarm_id=alarm.id))


def resolve(ward: Ward, alarm: Alarm) -> None:
    ward.world.run(ResolveAlarm(alarm_id=alarm.id, reason="FALSE_ALARM"))


def clear(ward: Ward, alarm: Alarm) -> None:
    ward.clear(alarm)


def again(ward: Ward, alarm: Alarm) -> None:
    ward.open(value=80.0)


def worse(ward: Ward, alarm: Alarm) -> None:
    ward.open(severity=Severity.CRITICAL)


def after_an_hour(ward: Ward, alarm: Alarm) -> None:
    ward.world.tick(timedelta(hours=1))
    ward.world.run(AlarmStep(alarm_id=alarm.id))


def opened(ward: Ward) -> Alarm:
    return ward.open(ack_timeout_s=1800)


def acked(ward: Ward) -> Alarm:
    alarm = opened(ward)
    acknowledge(ward, alarm)
    return alarm


def shelved(ward: Ward) -> Alarm:
    alarm = opened(ward)
    shelve(ward, alarm)
    return alarm


def idle(ward: Ward) -> Alarm:
    """Shelved, and the condition is over."""
    alarm = shelved(ward)
    clear(ward, alarm)
    return alarm


def resolved(ward: Ward) -> Alarm:
    alarm = opened(ward)
    clear(ward, alarm)
    return alarm


OPEN, ACK, SHLV, DONE = "OPEN", "ACKED", "SHELVED", "RESOLVED"
NO, NOTHING = "ALARM_STATE", "NOTHING_DUE"
STATES = (opened, acked, shelved, idle, resolved)
# per state: where the event leads and the lines it adds, or why it is refused
TABLE: dict[Callable[[Ward, Alarm], None], tuple[tuple[str, ...], ...]] = {
    acknowledge: ((ACK, "ACKED"), (NO,), (NO,), (NO,), (NO,)),
    unacknowledge: ((NO,), (OPEN, "RE_ALARMED"), (NO,), (NO,), (NO,)),
    shelve: ((SHLV, "SHELVED"), (SHLV, "SHELVED"), (NO,), (NO,), (NO,)),
    unshelve: ((NO,), (NO,), (OPEN, "UNSHELVED"), (DONE, "RESOLVED"), (NO,)),
    resolve: ((DONE, "RESOLVED"), (DONE, "RESOLVED"), (DONE, "RESOLVED"), (DONE, "RESOLVED"), (NO,)),
    clear: ((DONE, "RESOLVED"), (DONE, "RESOLVED"), (SHLV, "NOTE"), (SHLV,), (DONE,)),
    again: ((OPEN,), (ACK,), (SHLV,), (SHLV, "NOTE"), (DONE,)),
    worse: (
        (OPEN, "RE_ALARMED"), (OPEN, "RE_ALARMED"), (OPEN, "UNSHELVED"), (OPEN, "NOTE", "UNSHELVED"), (DONE,),
    ),
    after_an_hour: (
        (NOTHING,), (OPEN, "ACK_TIMED_OUT"), (OPEN, "UNSHELVED"), (DONE, "RESOLVED"), (NOTHING,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("number", range(len(STATES)), ids=[one.__name__ for one in STATES])
def test_a_state_and_an_event_lead_to(ward: Ward, number: int) -> None:
    for event, outcomes in TABLE.items():
        ward.rule = ward.add_rule()  # an alarm of its own
        alarm = STATES[number](ward)
        if outcomes[number][0] in (NO, NOTHING):
            refuses(ward, alarm, event, outcomes[number][0])
            continue
        history = ward.history(alarm)
        event(ward, alarm)
        state, *lines = outcomes[number]
        assert (event, str(ward.now(alarm).state)) == (event, state)
        assert (event, ward.history(alarm)) == (event, [*history, *lines])


def refuses(ward: Ward, alarm: Alarm, event: Callable[[Ward, Alarm], None], reason: str) -> None:
    before, history = ward.now(alarm), ward.history(alarm)
    with pytest.raises(Conflict) as refused:
        event(ward, alarm)
    assert (refused.value.reason, refused.value.blocking) == (reason, alarm.id)
    following = tuple(str(one) for one in NEXT[before.state])
    assert refused.value.allowed == (following if reason == NO else ())
    assert (ward.now(alarm), ward.history(alarm)) == (before, history)


def test_the_table_of_states_is_the_one_of_the_design() -> None:
    assert NEXT == {
        AlarmState.OPEN: (AlarmState.ACKED, AlarmState.SHELVED, AlarmState.RESOLVED),
        AlarmState.ACKED: (AlarmState.OPEN, AlarmState.SHELVED, AlarmState.RESOLVED),
        AlarmState.SHELVED: (AlarmState.OPEN, AlarmState.RESOLVED),
        AlarmState.RESOLVED: (),
    }


def test_who_acknowledged_is_known_until_it_is_open_again(ward: Ward) -> None:
    alarm = acked(ward)
    now = ward.now(alarm)
    assert (now.acked_by, now.acked_at) == (ward.world.actor.id, ward.world.now)
    assert now.next_step_at == now.ack_until == ward.world.now + 30 * MINUTE
    unacknowledge(ward, alarm)
    now = ward.now(alarm)
    assert (now.acked_by, now.acked_at, now.ack_until, now.next_step_at) == (None,) * 4
    assert [line.by for line in ward.lines(alarm)] == [ward.world.actor.id] * 3


def test_each_line_is_numbered_and_says_who_is_told(ward: Ward) -> None:
    alarm = acked(ward)
    shelve(ward, alarm)
    unshelve(ward, alarm)
    resolve(ward, alarm)
    told = [(one.number, one.channels, one.reason) for one in ward.lines(alarm)]
    assert told == [
        (1, ["in-app"], None), (2, [], None), (3, [], "WOUND_CARE"),
        (4, ["in-app"], "BY_HAND"), (5, [], "FALSE_ALARM"),
    ]  # fmt: skip
