"""Stored readings meet the published rules, in the transaction that stores them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.alarms.detectors import Usual
from domain.alarms.evaluation_places import Standpoint, newest_before, standpoints
from domain.alarms.judging import judged, quiet
from domain.alarms.rule_baselines import usual_of
from domain.alarms.rule_book import Rule, RuleBook, book_of
from domain.alarms.rule_causes import end, tell
from domain.alarms.rule_limits import RECORD
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import MINUTE, Event, Phase, Track
from domain.alarms.rule_states import Key, Standing, save, standings
from domain.readings.metrics import catalogue
from domain.readings.quality import UNFIT_FOR_ALARMS, Quality
from domain.readings.sample import Sample
from kit.clock import microseconds
from kit.work import Work

UNFIT = int(UNFIT_FOR_ALARMS | Quality.AHEAD)
AHEAD = 2 * MINUTE  # a clock further ahead would keep all that comes after from being judged
_STEADY = (Phase.NORMAL, Phase.FIRING)


@dataclass(slots=True)
class _Group:
    """The samples of this batch that one rule judges for one entity, in time order."""

    rule: Rule
    entity: str
    place: Standpoint
    samples: list[Sample] = field(default_factory=list)


def evaluate(work: Work, hospital_id: UUID, samples: Sequence[Sample]) -> None:
    """Judge what was just stored; open and clear alarms. `samples`: new ones, of one hospital.

    Late, repeated and permuted samples change nothing, and are found out even after a restart.
    Writes only what changed: a quiet rule leaves no row behind.
    """
    book = book_of(work.session, hospital_id)
    fit = _fit(book, samples, microseconds(work.now) + AHEAD)
    if not fit:
        return
    places = standpoints(work.session, {sample.device_id for sample in fit})
    groups = _grouped(book, fit, places)
    if not groups:
        return
    known = standings(work.session, hospital_id, {entity for _, entity in groups})
    _Round(work, hospital_id, known).take(groups)


def _fit(book: RuleBook, samples: Sequence[Sample], horizon: int) -> list[Sample]:
    metrics, whole = book.metrics, RECORD in book.metrics
    found = [
        sample
        for sample in samples
        if (whole or sample.metric in metrics)
        and not sample.quality & UNFIT
        and sample.at <= horizon
    ]
    found.sort(key=lambda sample: (sample.at, sample.channel))
    return found


def _grouped(
    book: RuleBook, samples: Iterable[Sample], places: dict[UUID, Standpoint]
) -> dict[Key, _Group]:
    groups: dict[Key, _Group] = {}
    takers: dict[int, tuple[int, list[_Group]]] = {}  # by channel: from when on, and who takes
    for sample in samples:
        taking = takers.get(sample.channel)
        if taking is None:
            taking = takers[sample.channel] = _takers(book, sample, places, groups)
        if sample.at >= taking[0]:
            for group in taking[1]:
                group.samples.append(sample)
    return {key: group for key, group in groups.items() if group.samples}


def _takers(
    book: RuleBook, sample: Sample, places: dict[UUID, Standpoint], groups: dict[Key, _Group]
) -> tuple[int, list[_Group]]:
    place = places.get(sample.device_id)
    if place is None:
        return 0, []
    at_bed = place.bed_entity is not None and catalogue()[sample.metric].of_patient
    entity = place.bed_entity if at_bed and place.bed_entity else place.device_entity
    rules = book.at(place.where, place.ward_id, place.kind)
    found = [_group(groups, rule, entity, place) for rule in rules(sample.metric)]
    found += [  # one channel of a device stands for its whole record
        _group(groups, rule, place.device_entity, place)
        for rule in rules(RECORD)
        if (rule.key, place.device_entity) not in groups
    ]
    return (place.since if at_bed else 0), found


def _group(groups: dict[Key, _Group], rule: Rule, entity: str, place: Standpoint) -> _Group:
    known = groups.get((rule.key, entity))
    if known is None:
        known = groups[rule.key, entity] = _Group(rule, entity, place)
    return known


@dataclass(slots=True)
class _Round:
    """One batch: what is known of each rule and entity, and what becomes of it."""

    work: Work
    hospital_id: UUID
    known: dict[Key, Standing]
    parameters: dict[str, tuple[list[Any], bool]] = field(
        default_factory=dict
    )  # of scores, by entity
    changed: dict[Key, tuple[Standing, Rule]] = field(default_factory=dict)

    def take(self, groups: Mapping[Key, _Group]) -> None:
        news: list[tuple[Rule, Standing, tuple[Event, ...]]] = []
        for key, group in groups.items():
            if key not in self.known and quiet(group.rule, group.samples):
                continue
            one = self._standing(key, group)
            score = group.rule.body.kind is RuleKind.SCORE
            events = self._score(group, one) if score else self._judge(group, one)
            if events:
                news.append((group.rule, one, events))
        for rule, one, events in news:
            for event in events:
                tell(self.work, self.hospital_id, rule, one, event)
        moved = [(one, rule.body.delays) for one, rule in self.changed.values()]
        save(self.work.session, self.hospital_id, moved, microseconds(self.work.now))

    def _standing(self, key: Key, group: _Group) -> Standing:
        one = self.known.get(key) or Standing(group.rule.id, group.entity, Track())
        place = group.place
        whose = place.encounter_id if group.entity == place.bed_entity else None
        if one.known and one.encounter_id != whose:
            end(self.work, self.hospital_id, one, "PATIENT_CHANGED")
            self.changed[group.rule.key, group.entity] = one, group.rule
        one.device_id, one.ward_id = place.device_id, place.ward_id
        one.encounter_id = whose
        return one

    def _score(self, group: _Group, one: Standing) -> tuple[Event, ...]:
        """The parameters of a patient are kept once, by the first score rule; others borrow.

        While none of them scores otherwise, no rule that is at rest has anything to say.
        """
        borrowed = self.parameters.get(group.entity)
        if borrowed is None:
            before = list(one.track.memory)
            events = self._judge(group, one)
            self.parameters[group.entity] = before, one.track.memory != before
            return events
        memory, scores_otherwise = borrowed
        if not scores_otherwise and not one.known:
            return ()
        one.track.memory = list(memory)
        events = self._judge(group, one, keeps=False)
        one.track.memory = []
        return events

    def _judge(self, group: _Group, one: Standing, keeps: bool = True) -> tuple[Event, ...]:
        """Try on a copy: a change from a steady phase counts once nothing newer is stored."""
        usual = self._usual(group)
        tried = one.track.copy()
        events, touched = judged(group.rule, tried, group.samples, usual)
        touched = touched and keeps
        moved = tried.key() != one.track.key() or bool(events)
        if not moved and not touched:
            return ()
        if one.track.phase in _STEADY and not (touched and one.known):
            fresh = self._without_late(group.samples)
            if len(fresh) != len(group.samples):
                tried = one.track.copy()
                events, touched = judged(group.rule, tried, fresh, usual)
                touched = touched and keeps
                if tried.key() == one.track.key() and not (touched or events):
                    return ()
        one.track = tried
        self.changed[group.rule.key, group.entity] = one, group.rule
        return events

    def _without_late(self, samples: Sequence[Sample]) -> list[Sample]:
        batch: dict[int, set[int]] = defaultdict(set)
        for sample in samples:
            batch[sample.channel].add(sample.at)
        newest = {
            channel: newest_before(self.work.session, channel, ats)
            for channel, ats in batch.items()
        }
        return [sample for sample in samples if sample.at > newest[sample.channel]]

    def _usual(self, group: _Group) -> dict[tuple[int, int], Usual]:
        if group.rule.body.kind not in (RuleKind.DEVIATION, RuleKind.CUSUM):
            return {}
        return usual_of(self.work.session, self.hospital_id, group.samples)
