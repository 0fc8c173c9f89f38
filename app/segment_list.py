"""The segments of the ledger as lines of text, and whether their files are as they were closed."""

from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine

from audit.checkpoint import Verifier
from audit.export_form import MANIFEST
from audit.segment_verify import verify_segments
from audit.segments import segment_folder
from domain.privacy.archive_model import LedgerSegment
from domain.privacy.segments import every_segment
from kit.clock import time_text
from kit.db import reading


def segment_lines(
    engine: Engine, folder: Path, key: Verifier, *, check: bool
) -> tuple[list[str], bool]:
    """The oldest first; without `check` only whether the files are there at all."""
    with reading(engine) as session:
        rows = every_segment(session)
    lines, sound = [], True
    for row in rows:
        state = state_of(row, folder, key, check=check)
        sound &= state != "DAMAGED"
        lines.append(
            f"{row.number:08d}  leaves {row.first_leaf} to {row.last_leaf},"
            f" {time_text(row.first_at)} to {time_text(row.last_at)},"
            f" kept {row.keep_days} days  {state}"
        )
    return lines, sound


def state_of(row: LedgerSegment, folder: Path, key: Verifier, *, check: bool) -> str:
    """here, taken away, or DAMAGED; with `check` also verified."""
    place = segment_folder(folder, row.number)
    try:
        same = sha256((place / MANIFEST).read_bytes()).hexdigest() == row.manifest
    except FileNotFoundError:
        return "taken away"
    if not same or (check and verify_segments([place], [key.text]).findings):
        return "DAMAGED"
    return "verified" if check else "here"
