"""Runs samples through one rule: the same for what is stored now and for what is replayed."""

from collections.abc import Iterable, Mapping, Sequence

from domain.alarms.detectors import Usual
from domain.alarms.news2 import PARAMETER_OF, SOURCES, as_charted, as_parameter, band_of, news2
from domain.alarms.rule_baselines import hour_key
from domain.alarms.rule_book import Rule
from domain.alarms.rule_limits import RECORD
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import COOL, HOT, MINUTE, NOTHING, Event, Track, step
from domain.readings.quality import Quality
from domain.readings.sample import Sample

FROZEN = int(Quality.FROZEN)
PARAMETER_VALID = 12 * 60 * MINUTE  # NEWS2 is taken at least every twelve hours
_ALWAYS = (RuleKind.SCORE, RuleKind.DEVIATION, RuleKind.CUSUM)
_NONE: list[object] = []  # the memory of a detector without one
_REFRESH = 4  # a parameter that stays is written again after this part of its validity

Usuals = Mapping[tuple[int, int], Usual]


def quiet(rule: Rule, samples: Sequence[Sample]) -> bool:
    """True where these samples change nothing of a rule that has nothing to remember."""
    detector = rule.detector
    if detector is None:
        return True
    if rule.body.metric == RECORD:
        return not any(sample.quality & FROZEN for sample in samples)
    if detector.remembers or rule.body.kind in _ALWAYS:
        return False
    judge = detector.judge
    return not any(judge(_NONE, sample.value, sample.at) == HOT for sample in samples)


def judged(
    rule: Rule, track: Track, samples: Iterable[Sample], usuals: Usuals
) -> tuple[tuple[Event, ...], bool]:
    """What came of the samples, in order, and whether the detector remembers something new."""
    if rule.body.kind is RuleKind.SCORE:
        return _score(rule, track, samples)
    if rule.body.metric == RECORD:
        return _record(rule, track, samples)
    if rule.detector is None:
        return NOTHING, False
    if rule.detector.remembers:
        return _series(rule, track, samples, usuals)
    judge, delays, memory = rule.detector.judge, rule.body.delays, track.memory
    events = NOTHING
    for sample in samples:
        usual = usuals.get(hour_key(sample)) if usuals else None
        verdict = judge(memory, sample.value, sample.at, usual)
        if verdict is not None:
            events += step(delays, track, verdict, sample.at, sample.value)
    return events, False


def _series(
    rule: Rule, track: Track, samples: Iterable[Sample], usuals: Usuals
) -> tuple[tuple[Event, ...], bool]:
    """Detectors that remember take at most one sample per `every`."""
    detector, delays, every = rule.detector, rule.body.delays, rule.body.every
    events, touched = NOTHING, False
    for sample in samples:
        if detector is None or sample.at < track.last_at + max(every, 1):
            continue
        usual = usuals.get(hour_key(sample)) if usuals else None
        verdict = detector.judge(track.memory, sample.value, sample.at, usual)
        touched = True
        if verdict is None:
            track.last_at = sample.at
        else:
            events += step(delays, track, verdict, sample.at, sample.value)
    return events, touched


def _record(rule: Rule, track: Track, samples: Iterable[Sample]) -> tuple[tuple[Event, ...], bool]:
    """Whether the whole record stands still was found out when it was stored."""
    events = NOTHING
    for sample in samples:
        verdict = HOT if sample.quality & FROZEN else COOL
        events += step(rule.body.delays, track, verdict, sample.at, sample.value)
    return events, False


def _score(rule: Rule, track: Track, samples: Iterable[Sample]) -> tuple[tuple[Event, ...], bool]:
    """The score over the latest value of each parameter; a missing one gives none.

    A value that scores the same is not written again before a quarter of its validity has passed.
    """
    if rule.detector is None:
        return NOTHING, False
    valid = rule.body.delays.max_gap or PARAMETER_VALID
    events, touched = NOTHING, False
    memory: dict[str, list[float]] = dict(track.memory[0]) if track.memory else {}
    for sample in samples:
        touched |= _remember(memory, sample, valid)
        if len(memory) < len(SOURCES):
            continue
        present = {
            name: value for name, (at, value, _) in memory.items() if sample.at - at <= valid
        }
        if len(present) == len(SOURCES):
            score = news2(present, scale=rule.body.scale)
            points = float(score.total if rule.body.part == "total" else score.highest)
            verdict = rule.detector.judge(track.memory, points, sample.at) or 0
            events += step(rule.body.delays, track, verdict, sample.at, points)
    if touched:
        track.memory = [memory]
    return events, touched


def _remember(memory: dict[str, list[float]], sample: Sample, valid: int) -> bool:
    """Keep a newer value of its parameter; a less good source only once the better is stale."""
    name = PARAMETER_OF[sample.metric]
    rank = SOURCES[name].index(sample.metric)
    value = as_charted(name, as_parameter(sample.metric, sample.value))
    known = memory.get(name)
    if known is not None:
        at, kept, other = known
        stale = sample.at - at > valid
        if sample.at <= at or (rank > other and not stale):
            return False
        alike = rank == other and band_of(name, value) == band_of(name, kept)
        if alike and sample.at - at < valid / _REFRESH:
            return False
    memory[name] = [sample.at, value, rank]
    return True
