"""The settings of witnesses, and what they may not say."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, NoDecode

if TYPE_CHECKING:
    from app.settings import Settings


class WitnessSettings(BaseSettings):
    """Who cosigns the ledger's checkpoints, and who waits for it."""

    witnesses: Annotated[tuple[str, ...], NoDecode] = ()  # "URL KEY" each, of those who cosign
    witness_quorum: Annotated[int, Field(ge=1, le=64)] = 1  # so many of them are enough
    witness_period_s: Annotated[float, Field(ge=0.1, le=3600)] = 10.0
    witness_wait_s: Annotated[float, Field(ge=0, le=30)] = 0.0  # privileged actions; 0: they do not


def witness_problems(settings: "Settings") -> list[str]:
    """A quorum that nobody can reach: every privileged action would wait for nothing."""
    if settings.witness_wait_s and settings.witness_quorum > len(settings.witnesses):
        return [
            f"witness_wait_s waits for {settings.witness_quorum} witnesses and"
            f" {len(settings.witnesses)} are named"
        ]
    return []
