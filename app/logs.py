"""Structured logs: one JSON object a line, with ids, codes and counts only.

A message is a constant sentence; what varies goes into `extra`. Text that someone typed, and
arguments of other people's log calls, never reach the output.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

from kit.clock import time_text, utc_now

# What may vary in a line. Any other field is dropped.
FIELDS = frozenset(
    {"actor", "code", "command", "count", "database", "duration_ms", "entry", "fault", "hospital",
     "id", "incident", "job", "lag_ms", "operation", "origin", "outcome", "peer", "port", "reason",
     "request", "revision", "screen", "session", "signal", "size", "status", "stream",
     "subscription", "table", "ward", "what"}
)  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9_.:/@+-]{1,128}")  # ids, codes, addresses; no spaces, no names
_WHAT = re.compile(r"[A-Za-z0-9_.:,; /-]{1,256}")  # `what` is an alarm, made of words of ours
_OWN = "wardgrid"


class OnlyKnownFields(logging.Filter):
    """Takes from a record what may be logged and puts it into `record.known`."""

    def filter(self, record: logging.LogRecord) -> bool:
        given: Mapping[str, Any] = record.__dict__
        record.known = {name: _plain(name, given[name]) for name in sorted(FIELDS & given.keys())}
        return True


class JsonLine(logging.Formatter):
    """The record as one line of JSON. The message stays a template: its arguments are left out."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": time_text(utc_now()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": str(record.msg) if _ours(record) else _template(record),
            **getattr(record, "known", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["fault"] = record.exc_info[0].__name__
            line["frames"] = _frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of the process through the filter to `stream`, else to stderr."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(OnlyKnownFields())
    handler.setFormatter(JsonLine())
    root = logging.getLogger()
    for old in tuple(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(_OWN).setLevel(level.upper())
    logging.captureWarnings(capture=True)


def _ours(record: logging.LogRecord) -> bool:
    return record.name == _OWN or record.name.startswith(_OWN + ".")


def _template(record: logging.LogRecord) -> str:
    # Without arguments the text was made by the caller and may hold anything.
    return str(record.msg) if record.args else "(withheld)"


def _plain(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if (_WHAT if name == "what" else _PLAIN).fullmatch(text) else "(withheld)"


def _frames(trace: Any) -> list[str]:
    """Where it happened, without the values and the message."""
    return [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)[-8:]]
