"""A log line holds ids, codes and counts; nothing that somebody typed gets into it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from app.logs import configure
from kit.ids import new_id


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root, own = logging.getLogger(), logging.getLogger("wardgrid")
    kept, levels = root.handlers[:], (root.level, own.level)
    written = io.StringIO()
    configure("debug", written)
    yield written
    logging.captureWarnings(capture=False)
    root.handlers[:] = kept
    root.setLevel(levels[0])
    own.setLevel(levels[1])


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_known_fields_appear_and_unknown_ones_are_dropped(stream: io.StringIO) -> None:
    actor = new_id()
    logging.getLogger("wardgrid.pipeline").info(
        "command done", extra={"actor": actor, "duration_ms": 3, "patient_name": "王小明"}
    )
    (line,) = _lines(stream)
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info", "logger": "wardgrid.pipeline", "event": "command done",
        "actor": str(actor), "duration_ms": 3,
    }  # fmt: skip


@pytest.mark.parametrize("typed", ["Wang Xiaoming", "王小明", "a\nb", "x" * 200, ""])
def test_text_in_a_known_field_is_withheld(stream: io.StringIO, typed: str) -> None:
    logging.getLogger("wardgrid.http").warning("refused", extra={"reason": typed})
    assert _lines(stream)[0]["reason"] == "(withheld)"


def test_an_alarm_may_be_a_sentence_of_ours(stream: io.StringIO) -> None:
    log = logging.getLogger("wardgrid.app")
    log.error("alarm", extra={"what": "ledger: gap, fork"})
    log.error("alarm", extra={"what": "ledger: 王小明"})
    assert [line["what"] for line in _lines(stream)] == ["ledger: gap, fork", "(withheld)"]


def test_arguments_of_other_libraries_are_left_out(stream: io.StringIO) -> None:
    log = logging.getLogger("uvicorn.error")
    log.warning("GET %s failed", "/graphql?token=secret")
    log.warning("GET /graphql?token=secret failed")
    assert [line["event"] for line in _lines(stream)] == ["GET %s failed", "(withheld)"]
    assert "secret" not in stream.getvalue()


def test_a_fault_shows_its_kind_and_place_but_not_its_message(stream: io.StringIO) -> None:
    try:
        raise ValueError("national number 11010519491231002X")
    except ValueError:
        logging.getLogger("wardgrid.jobs").exception("job failed")
    (line,) = _lines(stream)
    assert line["fault"] == "ValueError"
    assert line["frames"][-1].endswith("test_a_fault_shows_its_kind_and_place_but_not_its_message")
    assert "11010519491231002X" not in stream.getvalue()


def test_other_libraries_speak_only_from_warnings_up(stream: io.StringIO) -> None:
    logging.getLogger("sqlalchemy.engine").info("SELECT %s", "name")
    logging.getLogger("wardgrid.app").debug("started")
    assert [line["event"] for line in _lines(stream)] == ["started"]
