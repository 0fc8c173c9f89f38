"""Late, repeated and permuted readings never change an alarm, whatever was stored before."""

import itertools
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.telemetry.commands import DeviceMessage, Raw, StoreReadings
from tests.alarm_rules.rule_cases import at_once, spo2_low
from tests.alarm_rules.ward import MINUTE, Said, Ward
from tests.domain_world import NOON

RULES = (
    spo2_low(**{"for": "PT3M", "clearFor": "PT2M"}),
    at_once(id="at-once", metric="spo2", op="<", threshold=85),
    {"id": "flat", "kind": "flatline", "metric": "spo2", "for": "PT4M", "severity": "low",
     "text": at_once()["text"]},
)  # fmt: skip
ARRIVALS = st.lists(
    st.tuples(st.integers(2, 30), st.sampled_from([80.0, 88.0, 91.0, 97.0])),
    min_size=2, max_size=14, unique_by=lambda said: said[0],
)  # fmt: skip
NUMBERS = itertools.count()
Alarms = list[tuple[datetime | None, float | None, str]]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(arrivals=ARRIVALS, cuts=st.sets(st.integers(1, 13)))
def test_only_what_is_newer_than_all_before_counts(
    ward: Ward, arrivals: list[Said], cuts: set[int]
) -> None:
    if not ward.devices:
        ward.publish(*RULES)
    batches = [list(one) for one in _cut(arrivals, cuts)]
    newer, newest = [], 0.0
    for batch in batches:
        newer.append(sorted(said for said in batch if said[0] > newest))
        newest = max(newest, *(minute for minute, _ in batch))
    plain = _alarms(ward, [batch for batch in newer if batch])
    assert _alarms(ward, batches) == plain


def _cut(arrivals: list[Said], cuts: set[int]) -> list[list[Said]]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(arrivals)), len(arrivals)]
    return [arrivals[since:until] for since, until in itertools.pairwise(edges)]


def _alarms(ward: Ward, batches: list[list[Said]]) -> Alarms:
    """What a device that is new to the rules brings about."""
    code = f"M{next(NUMBERS)}"
    entity = f"device:{ward.device(code)}"
    for batch in batches:
        ward.send(code, "spo2", batch)
    found = [one for one in ward.alarm_rows() if one.entity == entity]
    return sorted(((one.raised_by_at, one.value, str(one.state)) for one in found), key=repr)


def test_a_message_that_comes_twice_alarms_once(ward: Ward) -> None:
    ward.publish(*RULES)
    key = ward.device("M1", "A1")
    for minute, value in ((1, 80.0), (2, 97.0), (3, 96.0)):
        ward.world.now = max(ward.world.now, NOON + minute * MINUTE)
        raw = Raw(metric="spo2", value=value, unit="%", at=NOON + minute * MINUTE)
        message = DeviceMessage(device_id=key, received_at=ward.world.now, raws=(raw,))
        store = StoreReadings(hospital_id=ward.world.hospital.id, messages=(message, message))
        ward.world.run(store)
        again = ward.world.run(store)
        assert (again.stored, again.duplicate) == (0, 2)
    assert ward.alarms() == [("A1", "RESOLVED")]
