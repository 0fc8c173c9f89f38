"""Charts for reports and mail, drawn on the server with matplotlib (the extra `charts`).

The same figures give the same bytes on one machine: no dates, no random ids. Matplotlib keeps its
settings and fonts for the whole process, so one chart is drawn at a time.
"""

import importlib
import io
import threading
import warnings
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.chart_texts import TEXTS, Language
from domain.measures.formulas import MeasureName, formulas
from domain.measures.history import History, OccupancyPoint
from kit.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEIGHT_IN, DPI = 9.0, 4.6, 110  # 990 × 506 pixels
WAIT_S = 5.0
# Families that hold Chinese, on Linux, Windows and macOS; the first that is there is taken.
CHINESE_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "WenQuanYi Micro Hei",
                 "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "SimHei",
                 "Noto Sans CJK JP")  # fmt: skip
PLAIN_FONT = "DejaVu Sans"  # comes with matplotlib
BLUE, GREY, GREEN, PALE = "#1f4e79", "#5b6069", "#2e7d32", "#9db4c8"
_DRAWING = threading.Lock()


class ChartFormat(StrEnum):
    SVG = "SVG"
    PNG = "PNG"


MEDIA_TYPE = {ChartFormat.SVG: "image/svg+xml", ChartFormat.PNG: "image/png"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart as it is sent; `language` is the one that could be drawn."""

    media_type: str
    body: bytes
    language: Language


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
    with _matplotlib() as fonts:
        spoken = language if fonts.chinese or format is ChartFormat.SVG else Language.EN
        figure = _figure(history, place, spoken)
        return Drawn(MEDIA_TYPE[format], _saved(figure, format), spoken)


@dataclass(frozen=True, slots=True)
class _Fonts:
    families: list[str]
    chinese: bool


@contextmanager
def _matplotlib() -> "Iterator[_Fonts]":
    try:
        import matplotlib as drawing
        from matplotlib import font_manager
    except ImportError:
        raise Conflict("charts are not installed here: pip install wardgrid[charts]",
                       reason="CHARTS_NOT_INSTALLED") from None  # fmt: skip
    if not _DRAWING.acquire(timeout=WAIT_S):
        raise Conflict("other charts are being drawn; ask again soon", reason="CHARTS_BUSY")
    try:
        known = {font.name for font in font_manager.fontManager.ttflist}
        chinese = [name for name in CHINESE_FONTS if name in known][:1]
        fonts = _Fonts([*chinese, PLAIN_FONT], bool(chinese))
        with drawing.rc_context(_settings(fonts)):
            yield fonts
    finally:
        _DRAWING.release()


def _settings(fonts: _Fonts) -> Any:
    """`svg.fonttype` none leaves text as text: small, searchable, in the reader's own fonts."""
    return {
        "font.family": "sans-serif", "font.sans-serif": fonts.families, "font.size": 9,
        "axes.unicode_minus": False, "text.parse_math": False, "svg.hashsalt": "wardgrid",
        "svg.fonttype": "none", "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip


def _figure(history: History, place: PlaceNames, language: Language) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI)
    upper, lower, known = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": (6, 4, 0.6), "hspace": 0.16}
    )
    figure.subplots_adjust(left=0.075, right=0.985, top=0.87, bottom=0.2)
    _title(figure, history, place, language)
    edges = [point.since for point in history.points] + [history.points[-1].until]
    _percent(upper, edges, history.points, language)
    _beds(lower, edges, history.points, language)
    figure.legend(
        *lower.get_legend_handles_labels(), loc="lower left", bbox_to_anchor=(0.066, 0.068),
        ncols=3, frameon=False, fontsize=7.5, borderaxespad=0,
    )  # fmt: skip
    _known(known, edges, history.points, language)
    _time_axis(known, history, edges)
    _foot(figure, history, language)
    return figure


def _title(figure: "Figure", history: History, place: PlaceNames, language: Language) -> None:
    formula = formulas()[MeasureName(history.formula)]
    chinese = language is Language.ZH
    name, what = (place.zh, formula.name_zh) if chinese else (place.en, formula.name_en)
    figure.text(0.012, 0.945, f"{name} · {what}", fontsize=12, fontweight="bold")
    figure.text(0.012, 0.9, formula.text_zh if chinese else formula.text_en, fontsize=7.5,
                color=GREY)  # fmt: skip


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


def _time_axis(axes: "Axes", history: History, edges: Sequence[Any]) -> None:
    dates: Any = importlib.import_module("matplotlib.dates")  # untyped
    zone = ZoneInfo(history.time_zone)
    days = (edges[-1] - edges[0]).total_seconds() / 86_400
    axes.set_xlim(edges[0], edges[-1])
    axes.xaxis.set_major_locator(dates.AutoDateLocator(tz=zone, minticks=4, maxticks=9))
    pattern = "%m-%d %H:%M" if days <= 8 else "%Y-%m-%d"
    axes.xaxis.set_major_formatter(dates.DateFormatter(pattern, tz=zone))


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


def _saved(figure: "Figure", format: ChartFormat) -> bytes:
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": None}
    if format is ChartFormat.PNG:
        metadata = {"Software": None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name's glyphs may be in no font here
        figure.savefig(buffer, format=format.lower(), metadata=metadata)
    return buffer.getvalue()
