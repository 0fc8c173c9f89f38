"""Where traces are sent, and what production refuses of it."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings


class TraceSettings(BaseSettings):
    """Off unless `otlp_endpoint` is set."""

    otlp_endpoint: Annotated[str | None, Field(pattern=r"^https?://[^/?#@]+/[^?#]*$")] = None
    trace_share: Annotated[float, Field(gt=0, le=1)] = 0.1  # of the traces that begin here


def trace_problems(settings: TraceSettings, *, receiver_is_here: bool) -> list[str]:
    """Each as a sentence; `receiver_is_here`: it runs on this machine."""
    plain = urlsplit(settings.otlp_endpoint or "https:").scheme == "http"
    return (
        ["otlp_endpoint reaches another machine without TLS (use https://)"]
        if (plain and not receiver_is_here)
        else []
    )


def receiver_host(settings: TraceSettings) -> str:
    """Empty where there is none."""
    return urlsplit(settings.otlp_endpoint or "").hostname or ""
