"""The published rules of a hospital, ready to judge, and which of them apply where."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlmodel import Session, col

from domain.alarms.detectors import Above, Below, Detector, Outside, SamePhase
from domain.alarms.detectors_series import Drifting, Flat, Rate, Shifted
from domain.alarms.news2 import PARAMETER_OF
from domain.alarms.rule_body import RuleBody
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_measures import MEASURES, About
from domain.alarms.rule_model import AlarmRule, RuleKind, RuleStage

_HOSPITAL: Any = bindparam("hospital")
_REVISION = select(func.coalesce(func.sum(col(AlarmRule.version)), 0)).where(
    col(AlarmRule.hospital_id) == _HOSPITAL
)
_PUBLISHED = (
    select(AlarmRule)
    .where(col(AlarmRule.hospital_id) == _HOSPITAL, col(AlarmRule.state) == RuleStage.PUBLISHED)
    .order_by(col(AlarmRule.code))
)
_KEPT = 256  # hospitals in memory


@dataclass(frozen=True, slots=True)
class Rule:
    """A published rule with its detector. Absence has none: it is judged by the clock."""

    id: UUID
    body: RuleBody
    detector: Detector | None
    ward_id: UUID | None = None
    key: str = ""  # the id as text, whose hash is kept

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", str(self.id))

    @property
    def rank(self) -> int:
        """How specific: a ward before a kind of device, both before one of them."""
        return 2 * (self.ward_id is not None) + (self.body.device_kind is not None)

    @property
    def slot(self) -> tuple[str, str, str]:
        """Of the rules of one slot the most specific wins."""
        return self.body.metric, self.body.severity, self.body.side

    def applies(self, ward_id: UUID | None, device_kind: str | None) -> bool:
        return self.ward_id in (None, ward_id) and self.body.device_kind in (None, device_kind)


@dataclass(slots=True)
class RuleBook:
    """Rules by what they judge. Answers are remembered: places and kinds are few."""

    revision: int
    rules: tuple[Rule, ...]
    metrics: frozenset[str] = frozenset()
    by_id: dict[UUID, Rule] = field(default_factory=dict)
    _tables: dict[str, dict[str, tuple[Rule, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, revision: int, rules: Iterable[Rule]) -> "RuleBook":
        kept = tuple(rules)
        metrics = {metric for rule in kept for metric in _metrics_of(rule)}
        return cls(revision, kept, frozenset(metrics), {rule.id: rule for rule in kept})

    def at(self, where: str, ward_id: UUID | None, kind: str) -> Callable[[str], tuple[Rule, ...]]:
        """By metric: the rules for devices of a kind in a ward, which `where` stands for."""
        table = self._tables.get(where)
        if table is None:
            table = self._tables[where] = {
                metric: winners(
                    (rule for rule in self.rules if metric in _metrics_of(rule)), ward_id, kind
                )
                for metric in self.metrics
            }
        return lambda metric: table.get(metric, ())

    def of_kind(self, kind: RuleKind) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.body.kind is kind)

    def measuring(self, about: About) -> tuple[Rule, ...]:
        return tuple(
            rule
            for rule in self.of_kind(RuleKind.MEASURE)
            if MEASURES[rule.body.metric].about is about
        )


def book_of(session: Session, hospital_id: UUID) -> RuleBook:
    """The hospital's rules. They are read again only after one of them has changed."""
    given = {"hospital": hospital_id}
    revision = int(session.connection().execute(_REVISION, given).scalar_one())
    known = _books.get(hospital_id)
    if known is None or known.revision != revision:
        rows = session.scalars(_PUBLISHED, given).all() if revision else ()
        known = RuleBook.of(revision, (rule_of(row) for row in rows))
        while len(_books) >= _KEPT:
            _books.pop(next(iter(_books)), None)
        _books[hospital_id] = known
    return known


def rule_of(row: AlarmRule) -> Rule:
    body = read_rule(row.body)
    return Rule(row.id, body, detector_of(body), row.ward_id)


def winners(
    rules: Iterable[Rule], ward_id: UUID | None, device_kind: str | None
) -> tuple[Rule, ...]:
    """Of those that apply the most specific per metric, severity and side; equals all."""
    applying = [rule for rule in rules if rule.applies(ward_id, device_kind)]
    best: dict[tuple[str, str, str], int] = {}
    for rule in applying:
        best[rule.slot] = max(rule.rank, best.get(rule.slot, 0))
    return tuple(rule for rule in applying if rule.rank == best[rule.slot])


def detector_of(body: RuleBody) -> Detector | None:
    """What judges single samples for the rule."""
    make = _DETECTORS.get(body.kind)
    return None if make is None else make(body)


def _one_sided(body: RuleBody) -> Below | Above:
    clear = body.threshold if body.clear is None else body.clear
    side = Below if body.op[0] == "<" else Above
    return side(body.threshold, clear, or_equal=body.op.endswith("="))


def _outside(body: RuleBody) -> Detector:
    low = body.low if body.clear_low is None else body.clear_low
    high = body.high if body.clear_high is None else body.clear_high
    return Outside(body.low, body.high, low, high)


def _deviation(body: RuleBody) -> Detector:
    clear = body.sigmas if body.clear is None else body.clear
    if body.method == "mad":
        return SamePhase(body.sigmas, clear, body.floor)
    return Drifting(body.sigmas, clear, body.floor, body.half_life, body.warm_up)


def _cusum(body: RuleBody) -> Detector:
    clear = body.decision / 2 if body.clear is None else body.clear
    return Shifted(body.drift, body.decision, clear, body.floor, body.warm_up)


_DETECTORS: dict[RuleKind, Any] = {
    RuleKind.THRESHOLD: _one_sided,
    RuleKind.SCORE: _one_sided,
    RuleKind.MEASURE: _one_sided,
    RuleKind.FORECAST: _one_sided,
    RuleKind.RANGE: _outside,
    RuleKind.RATE: lambda body: Rate(_one_sided(body), body.window, body.delays.max_gap),
    RuleKind.DEVIATION: _deviation,
    RuleKind.CUSUM: _cusum,
    RuleKind.FLATLINE: lambda body: Flat(body.tolerance),
}
_books: dict[UUID, RuleBook] = {}


def _metrics_of(rule: Rule) -> Iterable[str]:
    """The metrics whose samples the rule takes."""
    if rule.body.kind is RuleKind.SCORE:
        return PARAMETER_OF
    if rule.detector is None or rule.body.kind in (RuleKind.MEASURE, RuleKind.FORECAST):
        return ()
    return (rule.body.metric,)
