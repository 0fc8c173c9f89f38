"""Months that the analysis has released: groups of people, nobody's name or number.

A month is made once and then stays. Were it made anew, a correction or a person who refuses
meanwhile would be the difference of two tables.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from domain.analysis.words import Dataset
from domain.places.model import LEDGERED
from kit.rows import Row, UtcTime, one_of, words
from kit.work import Scope


class AnalysisRelease(Row, table=True):
    """One dataset of one hospital and month, in all its cubes."""

    __tablename__ = "analysis_release"
    __table_args__ = (
        one_of("dataset", Dataset),
        Index("one_release_per_month", "hospital_id", "dataset", "month", unique=True),
    )

    hospital_id: UUID = Field(foreign_key="hospital.id")
    dataset: Dataset = Field(sa_type=words(Dataset))
    month: str = Field(max_length=7, sa_column_kwargs=LEDGERED)  # 2026-11
    groups: str = Field(sa_type=Text)  # JSON by cube; its digest stands in the entry
    made_at: datetime = Field(sa_type=UtcTime)

    @property
    def scope(self) -> Scope:
        return Scope(self.hospital_id)
