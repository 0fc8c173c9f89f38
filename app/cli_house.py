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

    settings = settings_of(data, **given)
    refuse_a_second_program(settings)
    try:
        app = build(settings)
        app.start(jobs=False)
    except KeyTrouble as trouble:
        stop(str(trouble))
    except LedgerRefused as refused:
        stop(f"the ledger refuses: {refused}")
    try:
        with plain_refusals():
            yield app
    finally:
        app.stop()


def refuse_a_second_program(settings: Any) -> None:
    """End the program where another one has the SQLite file open for writing."""
    if settings.database.startswith("sqlite") and somebody_signs(settings):
        stop("another wardgrid process works on this folder; stop it first")


def somebody_signs(settings: Any) -> bool:
    """True while a process on this machine keeps the folder's ledger."""
    from audit.guard import held_alone

    try:
        with held_alone(settings.guard_file):
            return False
    except BlockingIOError:
        return True


def read_settings(data: Path) -> tuple[Any, Any, Any]:
    """Settings, keys and an engine, for commands that only read."""
    from app.key_settings import keys_of
    from audit.keys import KeyTrouble
    from kit.db import open_engine

    settings = settings_of(data)
    try:
        keys = keys_of(settings)
    except KeyTrouble as trouble:
        stop(str(trouble))
    return settings, keys, open_engine(settings.database)
