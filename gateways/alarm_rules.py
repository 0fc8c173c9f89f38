"""Alarm rules as YAML: read with a limit, checked, drafted one by one, and written out again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import UUID

import yaml
from sqlmodel import Session, col, select

from domain.alarms.rule_body import hash_of
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_commands import ChangeDraft, DraftRule
from domain.alarms.rule_model import AlarmRule, RuleStage
from domain.alarms.rule_plain import plain_of
from domain.alarms.rule_queries import rules
from domain.places.model import Ward
from domain.places.queries import place_by_code
from kit.db import reading
from kit.errors import Invalid, NotFound, Refusal
from kit.work import Actor, Scope

if TYPE_CHECKING:
    from app.wiring import App

LARGEST = 256 * 1024  # bytes
MOST_RULES = 500
Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """One rule of a file: `plain` without its places, or why it is refused."""

    number: int
    code: str
    plain: Plain | None
    ward: str | None = None
    problem: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one rule: DRAFTED, CHANGED, UNCHANGED or REFUSED with why."""

    code: str
    outcome: str
    rule_id: UUID | None = None
    problem: Refusal | None = None


class _Loader(yaml.SafeLoader):
    """YAML without aliases: a short file must not become a huge one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise Invalid("write each rule out: no anchors and aliases", reason="RULE_FILE",
                          field="file")  # fmt: skip
        return super().compose_node(parent, index)


def default_rules() -> bytes:
    """The rules that come with the program, as YAML."""
    return files("gateways").joinpath("default_rules.yaml").read_bytes()


def parse(body: bytes) -> list[Plain]:
    """The rules of a YAML list, or of one document each. Raises Invalid RULE_FILE."""
    if len(body) > LARGEST:
        raise Invalid(f"a file of rules has at most {LARGEST} bytes", reason="RULE_FILE",
                      field="file")  # fmt: skip
    try:
        found = list(yaml.load_all(body.decode("utf-8-sig"), Loader=_Loader))
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as odd:
        mark = getattr(odd, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise Invalid(f"the file cannot be read as YAML{where}", reason="RULE_FILE",
                      field="file") from odd  # fmt: skip
    listed = [one for part in found if part for one in (part if isinstance(part, list) else [part])]
    if len(listed) > MOST_RULES or not all(isinstance(one, dict) for one in listed):
        raise Invalid(f"a file holds a list of at most {MOST_RULES} rules", reason="RULE_FILE",
                      field="file")  # fmt: skip
    return listed


def check(body: bytes) -> Iterator[Checked]:
    """Each rule of the file as it would be stored, or why it is refused."""
    for number, plain in enumerate(parse(body), 1):
        code = str(plain.get("id", "?"))[:64]
        try:
            ward, own = _placed(plain)
            yield Checked(number, code, plain_of(read_rule(own)), ward)
        except Refusal as problem:
            yield Checked(number, code, None, problem=problem)


def import_rules(app: "App", hospital: str, body: bytes, *, actor: Actor) -> list[Imported]:
    """Draft what is new or different; importing a file twice changes nothing.

    Raises NotFound where the actor may see no such hospital, Invalid for an unreadable file.
    """
    hospital_id = _hospital(app, actor, hospital)
    return [_import(app, actor, hospital, hospital_id, one) for one in check(body)]


def export_rules(app: "App", hospital: str, *, actor: Actor, drafts: bool = False) -> str:
    """The hospital's published rules as YAML, with wards by code; drafts too if asked for."""
    hospital_id = _hospital(app, actor, hospital)
    states = (RuleStage.PUBLISHED, RuleStage.DRAFT) if drafts else (RuleStage.PUBLISHED,)
    with reading(app.read_engine) as session:
        scopes = app.decisions.scopes(actor, "alarm_rule.read")
        wards = {row.id: row.code for row in session.exec(select(Ward))}
        found = [row for row in _all(session, scopes, hospital_id) if row.state in states]
        listed = [_with_places(row, hospital, wards) for row in found]
    return yaml.safe_dump(listed, allow_unicode=True, sort_keys=False)


def _import(app: "App", actor: Actor, hospital: str, hospital_id: UUID, one: Checked) -> Imported:
    if one.plain is None:
        return Imported(one.code, "REFUSED", problem=one.problem)
    try:
        ward_id = _ward(app, actor, hospital, one.ward)
        known = _latest(app, actor, hospital_id, one.code)
        if known is not None and known.state is not RuleStage.RETIRED:
            if known.body_hash == hash_of(one.plain) and known.ward_id == ward_id:
                return Imported(one.code, "UNCHANGED", known.id)
            if known.state is RuleStage.DRAFT:
                changed = ChangeDraft(rule_id=known.id, rule=one.plain)
                return Imported(one.code, "CHANGED", app.pipeline.run(actor, changed).result.id)
        draft = DraftRule(hospital_id=hospital_id, rule=one.plain, ward_id=ward_id)
        return Imported(one.code, "DRAFTED", app.pipeline.run(actor, draft).result.id)
    except Refusal as problem:
        return Imported(one.code, "REFUSED", problem=problem)


def _placed(plain: Plain) -> tuple[str | None, Plain]:
    """The code of the ward, and the rule without its places: those are columns."""
    scope = plain.get("scope")
    if not isinstance(scope, dict):
        return None, plain
    ward = scope.get("ward")
    if ward is not None and not isinstance(ward, str):
        raise Invalid("a ward is named by its code", reason="RULE_VALUE", field="scope.ward")
    kept = {key: value for key, value in scope.items() if key not in ("hospital", "ward")}
    return ward, {**plain, "scope": kept}


def _with_places(row: AlarmRule, hospital: str, wards: dict[UUID, str]) -> Plain:
    scope = {"hospital": hospital, **row.body.get("scope", {})}
    if row.ward_id is not None:
        scope["ward"] = wards[row.ward_id]
    return {**row.body, "scope": scope}


def _hospital(app: "App", actor: Actor, code: str) -> UUID:
    with reading(app.read_engine) as session:
        place = place_by_code(session, app.decisions.scopes(actor, "place.read"), code)
    if place is None:
        raise NotFound.of("hospital", code)
    return place.hospital_id


def _ward(app: "App", actor: Actor, hospital: str, code: str | None) -> UUID | None:
    if code is None:
        return None
    with reading(app.read_engine) as session:
        place = place_by_code(session, app.decisions.scopes(actor, "place.read"), hospital, code)
    if place is None:
        raise NotFound.of("ward", code)
    return place.ward_id


def _latest(app: "App", actor: Actor, hospital_id: UUID, code: str) -> AlarmRule | None:
    with reading(app.read_engine) as session:
        asked = select(AlarmRule).where(
            AlarmRule.hospital_id == hospital_id, AlarmRule.code == code
        )
        return session.exec(asked.order_by(col(AlarmRule.number).desc()).limit(1)).first()


def _all(session: Session, scopes: Iterable[Scope], hospital_id: UUID) -> Iterator[AlarmRule]:
    after = None
    while page := rules(session, tuple(scopes), hospital_id, after=after, limit=100):
        yield from page
        after = page[-1].id
