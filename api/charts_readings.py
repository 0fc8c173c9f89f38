"""The chart of readings in GraphQL: shown, and put on record, as the readings themselves are."""

from base64 import b64encode
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from sqlmodel import Session

from api.limits import ONCE
from api.query import Reader, query
from api.readings import AHEAD, USUAL_SPAN, whose_readings
from api.sight import Sight, View, classified, shows
from app.chart_canvas import ChartFormat, Drawn
from app.chart_texts import Language
from app.reading_charts import ReadingsPage, readings_chart
from authz.classes import DataClass
from domain.beds.model import Bed
from domain.devices.model import Device
from domain.places.model import Hospital
from domain.readings.metrics import metric_named
from domain.readings.series import series
from domain.readings.whose import Whose
from kit.clock import microseconds


@classified(DataClass.CLINICAL)
@strawberry.type
class ReadingsChart(View):
    """A picture: `text` for SVG, `base64` for PNG; null for who may not see the readings."""

    media_type: str = shows(DataClass.GENERAL)
    metric: str = shows(DataClass.GENERAL)
    as_of: datetime = shows(DataClass.GENERAL)
    text: str | None
    base64: str | None
    language: Language | None

    @classmethod
    def of(
        cls, drawn: Drawn | None, format: ChartFormat, metric: str, now: datetime, found: Whose,
        sight: Sight,
    ) -> Self:  # fmt: skip
        svg = format is ChartFormat.SVG
        return cls(
            sight=sight, subject=found.subject, metric=metric, as_of=now,
            media_type="image/svg+xml" if svg else "image/png",
            text=drawn.body.decode() if drawn and svg else None,
            base64=b64encode(drawn.body).decode() if drawn and not svg else None,
            language=drawn.language if drawn else None,
        )  # fmt: skip


@strawberry.type
class ReadingChartQueries:
    @query("reading.read", **{ONCE: True})
    def readings_chart(
        self,
        reader: Reader,
        metric: str,
        device_id: UUID | None = None,
        bed_id: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        format: ChartFormat = ChartFormat.SVG,
        language: Language = Language.ZH,
    ) -> ReadingsChart:
        """A picture of `deviceReadings`; once in a document. Needs the extra `charts`."""
        end = until or reader.now + AHEAD
        begin = since or end - USUAL_SPAN
        found = whose_readings(reader, device_id, bed_id, None, begin, end)
        sight = reader.sight(found.scope, found.subject)
        meant = metric_named(metric)
        drawn = None
        if DataClass.CLINICAL in sight.classes:
            points = series(reader.session, found, meant, microseconds(reader.now))
            place, zone = _spot(reader.session, found, device_id, bed_id)
            page = ReadingsPage(points, place, zone, begin, min(end, reader.now), reader.now)
            drawn = readings_chart(page, format, language)
        return ReadingsChart.of(drawn, format, meant.code, reader.now, found, sight)


def _spot(
    session: Session, found: Whose, device_id: UUID | None, bed_id: UUID | None
) -> tuple[str, str]:
    """The code of the bed or the device, and the hospital's time zone."""
    named = [session.get(Bed, bed_id) if bed_id else None,
             session.get(Device, device_id) if device_id else None]  # fmt: skip
    hospital = session.get(Hospital, found.scope.hospital)
    place = " · ".join(one.code for one in named if one is not None)
    return place, hospital.time_zone if hospital else "UTC"
