"""Tables for analysts: groups of people by hospital and month, on record and signed before the
first byte leaves."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlmodel import col, select

from app.exchange import Answered, Asked
from app.jobs import PROGRAM
from app.purposes import require_purpose
from app.wiring import App
from domain.analysis.making import make, read
from domain.analysis.months import Month, months_between
from domain.analysis.releasing import AnalysisFormat, ExportAnalysis, ReleaseAnalysis, released
from domain.analysis.tables import Line, Table, table_of
from domain.analysis.words import Cube, Dataset, Dimension, cube_of
from domain.places.model import Hospital
from domain.places.reach import within
from gateways import audit_csv
from kit.db import reading
from kit.errors import Denied, Invalid
from kit.work import Scope

STEPS = {Dataset.STAYS: 0.5, Dataset.BED_DAYS: 0.5, Dataset.WAITING: 15, Dataset.TRANSFERS: 15}
UNITS = {Dataset.STAYS: "days", Dataset.BED_DAYS: "days", Dataset.WAITING: "minutes",
         Dataset.TRANSFERS: "minutes"}  # fmt: skip
_NDJSON = "application/x-ndjson; charset=utf-8"
_KEYS = frozenset({"dataset", "dimensions", "since", "until", "hospitalId", "format"})


@dataclass(frozen=True, slots=True)
class _Question:
    cube: Cube
    dimensions: tuple[Dimension, ...]
    months: tuple[str, ...]
    hospital: UUID | None
    analysis_format: AnalysisFormat


@dataclass(frozen=True, slots=True)
class _Part:
    """The table of one hospital and month."""

    hospital: str
    month: str
    table: Table


def export(app: App, asked: Asked) -> Answered:
    """Make what was never made, put the export on record, then answer."""
    scopes = _allowed(app, asked)
    require_purpose(app, asked.actor, ExportAnalysis.action, asked.operation)
    question = _question(asked.body)
    parts = list(_parts(app, question, scopes))
    rows = sum(len(part.table.lines) for part in parts)
    app.pipeline.run(
        asked.actor,
        ExportAnalysis(
            hospital_id=question.hospital, dataset=question.cube.dataset,
            dimensions=question.dimensions, months=question.months,
            analysis_format=question.analysis_format, rows=rows,
            suppressed=sum(part.table.suppressed for part in parts),
        ),
        operation=asked.operation,
    )  # fmt: skip
    as_csv = question.analysis_format is AnalysisFormat.CSV
    name = f"{question.cube.dataset.lower()}.{question.analysis_format.value}"
    return Answered(
        status=200, body=(_csv if as_csv else _ndjson)(question, parts),
        media_type=audit_csv.MEDIA_TYPE if as_csv else _NDJSON,
        headers=(("Content-Disposition", f'attachment; filename="{name}"'),
                 ("X-Rows", str(rows))),
    )  # fmt: skip


def _allowed(app: App, asked: Asked) -> tuple[Scope, ...]:
    """Where this account may. Somebody who may nowhere is refused on record first."""
    scopes = app.decisions.scopes(asked.actor, ExportAnalysis.action)
    if not scopes:
        why = Denied("you may not export the analysis", reason="NO_RIGHT")
        app.pipeline.record(app.drafts.turned_away(
            app.clock(), asked.actor, ExportAnalysis.action, asked.operation, why))  # fmt: skip
        raise why
    return scopes


def _parts(app: App, question: _Question, scopes: Sequence[Scope]) -> Iterator[_Part]:
    """A month that is not over is left out, and so is a hospital out of reach."""
    with reading(app.read_engine) as session:
        wanted = select(Hospital).where(within(scopes, col(Hospital.id)))
        if question.hospital is not None:
            wanted = wanted.where(Hospital.id == question.hospital)
        hospitals = session.exec(wanted.order_by(col(Hospital.code))).all()
    for hospital in hospitals:
        for text in question.months:
            month = Month(text, hospital.time_zone)
            if month.settled(app.clock()):
                groups = read(_released(app, question.cube, hospital.id, month), question.cube)
                at = [question.cube.dimensions.index(one) for one in question.dimensions]
                table = table_of(groups, at, STEPS[question.cube.dataset])
                yield _Part(hospital.code, text, table)


def _released(app: App, cube: Cube, hospital_id: UUID, month: Month) -> str:
    """The groups of the month as they were first made; made now where nobody asked before.

    Of two who ask at once the second gets what the first has kept.
    """
    with reading(app.read_engine) as session:
        known = released(session, hospital_id, cube.dataset, month.text)
        if known is not None:
            return known.groups
        made = make(session, cube.dataset, hospital_id, month, app.clock())
    release = ReleaseAnalysis(hospital_id=hospital_id, dataset=cube.dataset, month=month.text,
                              groups=made.groups, left_out=made.left_out)  # fmt: skip
    return app.pipeline.run(PROGRAM, release).result.groups


def _csv(question: _Question, parts: Iterable[_Part]) -> bytes:
    unit = UNITS[question.cube.dataset]
    head = ("hospital", "month", *question.dimensions, "cases", f"mean_{unit}", f"median_{unit}")
    lines = [
        (part.hospital, part.month, *line.cell, line.cases, _figure(line.mean),
         _figure(line.median))
        for part in parts for line in part.table.lines
    ]  # fmt: skip
    return audit_csv.lines([head, *lines])


def _ndjson(question: _Question, parts: Iterable[_Part]) -> bytes:
    return b"".join(
        orjson.dumps(_told(question, part, line), option=orjson.OPT_APPEND_NEWLINE)
        for part in parts for line in part.table.lines
    )  # fmt: skip


def _told(question: _Question, part: _Part, line: Line) -> dict[str, Any]:
    unit = UNITS[question.cube.dataset]
    named = zip(question.dimensions, line.cell, strict=True)
    cell = {dimension.value: value for dimension, value in named}
    return {"hospital": part.hospital, "month": part.month, **cell, "cases": line.cases,
            f"mean_{unit}": line.mean, f"median_{unit}": line.median}  # fmt: skip


def _figure(figure: float | None) -> str:
    return "" if figure is None else f"{figure:g}"


def _question(body: bytes) -> _Question:
    given = _object(body)
    dataset = _word(given, "dataset", Dataset)
    listed = given.get("dimensions", [])
    if not isinstance(listed, list):
        raise Invalid("send a list", field="dimensions")
    dimensions = tuple(_one(one, "dimensions", Dimension) for one in listed)
    if len(set(dimensions)) != len(dimensions):
        raise Invalid("name each dimension once", field="dimensions")
    since = str(given.get("since", ""))
    months = months_between(since, str(given.get("until", since)))
    hospital = given.get("hospitalId")
    return _Question(
        cube_of(dataset, dimensions), dimensions, months,
        None if hospital is None else _one(hospital, "hospitalId", UUID),
        _word(given, "format", AnalysisFormat),
    )  # fmt: skip


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Invalid("the body is not JSON", reason="NOT_JSON") from None
    if not isinstance(given, dict):
        raise Invalid("send one JSON object", reason="NOT_JSON")
    unknown = sorted(set(given) - _KEYS)
    if unknown:
        raise Invalid(f"of {', '.join(sorted(_KEYS))}", field=unknown[0][:40])
    return given


def _word(given: dict[str, Any], name: str, kind: Any) -> Any:
    if name not in given:
        raise Invalid("this is missing", field=name, allowed=tuple(kind))
    return _one(given[name], name, kind)


def _one(value: Any, name: str, kind: Any) -> Any:
    try:
        return kind(str(value))
    except ValueError:
        allowed = () if kind is UUID else tuple(str(one) for one in kind)
        raise Invalid("not a value of this field", field=name, allowed=allowed) from None
