"""A witness: cosigns a log's checkpoint only if it continues the one it cosigned before.

C2SP tlog-witness. So an operator who shows one history to a hospital and another to an office
finds nobody to cosign the second. What it cosigned is on the disk before the answer leaves.
"""

import base64
import binascii
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.checkpoint import BadNote, Checkpoint, Verifier, open_checkpoint, read_unchecked
from audit.cosigner import Cosigner
from audit.guard import flush_folder, replace_file
from audit.tree import EMPTY_ROOT, check_consistency

MOST_BYTES = 64_000
_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})", re.ASCII)
_MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Reply:
    """HTTP status and body. A conflict answers the size that the witness knows."""

    status: int
    body: str
    size: bool = False  # the body is a tree size: text/x.tlog.size


class Witness:
    """`logs`: the keys of each log that is witnessed, by origin. One process per folder."""

    def __init__(
        self, folder: Path, cosigner: Cosigner, logs: Mapping[str, list[Verifier]]
    ) -> None:
        self._folder = folder
        self._cosigner = cosigner
        self._logs = dict(logs)
        self._one = threading.Lock()

    def add_checkpoint(self, body: bytes, at: int) -> Reply:
        """Answer a request of tlog-witness; `at` in seconds since 1970."""
        try:
            old, proof, note = _parse(body)
            origin = read_unchecked(note).origin
        except (BadNote, ValueError):
            return Reply(400, "not a request in its format\n")
        keys = self._logs.get(origin)
        if keys is None:
            return Reply(404, "this log is not witnessed here\n")
        try:
            checkpoint = open_checkpoint(note, keys)
        except BadNote:
            return Reply(403, "not signed by a key of the log\n")
        if old > checkpoint.size:
            return Reply(400, "the old size is beyond the checkpoint\n")
        with self._one:
            return self._judge(old, proof, note, checkpoint, at)

    def forget(self, origin: str) -> int:
        """Begin anew with a log that two people restored; how many leaves it had here."""
        with self._one:
            known = self._known(origin).size
            self._file(origin).unlink(missing_ok=True)
            flush_folder(self._folder)
        return known

    def _judge(
        self, old: int, proof: list[bytes], note: str, checkpoint: Checkpoint, at: int
    ) -> Reply:
        known = self._known(checkpoint.origin)
        if old != known.size or (checkpoint.size == known.size and checkpoint.root != known.root):
            return Reply(409, f"{known.size}\n", size=True)
        if not check_consistency(old, checkpoint.size, proof, known.root, checkpoint.root):
            return Reply(
                422, "the proof does not show that the checkpoint continues the last one\n"
            )
        replace_file(self._file(checkpoint.origin), note.encode())
        return Reply(200, self._cosigner.cosign(checkpoint.text(), at))

    def _known(self, origin: str) -> Checkpoint:
        file = self._file(origin)
        if not file.exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
        return read_unchecked(file.read_text("utf-8"))

    def _file(self, origin: str) -> Path:
        return self._folder / f"seen-{origin.encode().hex()}"


def request(old: int, proof: list[bytes], note: str) -> bytes:
    """What a log sends to a witness that knows its tree of `old` leaves."""
    hashes = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"old {old}\n{hashes}\n{note}".encode()


def _parse(body: bytes) -> tuple[int, list[bytes], str]:
    if len(body) > MOST_BYTES:
        raise ValueError("too long")
    head, gap, note = body.decode("utf-8").partition("\n\n")
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not gap or not old or len(lines) > _MOST_HASHES:
        raise ValueError("not a request")
    try:
        proof = [base64.b64decode(line, validate=True) for line in lines]
    except binascii.Error:
        raise ValueError("not base64") from None
    return int(old[1]), proof, note
