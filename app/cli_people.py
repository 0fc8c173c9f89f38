"""What somebody brings to the shell for a decision of two: log-ins, and checkpoints they kept."""

from pathlib import Path
from typing import Any

import typer

from app.cli_options import stop


def two_people() -> tuple[Any, Any]:
    """Asks at the terminal for two log-ins; nothing of them is shown or kept."""
    from app.backups.approvers import Person

    def ask(who: str) -> Person:
        name = typer.prompt(f"login name of the {who} person")
        password = typer.prompt("password", hide_input=True)
        code = typer.prompt("one-time code (empty if none)", default="", show_default=False)
        return Person(name, password, code or None)

    return ask("first"), ask("second")


def kept_note(path: Path) -> str:
    """A checkpoint, or the one that a guard file remembers."""
    from kit.canonical import parse_canonical

    try:
        content = path.read_bytes()
        if content.startswith(b"{"):
            return str(parse_canonical(content)["note"])
        return content.decode()
    except (OSError, ValueError, KeyError) as odd:
        stop(f"{path.name} is no checkpoint ({type(odd).__name__})")


def epoch_told(size: int, lost: int) -> str:
    """Which leaf a new epoch is, in a log of that size, and what is lost before it."""
    known = f"{lost} signed leaves are lost" if lost else "nothing is known to be lost"
    return f"leaf {size - 1}; {known}"
