"""Making a month of the analysis, once, and taking tables out of the house on record."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from sqlmodel import Session, select

from domain.analysis.model import AnalysisRelease
from domain.analysis.words import Dataset, Dimension
from domain.places.model import Hospital
from domain.places.times import store
from kit.command import Command
from kit.work import Scope, Work


class AnalysisFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


@dataclass(frozen=True, kw_only=True)
class ReleaseAnalysis(Command[AnalysisRelease]):
    """Keep the groups of a hospital's month, so that every later table is made of the same ones.
    A month that is there already stays as it is."""

    action = "analysis.release"

    hospital_id: UUID
    dataset: Dataset
    month: str
    groups: str
    left_out: int

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> AnalysisRelease:
        known = released(work.session, self.hospital_id, self.dataset, self.month)
        if known is not None:
            return known
        work.note(digest=sha256(self.groups.encode()).hexdigest(), left_out=self.left_out)
        return store(work, AnalysisRelease(
            hospital_id=self.hospital_id, dataset=self.dataset, month=self.month,
            groups=self.groups, made_at=work.now,
        ))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ExportAnalysis(Command[int]):
    """Take a table of the analysis out of the house. Only groups of people leave."""

    action = "analysis.export"
    privileged = True
    serializable = False

    hospital_id: UUID | None = None
    dataset: Dataset
    dimensions: tuple[Dimension, ...]
    months: tuple[str, ...]
    analysis_format: AnalysisFormat
    rows: int
    suppressed: int

    def scope(self, work: Work) -> Scope:
        return Scope(self.hospital_id)

    def apply(self, work: Work) -> int:
        work.note(
            dataset=self.dataset.value, dimensions=" ".join(self.dimensions) or "none",
            months=f"{self.months[0]}..{self.months[-1]}", format=self.analysis_format.value,
            rows=self.rows, suppressed=self.suppressed,
        )  # fmt: skip
        return self.rows


def released(
    session: Session, hospital_id: UUID, dataset: Dataset, month: str
) -> AnalysisRelease | None:
    """The month as it was made, if it was."""
    return session.exec(
        select(AnalysisRelease).where(
            AnalysisRelease.hospital_id == hospital_id, AnalysisRelease.dataset == dataset,
            AnalysisRelease.month == month,
        )
    ).first()  # fmt: skip
