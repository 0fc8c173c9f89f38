"""The chart of one metric over time, for a report: values or means with their range, gaps kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.chart_canvas import (
    BLUE,
    GREY,
    MEDIA_TYPE,
    ORANGE,
    PALE,
    ChartFormat,
    Drawn,
    drawing,
    heading,
    new_figure,
    saved,
    time_axis,
)
from app.chart_texts import TEXTS, Language
from domain.measures.steps import moment
from domain.readings.series import Point, Series
from kit.errors import Conflict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MISSED = 3  # readings in a row that did not come break the line
SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class ReadingsPage:
    """What is drawn. `place` is a code of a bed or a device, never a person."""

    found: Series
    place: str
    time_zone: str
    since: datetime
    until: datetime
    as_of: datetime


def readings_chart(page: ReadingsPage, format: ChartFormat, language: Language) -> Drawn:
    """One metric over time. Raises Conflict where there is nothing to draw, or to draw with.

    Buckets show their mean, and their lowest and highest as a band; odd values have a mark.
    """
    if not page.found.points:
        raise Conflict("nothing was measured in this time", reason="NO_READINGS", field="since")
    with drawing() as fonts:
        spoken = language if fonts.chinese or format is ChartFormat.SVG else Language.EN
        return Drawn(MEDIA_TYPE[format], saved(_figure(page, spoken), format), spoken)


def stretches(found: Series) -> list[list[Point]]:
    """The points in runs without a gap: a bucket each, or not more than two readings missed."""
    apart = (found.width_s or MISSED * found.metric.interval_s) * SECOND_US
    runs: list[list[Point]] = []
    for point in found.points:
        if runs and point.at - runs[-1][-1].at <= apart:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _figure(page: ReadingsPage, language: Language) -> "Figure":
    figure, metric, texts = new_figure(), page.found.metric, TEXTS[language]
    axes = figure.subplots()
    figure.subplots_adjust(left=0.075, right=0.96, top=0.85, bottom=0.17)
    name = metric.name_zh if language is Language.ZH else metric.name_en
    width = texts.duration(page.found.width_s) if page.found.width_s else texts.single
    heading(figure, f"{name} · {page.place}", f"{metric.unit}  ·  {texts.step} {width}")
    for run in stretches(page.found):
        _run(axes, run)
    odd = [point for point in page.found.points if point.quality]
    when: Any = [moment(point.at) for point in odd]
    axes.plot(when, [point.mean for point in odd], linestyle="", marker="x", color=ORANGE,
              markersize=4)  # fmt: skip
    axes.set_ylabel(metric.unit)
    axes.grid(axis="y", color="#e6e8eb", linewidth=0.6)
    time_axis(axes, page.time_zone, page.since, page.until)
    _foot(figure, page, language)
    return figure


def _run(axes: "Axes", run: list[Point]) -> None:
    at: Any = [moment(point.at) for point in run]
    if any(point.count > 1 for point in run):
        axes.fill_between(at, [point.min for point in run], [point.max for point in run],
                          color=PALE, alpha=0.5, linewidth=0)  # fmt: skip
    axes.plot(at, [point.mean for point in run], color=BLUE, linewidth=1.2,
              marker="o" if len(run) < 3 else "", markersize=2.5)  # fmt: skip


def _foot(figure: "Figure", page: ReadingsPage, language: Language) -> None:
    texts, as_of = TEXTS[language], page.as_of.astimezone(ZoneInfo(page.time_zone))
    parts = (
        f"{texts.as_of} {as_of:%Y-%m-%d %H:%M} ({page.time_zone})",
        f"{texts.completeness} {100 * page.found.completeness:.0f} %",
        f"× {texts.odd}",
    )
    figure.text(0.012, 0.03, "  ·  ".join(parts), fontsize=7.5, color=GREY)
