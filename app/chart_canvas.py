"""What every chart needs: matplotlib (the extra `charts`), fonts that hold Chinese, one at a time.

The same figures give the same bytes on one machine: no dates, no random ids. Matplotlib keeps its
settings and fonts for the whole process, so one chart is drawn at a time.
"""

import importlib
import io
import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.chart_texts import Language
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
BLUE, GREY, GREEN, PALE, ORANGE = "#1f4e79", "#5b6069", "#2e7d32", "#9db4c8", "#b45309"
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
class Fonts:
    families: list[str]
    chinese: bool


@contextmanager
def drawing() -> "Iterator[Fonts]":
    """Nobody else draws meanwhile. Raises Conflict without matplotlib, or after a long wait."""
    try:
        import matplotlib
        from matplotlib import font_manager
    except ImportError:
        raise Conflict("charts are not installed here: pip install wardgrid[charts]",
                       reason="CHARTS_NOT_INSTALLED") from None  # fmt: skip
    if not _DRAWING.acquire(timeout=WAIT_S):
        raise Conflict("other charts are being drawn; ask again soon", reason="CHARTS_BUSY")
    try:
        known = {font.name for font in font_manager.fontManager.ttflist}
        chinese = [name for name in CHINESE_FONTS if name in known][:1]
        fonts = Fonts([*chinese, PLAIN_FONT], bool(chinese))
        with matplotlib.rc_context(_settings(fonts)):
            yield fonts
    finally:
        _DRAWING.release()


def _settings(fonts: Fonts) -> Any:
    """`svg.fonttype` none leaves text as text: small, searchable, in the reader's own fonts."""
    return {
        "font.family": "sans-serif", "font.sans-serif": fonts.families, "font.size": 9,
        "axes.unicode_minus": False, "text.parse_math": False, "svg.hashsalt": "wardgrid",
        "svg.fonttype": "none", "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip


def new_figure() -> "Figure":
    """An empty page of the usual size."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI)


def heading(figure: "Figure", title: str, below: str) -> None:
    figure.text(0.012, 0.945, title, fontsize=12, fontweight="bold")
    figure.text(0.012, 0.9, below, fontsize=7.5, color=GREY)


def time_axis(axes: "Axes", zone_name: str, first: Any, last: Any) -> None:
    """Dates of the hospital's own clock."""
    dates: Any = importlib.import_module("matplotlib.dates")  # untyped
    zone = ZoneInfo(zone_name)
    days = (last - first).total_seconds() / 86_400
    axes.set_xlim(first, last)
    axes.xaxis.set_major_locator(dates.AutoDateLocator(tz=zone, minticks=4, maxticks=9))
    pattern = "%m-%d %H:%M" if days <= 8 else "%Y-%m-%d"
    axes.xaxis.set_major_formatter(dates.DateFormatter(pattern, tz=zone))


def saved(figure: "Figure", format: ChartFormat) -> bytes:
    """The picture, the same bytes for the same figure."""
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": None}
    if format is ChartFormat.PNG:
        metadata = {"Software": None}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name's glyphs may be in no font here
        figure.savefig(buffer, format=format.lower(), metadata=metadata)
    return buffer.getvalue()
