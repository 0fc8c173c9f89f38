"""Charts in GraphQL, for reports and mail: the figures of `occupancyHistory`, drawn."""

from base64 import b64encode
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from api.limits import ONCE
from api.query import Reader, query
from api.sight import classified
from app.chart_canvas import ChartFormat, Drawn
from app.chart_texts import Language
from app.charts import PlaceNames, occupancy_chart
from authz.classes import DataClass
from domain.measures.history import History, Sampling, occupancy_history
from domain.measures.place import Place
from domain.places.model import Hospital, Ward

strawberry.enum(ChartFormat)
strawberry.enum(Language, name="ChartLanguage")
NETWORK_NAMES = PlaceNames("全网", "Network")


@classified(DataClass.CAPACITY)
@strawberry.type
class Chart:
    """A picture: `text` for SVG, `base64` for PNG; `language` is the one that could be drawn."""

    media_type: str
    text: str | None
    base64: str | None
    language: Language
    as_of: datetime
    source: str
    formula: str

    @classmethod
    def of(cls, drawn: Drawn, history: History) -> Self:
        svg = drawn.media_type.startswith("image/svg")
        return cls(
            media_type=drawn.media_type, text=drawn.body.decode() if svg else None,
            base64=None if svg else b64encode(drawn.body).decode(), language=drawn.language,
            as_of=history.as_of, source=history.source, formula=history.formula,
        )  # fmt: skip


@strawberry.type
class ChartQueries:
    @query("capacity.read", **{ONCE: True})
    def occupancy_chart(
        self,
        reader: Reader,
        since: datetime,
        until: datetime,
        hospital_id: UUID | None = None,
        ward_id: UUID | None = None,
        sampling: Sampling = Sampling.TIME,
        format: ChartFormat = ChartFormat.SVG,
        language: Language = Language.ZH,
    ) -> Chart:
        """A picture of how full a place was; once in a document. Needs the extra `charts`."""
        found = occupancy_history(reader.session, reader.scopes, hospital_id, ward_id, since,
                                  until, reader.now, sampling)  # fmt: skip
        names = _names(reader, found.place)
        return Chart.of(occupancy_chart(found, names, format, language), found)


def _names(reader: Reader, place: Place) -> PlaceNames:
    hospital = reader.session.get(Hospital, place.hospital_id) if place.hospital_id else None
    if hospital is None:
        return NETWORK_NAMES
    ward = reader.session.get(Ward, place.ward_id) if place.ward_id else None
    if ward is None:
        return PlaceNames(hospital.name_zh, hospital.name_en)
    return PlaceNames(f"{hospital.name_zh} {ward.name_zh}", f"{hospital.name_en} {ward.name_en}")
