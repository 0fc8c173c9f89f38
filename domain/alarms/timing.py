"""What becomes of rules while no reading comes: delays that end, silence, measures, the program.

Timers look with a read and send a command only where something changes, so a quiet hospital
leaves no trace in the ledger. Rows are the truth: a restart finds the same things due.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel import Session, select

from domain.alarms.rule_baselines import learn, unlearnt, zone_of
from domain.alarms.rule_book import RuleBook, book_of
from domain.alarms.rule_causes import end, tell
from domain.alarms.rule_measures import MEASURES, About
from domain.alarms.rule_model import AlarmRule, RuleStage
from domain.alarms.rule_states import save
from domain.alarms.timing_measures import measured, reported
from domain.alarms.timing_silence import silences
from domain.alarms.timing_turns import AT_ONCE, BY_CLOCK, Turn, delays_over
from domain.places.model import Hospital
from kit.clock import EPOCH, microseconds
from kit.command import Command
from kit.errors import Invalid
from kit.work import Scope, Work

SILENCE_EVERY_S, MEASURES_EVERY_S, LEARN_EVERY_S = 5, 15, 3_600


class OfHospital:
    """Lands in a hospital."""

    hospital_id: UUID

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope


@dataclass(frozen=True, kw_only=True)
class EvaluateTimed(OfHospital, Command[int]):
    """Do what time alone does to the rules of a hospital; how many standings changed."""

    action = "alarm_rule.evaluate"
    serializable: ClassVar[bool] = False  # it locks the standings that it changes

    hospital_id: UUID
    since: datetime | None = None  # when this program began to listen

    def apply(self, work: Work) -> int:
        session, hospital = work.session, self.hospital_id
        book, now = book_of(session, hospital), microseconds(work.now)
        turns = [
            *delays_over(session, hospital, book, now, lock=True),
            *silences(session, hospital, book, work.now, since=self.since, lock=True),
            *measured(session, hospital, book, now, lock=True),
        ]
        return _take(work, self.hospital_id, turns[:AT_ONCE], now)


@dataclass(frozen=True, kw_only=True)
class ReportService(OfHospital, Command[int]):
    """Tell the rules of a hospital how the program itself is, e.g. how far the ledger lags."""

    action = "alarm_rule.report"
    serializable: ClassVar[bool] = False

    hospital_id: UUID
    name: str
    value: float

    def apply(self, work: Work) -> int:
        known = tuple(name for name, one in MEASURES.items() if one.about is About.PROGRAM)
        if self.name not in known:
            raise Invalid("no such figure of the program", reason="MEASURE_UNKNOWN", field="name",
                          allowed=known)  # fmt: skip
        book, now = book_of(work.session, self.hospital_id), microseconds(work.now)
        turns = reported(
            work.session, self.hospital_id, book, self.name, self.value, now, lock=True
        )
        return _take(work, self.hospital_id, turns, now)


@dataclass(frozen=True, kw_only=True)
class LearnBaselines(OfHospital, Command[int]):
    """Learn anew what is usual for the metrics whose rules ask for it; how many channels."""

    action = "alarm_rule.learn"
    serializable: ClassVar[bool] = False

    hospital_id: UUID

    def apply(self, work: Work) -> int:
        book, now = book_of(work.session, self.hospital_id), microseconds(work.now)
        zone = zone_of(work.session, self.hospital_id)
        channels = unlearnt(work.session, self.hospital_id, book, now)
        for channel in channels:
            learn(work.session, channel, zone, now)
        work.note(channels=len(channels))
        return len(channels)


@dataclass(slots=True)
class RuleTimer:
    """Asked once a second. What is dear is looked at less often; a restart looks at once.

    After a start every device first has its time to be heard: it was we who were silent.
    """

    since: datetime | None = None
    looked: dict[tuple[UUID, str], datetime] = field(default_factory=dict)

    def __call__(self, session: Session, now: datetime) -> Sequence[Command[Any]]:
        """What is due, of every hospital that has rules in force."""
        commands: list[Command[Any]] = []
        self.since = self.since or now
        for hospital in hospitals_with_rules(session):
            book = book_of(session, hospital)
            if self._changes(session, hospital, book, now):
                commands.append(EvaluateTimed(hospital_id=hospital, since=self.since))
            if self._time(hospital, "learn", LEARN_EVERY_S, now) and unlearnt(
                session, hospital, book, microseconds(now)
            ):
                commands.append(LearnBaselines(hospital_id=hospital))
        return commands

    def _changes(self, session: Session, hospital: UUID, book: RuleBook, now: datetime) -> bool:
        at = microseconds(now)
        if delays_over(session, hospital, book, at):
            return True
        silence = self._time(hospital, "silence", SILENCE_EVERY_S, now)
        if silence and silences(session, hospital, book, now, since=self.since):
            return True
        asked = self._time(hospital, "measures", MEASURES_EVERY_S, now)
        return asked and bool(measured(session, hospital, book, at))

    def _time(self, hospital: UUID, what: str, every_s: int, now: datetime) -> bool:
        last = self.looked.get((hospital, what))
        if last is not None and 0 <= (now - last).total_seconds() < every_s:
            return False
        self.looked[hospital, what] = now
        return True


def due(session: Session, now: datetime) -> Sequence[Command[Any]]:
    """Everything that time changes now, however lately it was looked at."""
    return RuleTimer(EPOCH)(session, now)


def service_reports(
    session: Session, name: str, value: float, now: datetime
) -> Sequence[ReportService]:
    """The reports of a figure that change something, one per hospital."""
    return [
        ReportService(hospital_id=hospital, name=name, value=value)
        for hospital in hospitals_with_rules(session)
        if reported(session, hospital, book_of(session, hospital), name, value, microseconds(now))
    ]


def hospitals_with_rules(session: Session) -> list[UUID]:
    """Those with a published rule, by id."""
    asked = select(AlarmRule.hospital_id).where(AlarmRule.state == RuleStage.PUBLISHED)
    return sorted(session.exec(asked.distinct()))


def _take(work: Work, hospital_id: UUID, turns: Sequence[Turn], now: int) -> int:
    for turn in turns:
        if turn.ended is not None:
            end(work, hospital_id, turn.standing, turn.ended)
        for event in turn.events:
            tell(work, hospital_id, turn.rule, turn.standing, event)
    save(work.session, hospital_id, [
        (one.standing, None if one.rule.body.kind in BY_CLOCK else one.rule.body.delays)
        for one in turns
    ], now)  # fmt: skip
    return len(turns)
