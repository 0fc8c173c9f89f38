"""Where the ledger's segments stand, and for how long entries are kept."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from domain.privacy.archive_model import FLOOR_DAYS

SIX_YEARS = 2192  # days


class ArchiveSettings(BaseSettings):
    """A part of the settings (app/settings.py)."""

    data_folder: Path
    segment_folder: Path | None = None  # "segments" in the data folder if None
    ledger_keep_days: Annotated[int, Field(ge=FLOOR_DAYS, le=36_525)] = SIX_YEARS  # then prunable

    @property
    def segments(self) -> Path:
        """Where segments of the ledger stand."""
        return self.segment_folder or self.data_folder / "segments"
