"""The running program for one command of the command line, and nothing beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.cli_options import plain_refusals, settings_of, stop


@contextmanager
def house(data: Path, **given: Any) -> Iterator[Any]:
    """The App, its sequencer running, its jobs not. Refusals end the program with a sentence.

    SQLite has one writer: while `wardgrid serve` runs on the folder, this ends the program.
    """
    from app.wiring import build
    from audit.guard import LedgerRefused
    from audit.keys import KeyTrouble
    from audit.sequencer import AnotherSequencer

    settings = settings_of(data, **given)
    try:
        app = build(settings)
    except KeyTrouble as trouble:
        stop(str(trouble))
    try:
        app.sequencer.open()
    except AnotherSequencer:
        if app.engine.dialect.name == "sqlite":
            stop("another wardgrid process works on this folder; stop it first")
    except LedgerRefused as refused:
        stop(f"the ledger refuses: {refused}")
    app.start(jobs=False)
    try:
        with plain_refusals():
            yield app
    finally:
        app.stop()


def read_settings(data: Path) -> tuple[Any, Any, Any]:
    """Settings, keys and an engine, for commands that only read."""
    from audit.keys import KeyTrouble, load_keys
    from kit.db import open_engine

    settings = settings_of(data)
    try:
        keys = load_keys(settings.key_folder)
    except KeyTrouble as trouble:
        stop(str(trouble))
    return settings, keys, open_engine(settings.database)
