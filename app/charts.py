"""The chart of how full a place was: occupancy, beds, and what is known at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.chart_canvas import (
    BLUE,
    GREEN,
    GREY,
    MEDIA_TYPE,
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
from domain.measures.formulas import MeasureName, formulas
from domain.measures.history import History, OccupancyPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class PlaceNames:
    zh: str
    en: str


def occupancy_chart(
    history: History, place: PlaceNames, format: ChartFormat, language: Language
) -> Drawn:
    """Occupancy, beds and completeness over time; gaps stay gaps.

    A PNG in Chinese needs a font that has Chinese; without one the chart is in English. Raises
    Conflict where matplotlib is not installed, or others are drawing for too long.
    """
    with drawing() as fonts:
        spoken = language if fonts.chinese or format is ChartFormat.SVG else Language.EN
        figure = _figure(history, place, spoken)
        return Drawn(MEDIA_TYPE[format], saved(figure, format), spoken)


def _figure(history: History, place: PlaceNames, language: Language) -> "Figure":
    figure = new_figure()
    upper, lower, known = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": (6, 4, 0.6), "hspace": 0.16}
    )
    figure.subplots_adjust(left=0.075, right=0.96, top=0.87, bottom=0.2)
    _title(figure, history, place, language)
    edges = [point.since for point in history.points] + [history.points[-1].until]
    _percent(upper, edges, history.points, language)
    _beds(lower, edges, history.points, language)
    figure.legend(
        *lower.get_legend_handles_labels(), loc="lower left", bbox_to_anchor=(0.066, 0.068),
        ncols=3, frameon=False, fontsize=7.5, borderaxespad=0,
    )  # fmt: skip
    _known(known, edges, history.points, language)
    time_axis(known, history.time_zone, edges[0], edges[-1])
    _foot(figure, history, language)
    return figure


def _title(figure: "Figure", history: History, place: PlaceNames, language: Language) -> None:
    formula = formulas()[MeasureName(history.formula)]
    chinese = language is Language.ZH
    name, what = (place.zh, formula.name_zh) if chinese else (place.en, formula.name_en)
    heading(figure, f"{name} · {what}", formula.text_zh if chinese else formula.text_en)


def _percent(
    axes: "Axes", edges: Sequence[Any], points: Sequence[OccupancyPoint], language: Language
) -> None:
    values = [float("nan") if point.percent is None else point.percent for point in points]
    axes.stairs(values, edges, color=BLUE, linewidth=1.4, baseline=None)
    axes.axhline(100, color=GREY, linewidth=0.7, linestyle=(0, (4, 3)))
    highest = max((point.percent for point in points if point.percent is not None), default=0.0)
    axes.set_ylim(0, max(110.0, highest * 1.08))
    axes.set_ylabel(TEXTS[language].percent)
    axes.grid(axis="y", color="#e6e8eb", linewidth=0.6)


def _beds(
    axes: "Axes", edges: Sequence[Any], points: Sequence[OccupancyPoint], language: Language
) -> None:
    texts = TEXTS[language]
    for values, color, label in (
        ([point.open for point in points], GREY, texts.open),
        ([point.staffed for point in points], GREEN, texts.staffed),
        ([point.occupied for point in points], BLUE, texts.occupied),
    ):
        shown = [v if p.complete else float("nan") for v, p in zip(values, points, strict=True)]
        axes.stairs(shown, edges, color=color, linewidth=1.2, label=label, baseline=None)
    axes.set_ylim(bottom=0)
    axes.set_ylabel(texts.beds)


def _known(
    axes: "Axes", edges: Sequence[Any], points: Sequence[OccupancyPoint], language: Language
) -> None:
    """A strip that is full where everything is known and empty in a gap."""
    axes.stairs([point.complete for point in points], edges, fill=True, color=PALE)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel(TEXTS[language].known, rotation=0, ha="right", va="center", fontsize=7.5)


def _foot(figure: "Figure", history: History, language: Language) -> None:
    texts, zone = TEXTS[language], ZoneInfo(history.time_zone)
    span = sum((p.until - p.since).total_seconds() for p in history.points)
    known = sum((p.until - p.since).total_seconds() * p.complete for p in history.points)
    as_of = f"{history.as_of.astimezone(zone):%Y-%m-%d %H:%M}"
    parts = (
        f"{texts.as_of} {as_of} ({history.time_zone})", f"{texts.source} {history.source}",
        f"{texts.step} {texts.duration(history.step_s)}",
        f"{texts.completeness} {100 * known / span if span else 0:.0f} %",
    )  # fmt: skip
    figure.text(0.012, 0.03, "  ·  ".join(parts), fontsize=7.5, color=GREY)
