"""Charts: same bytes for the same figures, gaps that stay gaps, text that cannot break out."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import defusedxml.ElementTree as Xml
import pytest

from app import chart_canvas
from app.chart_canvas import ChartFormat
from app.chart_texts import TEXTS, Language
from app.charts import PlaceNames, occupancy_chart
from app.reading_charts import ReadingsPage, readings_chart, stretches
from domain.measures.history import History, OccupancyPoint, Sampling
from domain.measures.place import Place
from domain.readings.metrics import metric_named
from domain.readings.series import Point, Series
from kit.clock import microseconds
from kit.errors import Conflict
from tests.domain_world import HOUR, NOON

ROOT = Path(__file__).parents[2]
NAMES = PlaceNames("第一医院 <重症> & $x$", "First </svg> & $x^2$")
PNG = b"\x89PNG\r\n\x1a\n"


def point(hour: int, percent: float | None) -> OccupancyPoint:
    beds = 0.0 if percent is None else 10.0
    since = NOON + hour * HOUR
    return OccupancyPoint(since, since + HOUR, beds * (percent or 0) / 100, beds, beds, percent,
                          0.0 if percent is None else 1.0)  # fmt: skip


def history(*percents: float | None) -> History:
    points = tuple(point(hour, percent) for hour, percent in enumerate(percents))
    return History(Place(), points[-1].until, "LIVE", "occupancy", Sampling.TIME, "Asia/Shanghai",
                   3600, points)  # fmt: skip


@pytest.mark.parametrize("format", ChartFormat)
@pytest.mark.parametrize("language", Language)
def test_the_same_figures_give_the_same_bytes(format: ChartFormat, language: Language) -> None:
    drawn = [occupancy_chart(history(50, 80, None, 90), NAMES, format, language) for _ in "ab"]
    assert drawn[0] == drawn[1]
    assert drawn[0].media_type == chart_canvas.MEDIA_TYPE[format]
    assert drawn[0].body.startswith(PNG) == (format is ChartFormat.PNG)
    assert 5_000 < len(drawn[0].body) < 500_000


def texts(body: bytes) -> list[str]:
    root = Xml.fromstring(body, forbid_dtd=False)
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_an_svg_says_place_formula_source_age_and_completeness() -> None:
    body = occupancy_chart(history(50, None), NAMES, ChartFormat.SVG, Language.ZH).body
    said = " ".join(texts(body))
    for part in (NAMES.zh, "病床使用率(按时间加权)", "截至 2026-03-02 22:00 (Asia/Shanghai)",
                 "来源 LIVE", "步长 1 小时", "数据完整度 50 %", "占用"):  # fmt: skip
        assert part in said
    english = " ".join(texts(occupancy_chart(history(50), NAMES, ChartFormat.SVG,
                                             Language.EN).body))  # fmt: skip
    assert NAMES.en in english
    assert "Completeness 100 %" in english
    assert b"<script" not in body


def test_a_gap_is_drawn_as_a_gap() -> None:
    whole, hole = (occupancy_chart(history(*percents), NAMES, ChartFormat.SVG, Language.EN).body
                   for percents in ((50, 50, 50), (50, None, 50)))  # fmt: skip
    moves = [body.count(b"\nM ") for body in (whole, hole)]
    assert moves[1] > moves[0]  # each line is taken up again behind the gap


def test_a_place_without_any_open_bed_has_a_chart_of_nothing() -> None:
    assert occupancy_chart(history(None, None), NAMES, ChartFormat.PNG, Language.EN).body


def test_a_thousand_points_over_years_are_drawn() -> None:
    points = tuple(
        replace(point(0, 50.0), since=NOON + n * timedelta(days=7),
                until=NOON + (n + 1) * timedelta(days=7))
        for n in range(1000)
    )  # fmt: skip
    long = replace(history(50), points=points, step_s=7 * 86400)
    drawn = occupancy_chart(long, NAMES, ChartFormat.SVG, Language.EN)
    assert len(drawn.body) < 1_000_000
    assert "Step 7 d" in " ".join(texts(drawn.body))


def test_without_a_chinese_font_a_picture_is_in_english_and_an_svg_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chart_canvas, "CHINESE_FONTS", ())
    picture = occupancy_chart(history(50), NAMES, ChartFormat.PNG, Language.ZH)
    text = occupancy_chart(history(50), NAMES, ChartFormat.SVG, Language.ZH)
    assert (picture.language, text.language) == (Language.EN, Language.ZH)


def test_without_the_extra_a_chart_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(Conflict) as refused:
        occupancy_chart(history(50), NAMES, ChartFormat.PNG, Language.EN)
    assert refused.value.reason == "CHARTS_NOT_INSTALLED"


def test_only_one_chart_is_drawn_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_canvas, "WAIT_S", 0.01)
    with chart_canvas._DRAWING, pytest.raises(Conflict) as refused:
        occupancy_chart(history(50), NAMES, ChartFormat.PNG, Language.EN)
    assert refused.value.reason == "CHARTS_BUSY"
    assert occupancy_chart(history(50), NAMES, ChartFormat.SVG, Language.EN).body


def test_the_schema_needs_no_matplotlib() -> None:
    code = "import sys; import api.schema; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_lengths_are_said_in_their_largest_unit() -> None:
    said = [TEXTS[Language.EN].duration(seconds) for seconds in (300, 10800, 86400, 7 * 86400)]
    assert said == ["5 min", "3 h", "1 d", "7 d"]


def reading(minute: int, value: float, **odd: int) -> Point:
    at = microseconds(NOON) + minute * 60_000_000
    return Point(at, 3, value - 2, value + 2, 3 * value, value, minutes=1, **odd)


def page(*points: Point, width_s: int = 60) -> ReadingsPage:
    found = Series(metric_named("spo2"), width_s, points, 0.75)
    return ReadingsPage(found, "A1", "Asia/Shanghai", NOON, NOON + HOUR, NOON + HOUR)


@pytest.mark.parametrize("format", ChartFormat)
def test_readings_are_drawn_with_unit_place_and_completeness(format: ChartFormat) -> None:
    shown = page(reading(0, 97), reading(1, 96), reading(9, 80, quality=1))
    drawn = [readings_chart(shown, format, Language.ZH) for _ in "ab"]
    assert drawn[0] == drawn[1]
    if format is ChartFormat.SVG:
        said = " ".join(texts(drawn[0].body))
        for part in ("血氧饱和度 · A1", "步长 1 分钟", "数据完整度 75 %", "存疑数值"):
            assert part in said


def test_a_hole_between_readings_breaks_the_line() -> None:
    found = page(*(reading(minute, 97) for minute in (0, 1, 3, 4, 9))).found
    assert [len(run) for run in stretches(found)] == [2, 2, 1]
    raw = replace(found, width_s=0, metric=replace(found.metric, interval_s=60))
    assert [len(run) for run in stretches(raw)] == [4, 1]


def test_no_readings_are_no_chart() -> None:
    with pytest.raises(Conflict) as refused:
        readings_chart(page(), ChartFormat.SVG, Language.EN)
    assert refused.value.reason == "NO_READINGS"
