"""Secrets of services outside, each in a file that nobody else may read."""

import os
import stat
from pathlib import Path

from audit.keys import KeyTrouble

MOST_BYTES = 4096


def secret_in(file: Path, setting: str) -> str:
    """The one line of the file that the setting names. Raises KeyTrouble."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as failure:
        raise KeyTrouble(f"{setting} cannot be opened ({failure.strerror})") from None
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as opened:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077:
            raise KeyTrouble(f"{setting} is open to others; chmod 600 it, renew what is in it")
        secret = opened.read(MOST_BYTES).strip()
    if not secret or not secret.isprintable() or not secret.isascii():
        raise KeyTrouble(f"{setting} holds no secret")
    return secret
