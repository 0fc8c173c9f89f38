"""Files and folders of HL7 v2 → one piece of bytes per message, in order.

Line ends CR, LF or CRLF; batch envelopes (FHS, BHS, BTS, FTS) and MLLP frame bytes are taken
off; a file of any size passes in bounded memory.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateways.hl7_reading import MESSAGE_LIMIT
from kit.errors import NotFound

ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
SUFFIXES = (".hl7", ".txt", ".msg", ".dat", ".adt", "")
FRAME = "\x0b\x1c\ufeff\u00ef\u00bb\u00bf"  # MLLP start and end; a byte order mark, also undecoded


@dataclass(frozen=True, slots=True)
class Piece:
    """What stood between two MSH: a message, or something that will be rejected as none."""

    path: Path
    number: int  # in its file, from 1
    body: bytes  # segments end with CR; at most one byte over the limit, the rest is not kept


def found(paths: Sequence[Path]) -> list[Path]:
    """The files themselves and the message files below the folders, in the order of names.

    Raises NotFound if a path does not exist.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (one for one in path.rglob("*") if one.is_file())
            files += sorted(one for one in inside if one.suffix.lower() in SUFFIXES)
        elif path.is_file():
            files.append(path)
        else:
            raise NotFound(f"there is no file or folder {path.name}", field="paths")
    return files


def pieces(path: Path) -> Iterator[Piece]:
    """The messages of one file."""
    number, lines, size = 0, list[str](), 0
    for line in _lines(path):
        if line[:3] in ENVELOPE:
            continue
        if line[:3] == "MSH" and lines:
            number += 1
            yield _piece(path, number, lines)
            lines, size = [], 0
        if size <= MESSAGE_LIMIT:
            lines.append(line)
        size += len(line) + 1
    if lines:
        yield _piece(path, number + 1, lines)


def _lines(path: Path) -> Iterator[str]:
    # Latin-1 keeps every byte as one character; the reader knows all three line ends.
    with io.TextIOWrapper(path.open("rb"), encoding="latin-1", newline=None) as text:
        while line := text.readline(MESSAGE_LIMIT + 2):
            if line := line.strip(" \t\n" + FRAME):
                yield line


def _piece(path: Path, number: int, lines: list[str]) -> Piece:
    body = "\r".join(lines).encode("latin-1")
    return Piece(path, number, body[: MESSAGE_LIMIT + 1])
